"""Messages that come, and their PUBACKs: when, in which order, how many at a time."""

from plain import raises
from rig.fakelink import Bench


def message(pid, payload=b"x", dup=False):
    head = 0x3A if dup else 0x32, 5 + len(payload), 0, 1, 116, pid >> 8, pid & 255
    return bytes(head) + payload


def puback(*pids):
    return b"".join([bytes((0x40, 2, pid >> 8, pid & 255)) for pid in pids])


def test_acknowledged_when_it_is_taken():
    with Bench() as bench:
        bench.connect()
        bench.receive(message(0xABCD, b"payload"))
        assert [bench.inbox.waiting[0][i] for i in (0, 1, 3)] == [b"t", b"payload", 0xABCD]
        assert bench.link.sent == []
        bench.take()
        assert bench.link.sent == [puback(0xABCD)]


def test_qos_0_is_not_acknowledged():
    with Bench() as bench:
        bench.connect()
        bench.receive(b"\x30\x04\0\x01tx", b"\x31\x03\0\x01t")
        assert bench.stats["received"] == 2
        bench.take(2)
        assert bench.link.sent == []


def test_in_the_order_of_receipt():
    """MQTT-4.6.0-2."""
    with Bench() as bench:
        bench.connect()
        bench.receive(message(7), message(3), message(65535))
        for _ in range(3):
            bench.take()
        assert bench.link.sent == [puback(7), puback(3), puback(65535)]


def test_gathered_while_the_module_is_busy():
    """One CIPSEND for all: each takes the module some 10 ms."""
    with Bench() as bench:
        bench.connect()
        bench.link.stalled = True
        bench.receive(message(1) + message(2) + message(3))
        bench.take(3)
        assert bench.link.sent == [puback(1)]
        bench.link.stalled = False
        bench.turn()
        assert bench.link.sent == [puback(1), puback(2, 3)]


def test_a_repeated_message_is_delivered_and_acknowledged_again():
    """At least once: DUP is a hint and no filter."""
    with Bench() as bench:
        bench.connect()
        bench.receive(message(5), message(5, dup=True))
        assert len(bench.inbox.waiting) == 2
        bench.take(2)
        assert b"".join(bench.link.sent) == puback(5, 5)


def test_packet_ids_of_both_directions_have_nothing_to_do_with_each_other():
    with Bench() as bench:
        bench.connect()
        task = bench.publish()
        bench.receive(message(1))
        bench.take()
        assert not task.done
        bench.receive(puback(1))
        assert task.done


def test_acknowledgements_of_an_earlier_connection_are_not_sent():
    """Its packet ids may belong to other messages now."""
    with Bench() as bench:
        bench.connect(clean=False)
        bench.receive(message(1, b"old"))
        bench.lose()
        bench.take()
        bench.connect(clean=False)
        bench.receive(message(1, b"new"))
        assert bench.link.sent == []
        bench.take()
        assert bench.link.sent == [puback(1)]


def test_a_message_that_outlives_its_connection_is_not_acknowledged_on_the_next():
    with Bench() as bench:
        bench.connect(clean=False)
        bench.receive(message(1))
        bench.lose()
        bench.connect(clean=False)
        bench.take()
        assert bench.link.sent == []


def test_gathered_acknowledgements_die_with_their_connection():
    with Bench() as bench:
        bench.connect(clean=False)
        bench.link.stalled = True
        bench.receive(message(1) + message(2))
        bench.take(2)
        bench.lose()
        bench.link.stalled = False
        bench.connect(clean=False)
        assert bench.link.sent == []
        bench.receive(message(9))
        bench.take()
        assert bench.link.sent == [puback(9)]


def test_nothing_follows_disconnect():
    """MQTT-3.14.4-1."""
    with Bench() as bench:
        bench.connect()
        bench.link.stalled = True
        bench.receive(message(1), message(2))
        bench.take(2)
        task = bench.go(bench.session.disconnect())
        bench.link.stalled = False
        bench.turn()
        task.result()
        assert bench.link.left == [puback(1), puback(2) + b"\xe0\0"]
        assert bench.link.sent == bench.link.left


def test_what_the_uart_raises_is_no_fault_of_the_broker():
    with Bench() as bench:
        bench.connect()

        def fail(*parts):
            raise OSError(5)

        bench.link.send = fail
        raises(OSError, "", bench.receive, b"\x62\x02\0\x01")
        assert bench.stats["protocol_errors"] == 0


def test_many_connections():
    """The number of the connection is kept in a byte."""
    with Bench() as bench:
        for pid in range(1, 600):
            bench.connect(clean=False)
            bench.receive(message(pid))
            bench.take()
            assert bench.link.sent == [puback(pid)]
            bench.lose()
            bench.client.lost.clear()


def test_a_full_inbox_stops_the_reading():
    with Bench(rx_queue=2) as bench:
        bench.connect()
        stream = message(1) + message(2) + message(3)
        at = bench.read(stream, 0, len(stream))
        assert at == len(message(1) + message(2))
        bench.take()
        assert bench.read(stream, at, len(stream)) == len(stream)
        bench.take(2)
        assert bench.stats["dropped"] == 0
        assert b"".join(bench.link.sent) == puback(1, 2, 3)


def test_who_reads_on_all_the_same_gets_the_policy():
    """What is dropped is acknowledged: the broker must not wait for it for ever."""
    for policy, left, dropped in (("drop-oldest", b"c", (1, 2)), ("drop-newest", b"a", (2, 3))):
        with Bench(rx_queue=1, policy=policy) as bench:
            bench.connect()
            for data in (message(1, b"a"), message(2, b"b"), message(3, b"c")):
                while bench.link.user.on_data(data, 0, len(data)) < len(data):
                    pass
            bench.turn()
            assert bench.inbox.waiting[0][1] == left
            assert bench.stats["dropped"] == 2
            assert b"".join(bench.link.sent) == puback(*dropped)


def test_too_long_messages_are_skipped_and_reported():
    """A packet of more than max_payload and 512 bytes for the topic is not even stored."""
    with Bench(max_payload=64) as bench:
        bench.connect()
        never_stored = b"\x30" + b"\xc1\x04" + b"\0\x01t" + bytes(574)
        bench.receive(never_stored[:100], never_stored[100:] + message(7))
        assert bench.client.events == [("oversize", b"t", 574)]
        assert (len(bench.inbox.waiting), bench.inbox.waiting[0][3]) == (1, 7)
        bench.receive(b"\x30" + b"\x44" + b"\0\x01t" + bytes(65))
        assert bench.client.events[1:] == [("oversize", b"t", 65)]
        assert len(bench.inbox.waiting) == 1
        bench.receive(b"\x30" + b"\x43" + b"\0\x01t" + bytes(64))
        assert len(bench.inbox.waiting) == bench.stats["oversize"] == 2
        assert bench.session.connected


def test_a_message_that_is_too_long_is_acknowledged():
    with Bench(max_payload=4) as bench:
        bench.connect()
        bench.receive(b"\x32\x0a\0\x01t\0\x09" + bytes(5))
        bench.turn()
        assert len(bench.inbox.waiting) == 0
        assert bench.link.sent == [puback(9)]


def test_topics_of_one_length_are_told_apart():
    with Bench() as bench:
        bench.connect()
        for topic in (b"a/1", b"a/2", b"a/2", b"b/2", b"a/1"):
            bench.receive(b"\x30\x06\0\x03" + topic + b"x")
            assert bench.inbox.waiting[0][0] == topic
            bench.inbox.waiting.pop(0)
