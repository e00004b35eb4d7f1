"""Every way to break the protocol: counted, reported, the link closed, and never an exception."""

from malformed import BROKEN, TOPIC, packet

from atmqtt.errors import MQTTError
from plain import raises
from rig.fakelink import CONNACK, Bench


def is_closed(bench, task, what):
    assert not bench.session.connected, what
    assert bench.stats["protocol_errors"] == 1, what
    assert len(bench.client.lost) == 1, what
    assert str(bench.client.lost[0]).startswith("protocol error"), what
    assert len(bench.link.dropped) == 1, what
    assert len(bench.inbox.waiting) == bench.stats["received"] == 0, what
    raises(MQTTError, "protocol error", task.result)


def broken(*pieces, what):
    with Bench() as bench:
        bench.connect(keepalive=60)
        task = bench.go(bench.session.subscribe(b"t", 1))
        bench.receive(*pieces)
        is_closed(bench, task, what)
        bench.receive(b"\x30\x04\0\x01tx")  # nobody reads on
        assert len(bench.inbox.waiting) == 0
        bench.connect().result()
        bench.receive(b"\x30\x04\0\x01tx")  # and a new connection begins anew
        assert len(bench.inbox.waiting) == 1


def test_whole():
    for what, data in BROKEN:
        broken(data, what=(what, data))


def test_in_pieces():
    for what, data in BROKEN:
        broken(*[data[i : i + 1] for i in range(len(data))], what=(what, data))


def test_with_more_behind():
    for what, data in BROKEN:
        broken(data + b"\x30\x04\0\x01tx" + b"\xd0\0", what=(what, data))


def test_what_came_before_in_the_same_piece_counts():
    for what, data in BROKEN:
        with Bench() as bench:
            bench.connect()
            task = bench.go(bench.session.subscribe(b"t", 1))
            bench.receive(b"\x90\x03\0\x01\x01" + b"\x30\x04\0\x01tx" + data)
            assert task.result() == 1, what
            assert bench.inbox.waiting[0][1] == b"x", what
            assert bench.stats["protocol_errors"] == 1, what


def test_before_connack():
    """The same, and more: only CONNACK may come first."""
    for what, data in BROKEN:
        if data != CONNACK:
            with Bench() as bench:
                task = bench.connect(connack=data)
                raises(MQTTError, "protocol error", task.result)
                assert bench.stats["protocol_errors"] == 1, what
                assert bench.client.lost == []


def test_a_message_that_memory_cannot_hold_closes():
    with Bench() as bench:
        bench.connect()

        def put(*message):
            raise MemoryError

        bench.inbox.put = put
        bench.receive(b"\x30\x04\0\x01tx")
        assert not bench.session.connected
        assert bench.stats["protocol_errors"] == 1


def test_strange_but_legal():
    for data in (
        packet(0x30, TOPIC),  # empty payload
        packet(0x31, TOPIC),
        packet(0x3B, TOPIC + b"\xff\xff"),  # DUP, QoS 1, retained, empty
        packet(0x34, TOPIC + b"\0\x01"),  # QoS 2
        packet(0x3D, TOPIC + b"\xff\xff"),
        packet(0x30, b"\0\x01/"),
        packet(0x30, b"\0\x04$SYS"),
        packet(0x30, b"\0\x03\xef\xbb\xbf"),
        packet(0x30, b"\0\x01\x01"),  # a control character: should not, may
        b"\x30\x83\x80\x80\0" + TOPIC,  # a length that is longer than need be
    ):
        with Bench() as bench:
            bench.connect()
            bench.receive(data)
            assert (len(bench.inbox.waiting), bench.session.connected) == (1, True), data
