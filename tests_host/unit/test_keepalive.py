"""PINGREQ at half the interval after the last packet that left; no answer means a dead broker."""

from atmqtt.errors import MQTTError
from plain import raises
from rig.fakelink import Bench

PINGREQ = b"\xc0\0"
PINGRESP = b"\xd0\0"


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
            bench.go(bench.session.publish(b"t", b"x", 0, False)).result()
        assert PINGREQ not in bench.link.sent
        bench.wait(2000)
        assert bench.link.sent[-1] == PINGREQ


def test_acknowledgements_count_as_well():
    with Bench() as bench:
        bench.connect(keepalive=4)
        for _ in range(3):
            bench.wait(1900)
            bench.session.acknowledge(1 << 8 | 2, 5)
            bench.turn()
        assert bench.link.sent == [b"\x40\x02\0\x05"] * 3


def test_what_comes_does_not_count():
    with Bench() as bench:
        bench.connect(keepalive=4)
        for _ in range(20):
            bench.wait(100)
            bench.receive(b"\x30\x04\0\x01tx")
        assert bench.link.sent == [PINGREQ]


def test_a_packet_that_waits_for_the_module_has_not_been_sent():
    with Bench() as bench:
        bench.connect(keepalive=4)
        bench.link.stalled = True
        bench.wait(1000)
        bench.go(bench.session.publish(b"t", b"x", 0, False))
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
            bench.receive(b"\x30\x04\0\x01tx")
        assert not bench.session.connected


def test_one_ping_at_a_time():
    with Bench() as bench:
        bench.connect(keepalive=1)
        bench.wait(9000)
        assert bench.link.sent == [PINGREQ]


def test_an_unasked_answer_is_harmless():
    with Bench() as bench:
        bench.connect(keepalive=4)
        bench.receive(PINGRESP, PINGRESP)
        bench.wait(2000)
        assert bench.link.sent == [PINGREQ]


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
        bench.link.lose(MQTTError("gone"))
        bench.wait(10000, 500)
        assert bench.link.sent == []


def test_a_connection_that_is_gone_is_not_watched():
    with Bench() as bench:
        for _ in range(3):
            bench.connect(keepalive=4)
            assert len(bench.session._channel.watches) == 1
            bench.link.lose(MQTTError("gone"))
            assert bench.session._channel.watches == []


def test_a_new_connection_owes_no_answer_of_the_old_one():
    with Bench() as bench:
        bench.connect(keepalive=4)
        bench.wait(2000)
        bench.link.lose(MQTTError("gone"))
        bench.connect(keepalive=40)
        bench.wait(15000)
        assert bench.session.connected
        assert bench.link.sent == []
