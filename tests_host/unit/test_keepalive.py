"""PINGREQ at half the interval after the last packet that left, or a whole one after the last that
came; no answer means a dead broker.
"""

from atmqtt.errors import MQTTError
from plain import raises
from rig.fakelink import Bench

PINGREQ = b"\xc0\0"
PINGRESP = b"\xd0\0"
MESSAGE = b"\x30\x04\0\x01tx"


def test_ping_after_half_the_interval():
    with Bench() as bench:
        bench.connect(keepalive=4)
        bench.wait(1950)
        assert bench.link.sent == []
        bench.wait(50)
        assert bench.link.sent == [PINGREQ]


def test_ping_after_ping():
    with Bench() as bench:
        bench.connect(keepalive=4)
        for _ in range(5):
            bench.wait(2000)
            bench.receive(PINGRESP)
        assert bench.link.sent == [PINGREQ] * 5
        assert bench.session.connected


def test_what_is_sent_counts():
    """MQTT-3.1.2-23: any packet will do."""
    with Bench() as bench:
        bench.connect(keepalive=4)
        for _ in range(5):
            bench.wait(1900)
            bench.publish(qos=0).result()
            bench.receive(MESSAGE)
        assert PINGREQ not in bench.link.sent
        bench.wait(2000)
        assert bench.link.sent[-1] == PINGREQ


def test_acknowledgements_count_as_well():
    with Bench() as bench:
        bench.connect(keepalive=4)
        for _ in range(3):
            bench.wait(1900)
            bench.receive(b"\x32\x06\0\x01t\0\x05x")
            bench.take()
        assert bench.link.sent == [b"\x40\x02\0\x05"] * 3


def test_what_comes_does_not_count():
    with Bench() as bench:
        bench.connect(keepalive=4)
        for _ in range(20):
            bench.wait(100)
            bench.receive(MESSAGE)
        assert bench.link.sent == [PINGREQ]


def test_a_packet_that_waits_for_the_module_has_not_been_sent():
    with Bench() as bench:
        bench.connect(keepalive=4)
        bench.link.stalled = True
        bench.wait(1000)
        bench.publish(qos=0)
        bench.wait(1000)
        assert bench.link.sent[-1] == PINGREQ


def test_no_answer_closes():
    with Bench() as bench:
        bench.connect(keepalive=4)
        task = bench.go(bench.session.subscribe(b"t", 0))
        bench.wait(2000)
        bench.wait(10000)
        assert bench.session.connected
        bench.wait(50)
        assert not bench.session.connected
        assert [str(error) for error in bench.link.dropped] == ["no PINGRESP"]
        assert len(bench.client.lost) == 1
        raises(MQTTError, "no PINGRESP", task.result)


def test_other_packets_are_no_answer():
    with Bench() as bench:
        bench.connect(keepalive=4)
        bench.wait(2000)
        for _ in range(11):
            bench.wait(1000)
            bench.receive(MESSAGE)
        assert not bench.session.connected


def test_one_ping_at_a_time():
    with Bench() as bench:
        bench.connect(keepalive=1)
        bench.wait(9000)
        assert bench.link.sent == [PINGREQ]


def test_an_unasked_answer_is_counted_and_harmless():
    with Bench() as bench:
        bench.connect(keepalive=4)
        bench.receive(PINGRESP, PINGRESP)
        assert bench.stats["unexpected"] == 2
        bench.wait(2000)
        assert bench.link.sent == [PINGREQ]


def test_silence_asks_for_an_answer_although_something_is_sent():
    with Bench() as bench:
        bench.connect(keepalive=4)
        for _ in range(3):
            bench.wait(1000)
            bench.publish(qos=0).result()
        bench.wait(950)
        assert PINGREQ not in bench.link.sent
        bench.wait(50)
        assert bench.link.sent[-1] == PINGREQ


def test_a_dead_link_is_noticed_while_the_application_publishes_all_the_time():
    """TCP in the module takes bytes for minutes; MQTT sends no answer to QoS 0."""
    with Bench() as bench:
        bench.connect(keepalive=4)
        for _ in range(14):
            bench.wait(1000)
            bench.publish(qos=0).result()
        assert bench.link.sent.count(PINGREQ) == 1
        bench.wait(50)
        assert [str(error) for error in bench.link.dropped] == ["no PINGRESP"]


def test_the_time_for_an_answer_begins_when_the_question_has_left():
    with Bench() as bench:
        bench.connect(keepalive=4)
        bench.link.stalled = True
        bench.wait(15000)
        assert bench.link.sent == [PINGREQ]
        assert bench.session.connected
        bench.link.stalled = False
        bench.turn()
        bench.wait(10000)
        assert bench.session.connected
        bench.wait(50)
        assert not bench.session.connected


def test_what_comes_before_the_question_has_left_is_no_answer():
    """Else a broker could have PINGREQs pile up before a module that is busy."""
    with Bench() as bench:
        bench.connect(keepalive=4)
        bench.link.stalled = True
        bench.wait(2000)
        for _ in range(100):
            bench.receive(PINGRESP)
            bench.wait(100)
        assert bench.link.sent == [PINGREQ]
        assert bench.stats["unexpected"] == 100


def test_no_keepalive():
    with Bench() as bench:
        bench.connect(keepalive=0)
        bench.wait(100000, 1000)
        assert bench.link.sent == []
        assert bench.session.connected


def test_longest_keepalive():
    """65535 s: twice the range of 30-bit ticks would fit."""
    with Bench() as bench:
        bench.connect(keepalive=65535)
        bench.wait(32767000, 1000)
        assert bench.link.sent == []
        bench.wait(1000)
        assert bench.link.sent == [PINGREQ]


def test_nothing_is_sent_once_the_connection_is_gone():
    with Bench() as bench:
        bench.connect(keepalive=4)
        bench.lose()
        bench.wait(10000, 500)
        assert bench.link.sent == []


def test_a_connection_that_is_gone_is_not_watched():
    with Bench() as bench:
        for _ in range(3):
            bench.connect(keepalive=4)
            assert len(bench.session.channel.watches) == 1
            bench.lose()
            assert bench.session.channel.watches == []


def test_a_new_connection_owes_no_answer_of_the_old_one():
    with Bench() as bench:
        bench.connect(keepalive=4)
        bench.wait(2000)
        bench.lose()
        bench.connect(keepalive=40)
        bench.wait(15000)
        assert bench.session.connected
        assert bench.link.sent == []
