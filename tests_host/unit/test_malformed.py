"""Every way to break the protocol: counted, reported, the link closed, and never an exception."""

from atmqtt.errors import MQTTError
from plain import raises
from rig.fakelink import CONNACK, Bench

TOPIC = b"\0\x01t"


def packet(first, body):
    return bytes((first, len(body))) + body


# clause of the standard, bytes
BROKEN = (
    ("2.2.1: reserved type", b"\x00\0"),
    ("2.2.1: reserved type", b"\x0f\0"),
    ("2.2.1: reserved type", b"\xf0\0"),
    ("2.2.1: reserved type", b"\xff\0"),
    ("2.2.3: five bytes of length", b"\x30\x80\x80\x80\x80\x01"),
    ("2.2.3: five bytes of length", b"\xd0\xff\xff\xff\xff\0"),
    # packets that only a client sends
    ("3.1: CONNECT", b"\x10\0"),
    ("3.8: SUBSCRIBE", packet(0x82, b"\0\x01" + TOPIC + b"\0")),
    ("3.10: UNSUBSCRIBE", packet(0xA2, b"\0\x01" + TOPIC)),
    ("3.12: PINGREQ", b"\xc0\0"),
    ("3.14: DISCONNECT", b"\xe0\0"),
    # packets of QoS 2, which was never asked for
    ("3.5: PUBREC", b"\x50\x02\0\x01"),
    ("3.6: PUBREL", b"\x62\x02\0\x01"),
    ("3.7: PUBCOMP", b"\x70\x02\0\x01"),
    # flags
    ("2.2.2: CONNACK", b"\x21\x02\0\0"),
    ("2.2.2: PUBACK", b"\x42\x02\0\x01"),
    ("2.2.2: SUBACK", b"\x92\x03\0\x01\0"),
    ("2.2.2: UNSUBACK", b"\xb8\x02\0\x01"),
    ("2.2.2: PINGRESP", b"\xd1\0"),
    # lengths
    ("3.2: CONNACK", b"\x20\x01\0"),
    ("3.2: CONNACK", b"\x20\x03\0\0\0"),
    ("3.4: PUBACK", b"\x40\0"),
    ("3.4: PUBACK", b"\x40\x01\0"),
    ("3.4: PUBACK", b"\x40\x03\0\x01\0"),
    ("3.9: SUBACK without a code", b"\x90\x02\0\x01"),
    ("3.9: SUBACK with two codes", b"\x90\x04\0\x01\0\0"),
    ("3.11: UNSUBACK", b"\xb0\x01\0"),
    ("3.11: UNSUBACK", b"\xb0\x03\0\x01\0"),
    ("3.13: PINGRESP", b"\xd0\x01\0"),
    # values
    ("2.3.1: packet id 0", b"\x40\x02\0\0"),
    ("2.3.1: packet id 0", b"\x90\x03\0\0\0"),
    ("2.3.1: packet id 0", b"\xb0\x02\0\0"),
    ("3.9.3: code 3", b"\x90\x03\0\x01\x03"),
    ("3.9.3: code 0x7F", b"\x90\x03\0\x01\x7f"),
    ("3.9.3: code 0x81", b"\x90\x03\0\x01\x81"),
    ("3.2: second CONNACK", CONNACK),
    # PUBLISH
    ("3.3.1-4: QoS 3", packet(0x36, TOPIC + b"\0\x01")),
    ("QoS 2 was never granted", packet(0x34, TOPIC + b"\0\x01")),
    ("3.3.1-2: DUP with QoS 0", packet(0x38, TOPIC)),
    ("2.3.1: packet id 0", packet(0x32, TOPIC + b"\0\0x")),
    ("no packet id", packet(0x32, TOPIC)),
    ("half a packet id", packet(0x32, TOPIC + b"\0")),
    ("nothing", packet(0x30, b"")),
    ("half a topic length", packet(0x30, b"\0")),
    ("no topic", packet(0x30, b"\0\x05")),
    ("topic longer than the packet", packet(0x30, b"\0\x05abcd")),
    ("topic longer than the packet", packet(0x30, b"\xff\xffabcd")),
    ("topic longer than the packet", packet(0x32, b"\0\x05abcd\0\x01")),
    ("4.7.3-1: empty topic", packet(0x30, b"\0\0x")),
    ("3.3.2-2: wildcard", packet(0x30, b"\0\x03a/+")),
    ("3.3.2-2: wildcard", packet(0x31, b"\0\x01#")),
    ("1.5.3-2: NUL", packet(0x30, b"\0\x03a\0b")),
    ("1.5.3-1: no UTF-8", packet(0x30, b"\0\x02a\xff")),
    ("1.5.3-1: a surrogate", packet(0x30, b"\0\x03\xed\xa0\x80")),
    ("1.5.3-1: overlong", packet(0x30, b"\0\x02\xc0\xaf")),
    # too long to be kept, and no PUBLISH
    ("no packet of this type is so long", b"\x90\xff\xff\x03"),
    ("no packet of this type is so long", b"\xd0\xff\xff\xff\x7f"),
)


def is_closed(bench, task, what):
    assert not bench.session.connected, what
    assert bench.stats["protocol_errors"] == 1, what
    assert len(bench.client.lost) == 1, what
    assert str(bench.client.lost[0]).startswith("protocol error"), what
    assert len(bench.link.dropped) == 1, what
    assert bench.inbox.count == bench.stats["received"] == 0, what
    raises(MQTTError, "protocol error", task.result)


def broken(*pieces, what):
    with Bench() as bench:
        bench.connect(keepalive=60)
        task = bench.go(bench.session.subscribe(b"t", 1))
        bench.receive(*pieces)
        is_closed(bench, task, what)
        bench.receive(b"\x30\x04\0\x01tx")  # nobody reads on
        assert bench.inbox.count == 0
        bench.connect().result()
        bench.receive(b"\x30\x04\0\x01tx")  # and a new connection begins anew
        assert bench.inbox.count == 1


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
            assert bench.inbox.get(1) == b"x", what
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
        packet(0x30, b"\0\x01/"),
        packet(0x30, b"\0\x04$SYS"),
        packet(0x30, b"\0\x03\xef\xbb\xbf"),
        packet(0x30, b"\0\x01\x01"),  # a control character: should not, may
        b"\x30\x83\x80\x80\0" + TOPIC,  # a length that is longer than need be
    ):
        with Bench() as bench:
            bench.connect()
            bench.receive(data)
            assert (bench.inbox.count, bench.session.connected) == (1, True), data
