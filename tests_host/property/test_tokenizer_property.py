"""The tokenizer on generated streams: hostile ones, and valid ones that must come back."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from atmqtt.header import MESSAGE, RECVDATA
from atmqtt.tokenizer import BLOCK, LINE, Tokenizer
from unit.tokenfeed import block, drain, feed, ipd, line

LINE_MAX = 64
BLOCK_MAX = 100

# Pieces that mean something to the tokenizer, so that arbitrary streams get past the first line.
WORDS = (
    b"\r\n",
    b"\n",
    b"\r",
    b">",
    b"+IPD,",
    b"+IPD,3:",
    b"+IPD,0,5:",
    b"+IPD,101:",
    b'+IPD,4,"::1",80:',
    b"+IPD,2,1.2.3.4,80:",
    b'+MQTTSUBRECV:0,"t",4,',
    b'+MQTTSUBRECV:0,"a"b,",9,',
    b"+MQTTSUBRECV:0,",
    b'+MQTTSUBREV:"t",3,"',
    b"+CIPRECVDATA:3,",
    b"+CIPRECVDATA,3:",
    b'+SYSMFG:"a","b",8,5,',
    b'"',
    b",",
    b":",
    b"OK\r\n",
    b"abc\r\n",
    b"\0\xff ",
    b"x" * 62,
    b"x" * 97,
    b"1234567890",
)
noise = st.lists(st.sampled_from(WORDS) | st.binary(max_size=6), max_size=20).map(b"".join)


@st.composite
def cut(draw, streams):
    """A stream, and ascending positions where to cut it."""
    stream = draw(streams)
    cuts = draw(st.sets(st.integers(1, max(1, len(stream) - 1)), max_size=len(stream)))
    return stream, sorted(cuts)


@given(cut(noise), st.booleans())
@example((b"x" * 97 + b"\r\n" + b"OK\r\n", [63]), False)
@example((b"+IPD,3:abcd\nOK\r\n", [11]), False)
@settings(max_examples=600, deadline=None)
def test_hostile_streams_give_the_same_tokens_however_cut(stream_and_cuts, armed):
    stream, cuts = stream_and_cuts
    tokens = feed(stream, (), armed, line_max=LINE_MAX, block_max=BLOCK_MAX)
    assert feed(stream, cuts, armed, line_max=LINE_MAX, block_max=BLOCK_MAX) == tokens
    assert (
        feed(stream, range(1, len(stream)), armed, line_max=LINE_MAX, block_max=BLOCK_MAX)
        == tokens
    )


@given(st.lists(noise, max_size=6))
@settings(max_examples=300, deadline=None)
def test_memory_is_bounded_whatever_comes(streams):
    tokenizer = Tokenizer(line_max=LINE_MAX, block_max=BLOCK_MAX)
    for stream in streams:
        for token in drain(tokenizer, stream):
            assert token[0] != LINE or len(token[1]) < LINE_MAX
            assert token[0] != BLOCK or len(token[2]) <= BLOCK_MAX
        # a header and its block, or a line and what is read ahead; and what copying may overwrite
        assert len(tokenizer.buf) <= LINE_MAX + BLOCK_MAX + 64 + 64 + 256


@given(st.lists(noise, max_size=4), noise)
@settings(max_examples=300, deadline=None)
def test_after_any_noise_the_next_lines_are_understood(streams, rest):
    tokenizer = Tokenizer(line_max=LINE_MAX, block_max=BLOCK_MAX)
    for stream in streams:
        drain(tokenizer, stream)
    tokenizer.abort()  # as the inlet does when nothing comes for a while
    assert drain(tokenizer, b"\r\nOK\r\n" + rest)[0] == line(b"OK")


text = st.binary(min_size=1, max_size=LINE_MAX - 4).filter(
    lambda raw: raw[0] > 32 and raw[0] not in b">+\xff" and b"\n" not in raw and raw[-1] != 13
)
data = st.binary(max_size=BLOCK_MAX) | noise.map(lambda raw: raw[:BLOCK_MAX])
topic = st.binary(max_size=40).filter(lambda raw: b'",' not in raw and b"\n" not in raw)
address = st.sampled_from([b'"::1"', b'"192.168.4.100"', b"1.2.3.4"])


def _line(raw):
    return raw + b"\r\n", line(raw)


def _ipd(raw):
    return b"\r\n+IPD,%d:%s\r\n" % (len(raw), raw), ipd(raw)


def _ipd_of_link(link, raw):
    return b"\r\n+IPD,%d,%d:%s\r\n" % (link, len(raw), raw), ipd(raw, link)


def _ipd_from(where, raw):
    return b"\r\n+IPD,%d,%s,1883:%s\r\n" % (len(raw), where, raw), ipd(raw)


def _message(name, raw):
    head = b'+MQTTSUBRECV:0,"%s",%d,' % (name, len(raw))
    return head + raw + b"\r\n", block(MESSAGE, raw, topic=name)


def _asked_for(raw):
    return b"+CIPRECVDATA:%d,%s\r\n" % (len(raw), raw), block(RECVDATA, raw)


said = st.one_of(
    text.map(_line),
    data.map(_ipd),
    st.builds(_ipd_of_link, st.integers(0, 4), data),
    st.builds(_ipd_from, address, data),
    st.builds(_message, topic, data),
    data.map(_asked_for),
)


@given(st.lists(said, max_size=8), st.data())
@settings(max_examples=600, deadline=None)
def test_what_the_module_says_comes_back_exactly(parts, draw):
    stream = b"".join([raw for raw, _ in parts])
    _, cuts = draw.draw(cut(st.just(stream)))
    tokens = feed(stream, cuts, line_max=256, block_max=BLOCK_MAX)
    assert tokens == [token for _, token in parts]
