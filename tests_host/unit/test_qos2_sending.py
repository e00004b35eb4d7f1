"""QoS 2 to the broker: PUBLISH, PUBREC, PUBREL, PUBCOMP, and what may come instead (4.3.3)."""

from atmqtt.errors import MQTTError
from plain import raises
from rig.fakelink import Bench

PUBACK = b"\x40\x02"
PUBREC = b"\x50\x02"
PUBREL = b"\x62\x02"
PUBCOMP = b"\x70\x02"
ID1 = b"\0\x01"
ID2 = b"\0\x02"
ID3 = b"\0\x03"
PUBLISH1 = b"\x34\x06\0\x01t\0\x01x"  # 34: QoS 2


def test_the_four_packets():
    with Bench() as bench:
        bench.connect()
        task = bench.publish(qos=2)
        assert bench.link.sent == [PUBLISH1]
        bench.receive(PUBREC + ID1)
        assert bench.link.sent[1:] == [PUBREL + ID1]
        assert not task.done
        bench.receive(PUBCOMP + ID1)
        task.result()
        assert len(bench.link.sent) == 2
        assert bench.stats["unexpected"] == 0


def test_retained():
    with Bench() as bench:
        bench.connect()
        bench.go(bench.session.publish(b"t", b"", 2, True))
        assert bench.link.sent == [b"\x35\x05\0\x01t\0\x01"]


def test_a_second_pubrec_gets_a_second_pubrel():
    with Bench() as bench:
        bench.connect()
        task = bench.publish(qos=2)
        bench.receive(PUBREC + ID1, PUBREC + ID1)
        assert bench.link.sent[1:] == [PUBREL + ID1, PUBREL + ID1]
        assert not task.done
        bench.receive(PUBCOMP + ID1)
        task.result()
        assert bench.stats["unexpected"] == 0


def test_a_second_pubcomp_is_unexpected():
    with Bench() as bench:
        bench.connect()
        task = bench.publish(qos=2)
        bench.receive(PUBREC + ID1, PUBCOMP + ID1, PUBCOMP + ID1)
        task.result()
        assert bench.stats["unexpected"] == 1
        assert bench.session.connected


def test_pubcomp_without_pubrec_ends_nothing():
    with Bench() as bench:
        bench.connect()
        task = bench.publish(qos=2)
        bench.receive(PUBCOMP + ID1)
        assert not task.done
        assert (bench.link.sent, bench.stats["unexpected"]) == ([PUBLISH1], 1)
        bench.receive(PUBREC + ID1, PUBCOMP + ID1)
        task.result()


def test_puback_is_no_answer_to_qos_2():
    with Bench() as bench:
        bench.connect()
        task = bench.publish(qos=2)
        bench.receive(PUBACK + ID1)
        bench.receive(PUBREC + ID1, PUBACK + ID1)
        assert not task.done
        assert bench.stats["unexpected"] == 2
        bench.receive(PUBCOMP + ID1)
        task.result()


def test_pubrec_and_pubcomp_are_no_answers_to_qos_1():
    with Bench() as bench:
        bench.connect()
        task = bench.publish(qos=1)
        bench.receive(PUBREC + ID1, PUBCOMP + ID1)
        assert not task.done
        assert bench.stats["unexpected"] == 2
        bench.receive(PUBACK + ID1)
        task.result()


def test_an_unknown_pubrec_is_answered():
    """Else the broker would wait for PUBREL for ever, e.g. after the host was reset."""
    with Bench() as bench:
        bench.connect()
        bench.receive(PUBREC + b"\xab\xcd")
        assert bench.link.sent == [PUBREL + b"\xab\xcd"]
        bench.receive(PUBCOMP + b"\xab\xcd")
        assert bench.stats["unexpected"] == 2
        assert bench.session.connected


def test_answers_in_another_order():
    with Bench() as bench:
        bench.connect()
        tasks = [bench.publish(b"a", 2), bench.publish(b"b", 1), bench.publish(b"c", 2)]
        assert bench.link.sent == [
            b"\x34\x06\0\x01t\0\x01a",
            b"\x32\x06\0\x01t\0\x02b",
            b"\x34\x06\0\x01t\0\x03c",
        ]
        bench.receive(PUBREC + ID3, PUBREC + ID1)
        assert bench.link.sent[3:] == [PUBREL + ID3, PUBREL + ID1]
        for answer, ended in (
            (PUBCOMP + ID1, [True, False, False]),
            (PUBACK + ID2, [True, True, False]),
            (PUBCOMP + ID3, [True, True, True]),
        ):
            bench.receive(answer)
            assert [task.done for task in tasks] == ended
        assert bench.stats["unexpected"] == 0


def test_pubrels_are_gathered_in_order_while_the_module_is_busy():
    """MQTT-4.6.0-4: in the order in which the PUBRECs came."""
    with Bench() as bench:
        bench.connect()
        for payload in (b"a", b"b", b"c"):
            bench.publish(payload, 2)
        bench.link.stalled = True
        bench.receive(PUBREC + ID2 + PUBREC + ID3 + PUBREC + ID1)
        bench.link.stalled = False
        bench.turn()
        assert bench.link.left[3:] == [PUBREL + ID2, PUBREL + ID3 + PUBREL + ID1]


def test_a_message_between_pubrec_and_pubcomp():
    with Bench() as bench:
        bench.connect()
        task = bench.publish(qos=2)
        bench.receive(PUBREC + ID1 + b"\x30\x04\0\x01ty" + PUBCOMP + ID1)
        task.result()
        assert bench.take() == [b"y"]


def test_the_same_id_in_both_directions():
    with Bench() as bench:
        bench.connect()
        task = bench.publish(qos=2)
        bench.receive(b"\x34\x06\0\x01t\0\x01y", PUBREC + ID1)
        assert bench.take() == [b"y"]
        assert bench.link.sent == [PUBLISH1, PUBREL + ID1, PUBREC + ID1]
        bench.receive(PUBREL + ID1)
        assert bench.link.sent[3:] == [PUBCOMP + ID1]
        assert not task.done
        bench.receive(PUBCOMP + ID1)
        task.result()
        assert bench.stats["unexpected"] == 0


def test_ids_are_in_use_until_pubcomp():
    with Bench() as bench:
        bench.connect()
        bench.publish(qos=2)
        bench.receive(PUBREC + ID1)
        bench.session.pid = 65534
        for expected in (b"\xff\xff", ID2):
            bench.publish(qos=2)
            assert bench.link.sent[-1][5:7] == expected
        bench.receive(PUBCOMP + ID1)
        bench.session.pid = 65535
        bench.publish(qos=2)
        assert bench.link.sent[-1][5:7] == ID1


def test_ids_are_skipped_whatever_uses_them():
    with Bench() as bench:
        bench.connect()
        bench.session.pid = 65534
        bench.publish(qos=2)  # 65535
        bench.go(bench.session.subscribe(b"t", 2))  # 1
        bench.publish(qos=1)  # 2
        bench.go(bench.session.unsubscribe(b"t"))  # 3
        bench.session.pid = 65534
        bench.publish(qos=2)
        assert bench.link.sent[-1] == b"\x34\x06\0\x01t\0\x04x"


def test_a_payload_is_let_go_at_pubrec():
    """It is never sent again (MQTT-4.3.3-1): there is room for the next one."""
    with Bench(tx_bytes=10) as bench:
        bench.connect(clean=False)
        bench.publish(bytes(10), 2)
        raises(MQTTError, "tx_bytes", bench.publish(b"x", 2).result)
        bench.receive(PUBREC + ID1)
        assert not bench.publish(bytes(10), 2).done


def test_what_awaits_pubcomp_counts_for_tx_queue():
    with Bench(tx_queue=1) as bench:
        bench.connect()
        bench.publish(qos=2)
        bench.receive(PUBREC + ID1)
        raises(MQTTError, "tx_queue", bench.publish(qos=2).result)
        bench.receive(PUBCOMP + ID1)
        assert not bench.publish(qos=2).done


def test_no_answer_at_either_step():
    for answers in ((), (PUBREC + ID1,)):
        with Bench() as bench:
            bench.connect()
            task = bench.publish(qos=2)
            bench.receive(*answers)
            bench.wait(19950)
            assert not task.done
            bench.wait(50)
            raises(MQTTError, "may have been delivered", task.result)
            assert bench.session.connected


def test_a_flow_goes_on_when_nobody_waits_for_it_any_more():
    for give_up in (lambda bench, task: bench.wait(200), lambda bench, task: task.cancel()):
        with Bench() as bench:
            bench.connect()
            task = bench.publish(qos=2, deadline_ms=100)
            give_up(bench, task)
            assert task.done
            bench.receive(PUBREC + ID1, PUBCOMP + ID1)
            assert bench.link.sent == [PUBLISH1, PUBREL + ID1]
            assert bench.stats["unexpected"] == 0


def test_a_flood_of_pubrecs_closes():
    """While the module sends nothing, only so many answers are kept."""
    with Bench() as bench:
        bench.connect()
        bench.link.stalled = True
        for pid in range(1, 514):
            bench.receive(PUBREC + bytes((pid >> 8, pid & 255)))
        assert bench.session.connected
        assert len(bench.session._answers) == 2048
        bench.receive(PUBREC + b"\xff\xff")
        assert not bench.session.connected
        assert bench.session._answers == b""
        assert bench.stats["protocol_errors"] == len(bench.client.lost) == 1


def test_a_flood_in_one_piece_closes_once_and_nothing_behind_it_counts():
    """Not even a CONNACK, which would do on a new connection."""
    behind = b"\x20\x02\0\0", b"\x30\x04\0\x01tx", b"\xf0\0", b"\x30\xff\xff\x7f", PUBACK + ID1
    for packet in behind:
        with Bench() as bench:
            bench.connect()
            bench.link.stalled = True
            bench.receive((PUBREC + ID1) * 514 + packet)
            assert not bench.session.connected
            assert bench.stats["protocol_errors"] == len(bench.client.lost) == 1
            assert len(bench.inbox.waiting) == 0
            bench.link.stalled = False
            bench.connect().result()
            bench.publish(qos=0).result()
