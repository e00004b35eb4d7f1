"""The MQTT stream, cut into packets wherever the network has cut it."""

import micropython

from atmqtt.decoder import Decoder
from plain import raises

PINGRESP = b"\xd0\0"
CONNACK = b"\x20\x02\0\0"
PUBLISH = b"\x30\x08\0\x03a/bxyz"
LONG = b"\x31\x80\x01\0\x01t" + bytes(range(125))  # 128 bytes: a length of two bytes
STREAM = CONNACK + PUBLISH + PINGRESP + LONG + PINGRESP + PUBLISH
PACKETS = [
    (0x20, b"\0\0"),
    (0x30, b"\0\x03a/bxyz"),
    (0xD0, b""),
    (0x31, LONG[3:]),
    (0xD0, b""),
    (0x30, b"\0\x03a/bxyz"),
]


class Skipper:
    """Reads past the rest of a packet that is too long. Takes no memory."""

    def __init__(self, left):
        self.left = left

    def feed(self, buf, i, end):
        n = min(self.left, end - i)
        self.left -= n
        return i + n


class Sink:
    """Collects packets; wants no more whenever `capacity` have come.

    skipped: (first byte, length) of those that are too long. skipper: of the last one.
    """

    def __init__(self, limit=256, capacity=0):
        self.packets = []
        self.skipped = []
        self.capacity = capacity
        self.skipper = None
        self.decoder = Decoder(self.packet, self.skip, limit)

    def packet(self, first, buf, a, b):
        self.packets.append((first, bytes(buf[a:b])))
        return self.capacity and len(self.packets) % self.capacity == 0

    def skip(self, first, n):
        self.skipped.append((first, n))
        self.skipper = Skipper(n)
        return self.skipper

    def feed(self, *pieces):
        """Each piece in the middle of a buffer of its own, as an +IPD lies in the tokenizer's."""
        for piece in pieces:
            buf = bytearray(b"\x7f" + piece + b"\x7f")
            assert self.decoder.feed(buf, 1, 1 + len(piece)) == 1 + len(piece)
            buf[:] = bytes(len(buf))  # it will be used for the next block
        return self.packets


def test_whole_stream():
    assert Sink().feed(STREAM) == PACKETS


def test_byte_by_byte():
    assert Sink().feed(*[STREAM[i : i + 1] for i in range(len(STREAM))]) == PACKETS


def test_cut_at_every_position():
    for cut in range(len(STREAM) + 1):
        assert Sink().feed(STREAM[:cut], STREAM[cut:]) == PACKETS, cut


def test_cut_twice_at_every_distance():
    for size in range(1, 24):
        for cut in range(len(STREAM) - size):
            pieces = STREAM[:cut], STREAM[cut : cut + size], STREAM[cut + size :]
            assert Sink().feed(*pieces) == PACKETS, (cut, size)


def test_a_packet_is_handed_over_with_its_last_byte():
    sink = Sink()
    for i in range(len(LONG) - 1):
        assert sink.feed(LONG[i : i + 1]) == []
    assert sink.feed(LONG[-1:]) == PACKETS[3:4]


def test_an_empty_piece_is_nothing():
    sink = Sink()
    sink.feed(b"")
    sink.feed(PUBLISH[:3], b"", PUBLISH[3:])
    assert sink.packets == PACKETS[1:2]


def test_lengths_that_are_longer_than_need_be():
    """The standard does not forbid them."""
    for length in (b"\x02", b"\x82\0", b"\x82\x80\0", b"\x82\x80\x80\0"):
        assert Sink().feed(b"\x20" + length + b"\0\0") == PACKETS[:1]
    for length in (b"\0", b"\x80\0", b"\x80\x80\x80\0"):
        assert Sink().feed(b"\xd0" + length + PINGRESP) == [(0xD0, b"")] * 2


def test_a_length_of_more_than_four_bytes():
    for tail in (b"", b"\0", b"\x01"):
        for start in (b"\x80\x80\x80\x80", b"\xff\xff\xff\xff"):
            data = b"\x30" + start + tail
            raises(ValueError, "four bytes", Sink().decoder.feed, data, 0, len(data))


def test_reserved_packet_types():
    """0 and 15 are reserved; 1, CONNECT, never comes from a broker."""
    for first in list(range(0x20)) + list(range(0xF0, 0x100)):
        data = bytes((first, 0))
        raises(ValueError, "reserved", Sink().decoder.feed, data, 0, 2)
    for first in range(0x20, 0xF0):
        assert Sink().feed(bytes((first, 0))) == [(first, b"")]


def test_what_came_before_the_malformed_byte_was_handed_over():
    sink = Sink()
    data = CONNACK + PUBLISH + b"\xf0"
    raises(ValueError, "reserved", sink.decoder.feed, data, 0, len(data))
    assert sink.packets == PACKETS[:2]


def test_too_long_packets_are_skipped():
    sink = Sink(limit=127)
    assert sink.feed(STREAM) == [p for p in PACKETS if len(p[1]) < 128]
    assert sink.skipped == [(0x31, 128)]


def test_too_long_packets_are_skipped_wherever_they_are_cut():
    expected = Sink(limit=127).feed(STREAM)
    for cut in range(len(STREAM) + 1):
        sink = Sink(limit=127)
        assert sink.feed(STREAM[:cut], STREAM[cut:]) == expected, cut
        assert sink.skipped == [(0x31, 128)], cut


def test_the_limit_itself_is_kept():
    assert len(Sink(limit=128).feed(LONG)) == 1
    assert len(Sink(limit=127).feed(LONG)) == 0


def test_the_longest_packet_is_announced_and_nothing_is_kept_of_it():
    """268435455 bytes: no board could hold them, nor does this test."""
    sink = Sink(limit=64)
    sink.feed(b"\x30\xff\xff\xff\x7f")
    assert sink.skipped == [(0x30, 268435455)]
    assert sink.decoder.piece is None
    junk = bytes(5000)
    for _ in range(50):
        sink.feed(junk)
    assert sink.skipper.left == 268435455 - 50 * 5000
    assert sink.packets == [] and sink.decoder.piece is None


def test_who_reads_past_a_packet_gets_its_bytes_and_no_others():
    class Keeper(Skipper):
        seen = b""

        def feed(self, buf, i, end):
            a = i
            i = super().feed(buf, i, end)
            self.seen += bytes(buf[a:i])
            return i

    for cut in range(len(STREAM) + 1):
        keepers = []

        def skip(first, n, keepers=keepers):
            keepers.append(Keeper(n))
            return keepers[-1]

        decoder = Decoder(lambda first, buf, a, b: False, skip, 127)
        for piece in (STREAM[:cut], STREAM[cut:]):
            assert decoder.feed(piece, 0, len(piece)) == len(piece)
        assert [keeper.seen for keeper in keepers] == [LONG[3:]], cut


def test_who_reads_past_a_packet_may_find_it_malformed():
    class Judge(Skipper):
        def feed(self, buf, i, end):
            raise ValueError("bad head")

    decoder = Decoder(lambda first, buf, a, b: False, lambda first, n: Judge(n), 127)
    raises(ValueError, "bad head", decoder.feed, LONG, 0, len(LONG))
    decoder.reset()
    assert decoder.feed(CONNACK, 0, 4) == 4


def test_reset_forgets_what_is_incomplete():
    for cut in range(1, len(LONG)):
        for limit in (256, 64):
            sink = Sink(limit)
            sink.feed(LONG[:cut])
            sink.decoder.reset()
            assert sink.feed(CONNACK) == PACKETS[:1], cut


def test_the_sink_stops_the_stream_and_it_goes_on_there():
    for pieces in ((STREAM,), (STREAM[:9], STREAM[9:]), (STREAM[:40], STREAM[40:])):
        sink = Sink(capacity=1)
        stops = 0
        for piece in pieces:
            at = 0
            while at < len(piece):
                before = len(sink.packets)
                at = sink.decoder.feed(piece, at, len(piece))
                assert len(sink.packets) - before <= 1  # never more than it wanted
                stops += 1
        assert sink.packets == PACKETS
        assert stops >= len(PACKETS)


def test_where_a_stopped_stream_was_read_to():
    sink = Sink(capacity=2)
    assert sink.decoder.feed(STREAM, 0, len(STREAM)) == len(CONNACK + PUBLISH)
    assert sink.packets == PACKETS[:2]


def test_whole_and_skipped_packets_take_no_memory():
    short = Skipper(0)
    huge = Skipper(0)

    def skip(first, n):
        skipper = short if n == 128 else huge
        skipper.left = n
        return skipper

    decoder = Decoder(lambda first, buf, a, b: False, skip, 100)
    stream = bytearray(PUBLISH + LONG + PINGRESP + b"\x30\xff\xff\xff\x7f" + bytes(500))
    end = len(stream)
    micropython.heap_lock()
    try:
        decoder.feed(stream, 0, end)
        decoder.feed(stream, 0, end)
    finally:
        micropython.heap_unlock()
    assert (short.left, huge.left) == (0, 268435455 - 500 - end)
