"""Messages too long to be kept: read past, reported, acknowledged, and nothing held for them."""

import gc

from locked import allocates

from plain import raises
from rig.fakelink import Bench

PAYLOAD = 64  # bytes of a message that is kept, see Bench
BEHIND = b"\x30\x04\0\x01tx"  # what comes behind the long one
TOPIC = b"a/\xc3\xbc"
PID = b"\x12\x34"
PUBACK = b"\x40\x02" + PID
PUBREC = b"\x50\x02" + PID
PUBREL = b"\x62\x02" + PID
PUBCOMP = b"\x70\x02" + PID


def message(topic, size, first=0x30, pid=b""):
    """A PUBLISH whose length is written with four bytes, which is longer than need be."""
    rest = bytes((len(topic) >> 8, len(topic) & 255)) + topic + pid + b"p" * size
    return start(first, len(rest)) + rest


def start(first, n):
    """The first five bytes of a packet whose rest has n bytes."""
    return bytes((first, n & 127 | 128, n >> 7 & 127 | 128, n >> 14 & 127 | 128, n >> 21))


def skipped(topic, size):
    return [("oversize", topic, size)]


def read_past(bench, expected, *pieces):
    """The pieces are a message that is too long; what comes behind it is delivered."""
    stats = bench.stats
    before = stats["oversize"], stats["received"]
    bench.client.events.clear()
    bench.receive(*pieces)
    assert bench.client.events == expected
    bench.receive(BEHIND)
    assert (stats["oversize"], stats["received"]) == (before[0] + len(expected), before[1] + 1)
    assert (len(bench.inbox.waiting), bench.inbox.waiting[0][1]) == (1, b"x")
    bench.inbox.waiting.pop(0)
    assert bench.session.connected


def broken(data, text):
    """This breaks the protocol, and its last byte is the one that does."""
    with Bench() as bench:
        bench.connect()
        bench.receive(data[:-1])
        assert bench.session.connected
        bench.receive(data[-1:])
        assert not bench.session.connected
        assert bench.stats["protocol_errors"] == len(bench.client.lost) == 1
        assert text in str(bench.client.lost[0]), bench.client.lost
        assert (bench.client.events, bench.link.sent, bench.stats["oversize"]) == ([], [], 0)


def test_wherever_the_head_is_cut():
    for first, pid, answers in (
        (0x30, b"", []),
        (0x33, PID, [PUBACK]),
        (0x3D, PID, [PUBREC]),
    ):
        data = message(TOPIC, 600, first, pid)
        for cut in range(24):
            with Bench() as bench:
                bench.connect()
                read_past(bench, skipped(TOPIC, 600), data[:cut], data[cut:])
                assert bench.link.sent == answers, cut
        with Bench() as bench:
            bench.connect()
            read_past(bench, skipped(TOPIC, 600), *[data[i : i + 1] for i in range(len(data))])
            assert bench.link.sent == answers


def test_one_behind_the_other_in_one_piece():
    with Bench() as bench:
        bench.connect()
        bench.receive((message(b"a", 700) + BEHIND) * 3)
        assert bench.client.events == skipped(b"a", 700) * 3
        assert len(bench.inbox.waiting) == 3


def test_qos_2_is_reported_once_and_answered_to_the_end():
    """The id is remembered from PUBLISH to PUBREL, as for any message (MQTT-4.3.3-2)."""
    data = message(TOPIC, 600, 0x34, PID)
    with Bench() as bench:
        bench.connect()
        sent = bench.link.sent
        read_past(bench, skipped(TOPIC, 600), data)
        read_past(bench, [], data)
        assert sent == [PUBREC, PUBREC]
        bench.receive(PUBREL, PUBREL)
        assert sent[2:] == [PUBCOMP, PUBCOMP]
        read_past(bench, skipped(TOPIC, 600), data)  # another message with the same id
        assert sent[4:] == [PUBREC]


def test_qos_1_is_reported_each_time_it_comes():
    data = message(TOPIC, 600, 0x32, PID)
    with Bench() as bench:
        bench.connect()
        for _ in range(2):
            read_past(bench, skipped(TOPIC, 600), data)
        assert bench.link.sent == [PUBACK, PUBACK]


def test_the_longest_payload_that_is_kept():
    for first, pid in ((0x30, b""), (0x32, PID), (0x34, PID)):
        with Bench() as bench:
            bench.connect()
            bench.receive(message(TOPIC, PAYLOAD, first, pid))
            assert bench.inbox.waiting[0][1] == b"p" * PAYLOAD
            bench.inbox.waiting.pop(0)
            assert bench.client.events == []
            pid = pid and b"\x12\x35"
            read_past(bench, skipped(TOPIC, PAYLOAD + 1), message(TOPIC, PAYLOAD + 1, first, pid))


def test_the_longest_topic_beside_it():
    """Topic, its length and the packet id may have 512 bytes."""
    with Bench() as bench:
        bench.connect()
        bench.receive(message(b"t" * 508, PAYLOAD, 0x32, PID))
        assert (bench.inbox.waiting[0][0], bench.inbox.waiting[0][1]) == (
            b"t" * 508,
            b"p" * PAYLOAD,
        )
        bench.inbox.waiting.pop(0)
        read_past(bench, skipped(b"t" * 509, PAYLOAD), message(b"t" * 509, PAYLOAD, 0x32, PID))


def test_long_topics():
    """Of more than 512 bytes it is only said that there was one."""
    with Bench() as bench:
        bench.connect()
        pid = 0
        for n in (1, 511, 512, 513, 1023, 1024, 1025, 65535):
            topic = b"t" * n
            for size in (0, 5, 600):
                if n + size > PAYLOAD + 512:
                    pid += 1
                    expected = skipped(topic if n <= 512 else None, size)
                    read_past(bench, expected, message(topic, size))
                    read_past(bench, expected, message(topic, size, 0x34, bytes((0, pid))))


def test_topics_that_end_with_the_packet():
    """The head fills the whole packet: no payload. One byte more and it is malformed."""
    for first, pid, ends in ((0x30, b"", 2), (0x32, PID, 4), (0x34, PID, 4)):
        n = 2000 - ends
        with Bench() as bench:
            bench.connect()
            read_past(bench, skipped(None, 0), message(b"t" * n, 0, first, pid))
        n += 1
        broken(start(first, 2000) + bytes((n >> 8, n & 255)), text="topic longer")
        broken(start(first, 2000) + b"\xff\xff", text="topic longer")


def test_no_topic():
    for first in (0x30, 0x31, 0x32, 0x3A, 0x34, 0x3C):
        broken(start(first, 2000) + b"\0\0", text="empty")


def test_packet_id_0():
    for first in (0x32, 0x34):
        broken(start(first, 2000) + b"\0\x01t\0\0", text="packet id")
        broken(start(first, 2000) + b"\x03\xe8" + b"t" * 1000 + b"\0\0", text="packet id")


def test_flags_that_cannot_be():
    for first in (0x36, 0x37, 0x3E, 0x3F, 0x38, 0x39):
        broken(start(first, 2000), text="PUBLISH")


def test_nothing_else_is_so_long():
    for first in (0x40, 0x50, 0x62, 0x70, 0x80, 0x82, 0x90, 0xA2, 0xB0, 0xC0, 0xD0, 0xE0):
        broken(start(first, 2000), text="packet too long")
    broken(start(0x20, 2000), text="packet too long")


def test_topics_that_are_none():
    """Kept or not, a topic is judged: found at the end of it, at the latest."""
    for bad, text in (
        (b"+", "wildcard"),
        (b"#", "wildcard"),
        (b"\0", "NUL"),
        (b"\xff", "UTF-8"),
        (b"\x80", "UTF-8"),
        (b"\xc0\xaf", "UTF-8"),
        (b"\xed\xa0\x80", "UTF-8"),
        (b"\xf4\x90\x80\x80", "UTF-8"),
        (b"\xe2\x82", "UTF-8"),
        (b"\xf0\x9f\x8e", "UTF-8"),
        (b"\x80" * 600, "UTF-8"),
    ):
        for before, after in ((0, 0), (0, 4), (4, 0), (4, 4), (0, 1000), (1000, 0)):
            topic = b"t" * before + bad + b"t" * after
            n = len(topic)
            head = start(0x30, 5000) + bytes((n >> 8, n & 255)) + topic
            with Bench() as bench:
                bench.connect()
                bench.receive(head)
                assert not bench.session.connected, (bad, before, after)
                assert text in str(bench.client.lost[0]), bench.client.lost
                assert bench.stats["oversize"] == 0


def test_characters_at_the_edges_of_what_is_judged_at_once():
    for shift in range(500, 516):
        for good in ("\xe9", "\u20ac", "\U0001f389"):
            raw = good.encode()
            with Bench() as bench:
                bench.connect()
                topic = b"t" * shift + raw * 300
                read_past(bench, skipped(None, 0), message(topic, 0))
                for bad in (
                    b"t" * shift + raw[:-1] + b"t" * 600,
                    b"t" * shift + raw + raw[1:] + b"t" * 600,
                    b"t" * shift + raw[1:] * 600,
                ):
                    n = len(bad)
                    bench.receive(start(0x30, 5000) + bytes((n >> 8, n & 255)) + bad)
                    assert "UTF-8" in str(bench.client.lost[-1]), (shift, bad)
                    assert not bench.session.connected
                    bench.connect().result()


def test_200_megabytes():
    """A length that is legal: every byte of it passes, in a buffer that is always the same."""
    total = 200 << 20
    piece = bytearray(1 << 20)
    with Bench() as bench:
        bench.connect()
        head = b"\0\x01t"
        bench.receive(start(0x30, total) + head)
        left = total - len(head)
        user = bench.link.user
        while left > len(piece):
            assert not allocates(user.on_data, piece, 0, len(piece))
            left -= len(piece)
        assert bench.client.events == []
        user.on_data(piece, 0, left)
        assert bench.client.events == skipped(b"t", total - len(head))
        read_past(bench, [])


def test_the_longest_of_all_is_let_pass():
    with Bench() as bench:
        bench.connect()
        bench.receive(b"\x30\xff\xff\xff\x7f\0\x01t" + bytes(5000))
        assert bench.session.connected
        assert (bench.stats["oversize"], bench.client.events) == (0, [])


def in_use():
    """Bytes of the heap."""
    gc.collect()
    if hasattr(gc, "mem_alloc"):
        return gc.mem_alloc()
    import tracemalloc

    if not tracemalloc.is_tracing():
        tracemalloc.start()
    return tracemalloc.get_traced_memory()[0]


def test_little_is_held_of_a_long_topic():
    piece = bytearray(b"t" * 500)
    with Bench() as bench:
        bench.connect()
        bench.receive(start(0x30, 200 << 20) + b"\xff\xff")
        user = bench.link.user
        user.on_data(piece, 0, 500)
        before = in_use()
        for _ in range(130):
            user.on_data(piece, 0, 500)
            assert in_use() - before < 2048
        assert bench.session.connected


def test_lost_in_the_middle():
    """The next connection begins with a new packet."""
    data = message(TOPIC, 600, 0x34, PID)
    for cut in range(1, 24):
        with Bench() as bench:
            bench.connect()
            bench.receive(data[:cut])
            bench.link.lose(OSError("gone"))
            bench.connect().result()
            assert bench.client.events == []
            read_past(bench, skipped(TOPIC, 600), data)
            assert bench.link.sent == [PUBREC]


def test_before_connack():
    with Bench() as bench:
        task = bench.connect(connack=message(TOPIC, 600)[:5])
        raises(OSError, "packet too long", task.result)
        assert bench.stats["protocol_errors"] == 1
