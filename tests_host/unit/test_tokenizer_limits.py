"""The tokenizer's memory: long blocks, long lines, noise; and that it takes none."""

from locked import LOCKS, allocates
from tokenfeed import block, damaged, drain, feed, ipd, line, same_however_cut

import atmqtt.tokenizer
from atmqtt.header import IPD, MESSAGE
from atmqtt.ring import RingIO
from atmqtt.tokenizer import GARBAGE, Tokenizer


def test_blocks_that_need_more_room():
    for n in (400, 550, 576, 600, 700, 1440, 2920):
        data = bytes([i & 255 for i in range(n)])
        stream = b"\r\nSEND OK\r\n\r\n+IPD,%d:%s\r\nOK\r\n" % (n, data)
        expected = [line(b"SEND OK"), ipd(data), line(b"OK")]
        cuts = list(range(1, 40)) + list(range(40, len(stream), 61))
        for cut in cuts + list(range(len(stream) - 10, len(stream))):
            assert feed(stream, (cut,)) == expected, (n, cut)
        assert feed(stream, range(1, len(stream))) == expected


def test_topic_is_right_after_the_buffer_was_shifted():
    stream = b"x" * 500 + b'\r\n+MQTTSUBRECV:0,"top/ic",300,' + b"y" * 300 + b"\r\n"
    tokens = same_however_cut(stream)
    assert tokens == [line(b"x" * 500), block(MESSAGE, b"y" * 300, topic=b"top/ic")]


def test_blocks_over_the_limit_are_skipped_and_reported():
    for n in (21, 22, 100, 1000):
        stream = b"+IPD,%d:%s\r\nOK\r\n+IPD,2:ab\r\n" % (n, b"x\r\n+" * (n // 4) + b"x" * (n % 4))
        tokens = same_however_cut(stream, block_max=20)
        assert tokens == [damaged(IPD), line(b"OK"), ipd(b"ab")]
    assert feed(b"+IPD,20:%s\r\n" % (b"x" * 20), block_max=20) == [ipd(b"x" * 20)]


def test_a_huge_length_takes_no_memory():
    tokenizer = Tokenizer()
    size = len(tokenizer.buf)
    assert drain(tokenizer, b"+IPD,999999999:" + b"x" * 5000) == []
    assert tokenizer.missing() and len(tokenizer.buf) == size
    tokenizer.abort()
    assert drain(tokenizer, b"OK\r\n") == [line(b"OK")]


def test_memory_stays_bounded():
    tokenizer = Tokenizer(line_max=100, block_max=300)
    for n in (10, 300, 301, 5000):
        drain(tokenizer, b"+IPD,%d:%s\r\n" % (n, b"x" * n))
        drain(tokenizer, b"+FOO:" + b"x" * n + b"\r\n")
    assert len(tokenizer.buf) <= 100 + 300 + 64 + 256


def test_without_memory_for_a_block_it_is_skipped():
    def refuse(size):
        raise MemoryError

    tokenizer = Tokenizer()
    atmqtt.tokenizer.bytearray = refuse
    try:
        stream = b"+IPD,1000:" + b"x" * 1000 + b"\r\nOK\r\n+IPD,3:abc\r\n"
        assert drain(tokenizer, stream) == [damaged(IPD), line(b"OK"), ipd(b"abc")]
    finally:
        del atmqtt.tokenizer.bytearray
    assert drain(tokenizer, stream) == [ipd(b"x" * 1000), line(b"OK"), ipd(b"abc")]


def test_lines_too_long_are_reported_once_and_the_next_is_fine():
    # 512 bytes with the line's end are too many
    for n in (509, 510, 511, 512, 575, 576, 4096):
        stream = b"x" * n + b"\r\nOK\r\n"
        first = line(b"x" * n) if n + 2 <= 512 else (GARBAGE,)
        cuts = list(range(n - 140, n + 6)) + list(range(1, n - 140, 37))
        for cut in cuts:
            assert feed(stream, (cut,)) == [first, line(b"OK")], (n, cut)
        assert feed(stream, range(1, len(stream))) == [first, line(b"OK")], n


def test_an_unknown_line_without_an_end_is_dropped():
    stream = b"+FOO:" + b"\0\r \xff" * 1024 + b"\r\n+IPD,3:abc\r\n"
    assert feed(stream) == feed(stream, range(1, len(stream))) == [(GARBAGE,), ipd(b"abc")]


def test_nothing_in_a_dropped_line_is_a_token():
    stream = b"x" * 600 + b"\r>+IPD,3:abc\r\nOK\r\n"
    assert same_however_cut(stream, armed=True) == [(GARBAGE,), line(b"OK")]


def test_reboot_noise():
    seed = 1
    noise = bytearray(b"\r>\0\xff+IPD,\n+IPD,0\n")
    while len(noise) < 300:
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        noise.append(seed >> 16 & 255)
    stream = bytes(noise) + b"\r\nready\r\n"
    tokens = same_however_cut(stream)
    assert tokens[-1] == line(b"ready")


def test_abort_forgets_what_is_incomplete():
    for start in (b"+IPD,9:abc\r\n", b"+IPD,5000:abc", b"x" * 600, b"half a li", b"+IPD,"):
        tokenizer = Tokenizer()
        drain(tokenizer, start)
        tokenizer.abort()
        assert not tokenizer.missing()
        assert drain(tokenizer, b"OK\r\n") == [line(b"OK")], start


def test_missing_only_inside_a_block():
    tokenizer = Tokenizer()
    for data, missing in (
        (b"+IPD,3", 0),
        (b":", 5),
        (b"abc\r", 1),
        (b"\n", 0),
        (b"+IPD,4000:", 4002),
        (b"x" * 4001, 1),
        (b"\n", 0),
        (b"OK", 0),
    ):
        drain(tokenizer, data)
        assert tokenizer.missing() == missing, data


def _drain(tokenizer, ring):
    tokenizer.armed = True
    while tokenizer.next(ring):
        tokenizer.armed = True


def test_allocates_nothing():
    assert allocates(bytes, 100) == LOCKS
    ring = RingIO(8000)
    tokenizer = Tokenizer()
    drain(tokenizer, b"+IPD,1000:" + b"x" * 1000 + b"\r\n")  # the longest block so far
    for stream in (
        b"\r\nOK\r\n\r\n>\r\nSEND OK\r\nx" * 20 + b"\r\n",
        (b'+CWLAP:(4,"a",-5,"x",1)\r\n' + b"+IPD,1\r\n" + b"\0\xff") * 20,
        b"+IPD,1000:" + b"y" * 1000 + b"\r\n+IPD,1,3:abc\r\n",
        b'\r\nOK\r\n+MQTTSUBRECV:0,"a/b",900,' + b"z" * 900 + b"\r\n",
        b'+IPD,4,"::1",80:abcd\r\n+IPD,4,1.2.3.4,80:abcd\r\n+CIPRECVDATA:3,abc\r\nOK\r\n',
        b"+IPD,5000:" + b"w" * 5000 + b"\r\n",
        b"+IPD,5:ab\r\n12345\r\n" + b"v" * 3000 + b"\r\n",
    ):
        ring.write(stream, len(stream))
        assert not allocates(_drain, tokenizer, ring), stream[:20]
        assert not ring.any()
