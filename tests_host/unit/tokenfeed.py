"""Runs bytes through the tokenizer, cut into pieces at will, and gathers what comes out."""

from atmqtt.tokenizer import BLOCK, DAMAGED, LINE, PROMPT, Tokenizer


class Source:
    """Bytes that have come: what the tokenizer reads."""

    def __init__(self, data=b""):
        self.data = data
        self.at = 0

    def any(self) -> int:
        return len(self.data) - self.at

    def readinto(self, buf, n: int) -> int:
        assert 0 < n <= self.any(), "more was asked for than is there"
        assert n <= len(buf)
        buf[:n] = self.data[self.at : self.at + n]
        self.at += n
        return n


def line(text: bytes):
    return (LINE, text)


def ipd(data: bytes, link=-1):
    return block(1, data, link)


def block(kind: int, data: bytes, link=-1, topic=b""):
    return (BLOCK, kind, data, link, topic)


def damaged(kind: int):
    return (DAMAGED, kind)


def drain(tokenizer, data: bytes, armed: bool = False, out=None) -> list:
    """All tokens that these bytes complete. armed: a prompt is expected all the time."""
    out = [] if out is None else out
    source = Source(data)
    while True:
        tokenizer.armed = armed or tokenizer.armed
        token = tokenizer.next(source)
        if not token:
            assert not source.any(), "bytes were left unread"
            return out
        header = tokenizer.header
        buf = tokenizer.buf
        if token == LINE:
            out.append((LINE, bytes(buf[tokenizer.a : tokenizer.b])))
        elif token == BLOCK:
            topic = bytes(buf[header.ta : header.tb]) if header.kind == 3 else b""
            data = bytes(buf[tokenizer.a : tokenizer.b])
            out.append((BLOCK, header.kind, data, header.link, topic))
        elif token == DAMAGED:
            out.append((DAMAGED, header.kind))
        else:
            out.append((token,))


def feed(data: bytes, cuts=(), armed: bool = False, **limits: int) -> list:
    """The tokens of a stream that comes in pieces, cut at these positions."""
    tokenizer = Tokenizer(**limits)
    out = []
    start = 0
    for cut in list(cuts) + [len(data)]:
        drain(tokenizer, data[start:cut], armed, out)
        start = cut
    return out


def same_however_cut(data: bytes, armed: bool = False, **limits: int) -> list:
    """The tokens; they must be the same cut at every position, and byte by byte."""
    tokens = feed(data, (), armed, **limits)
    for cut in range(1, len(data)):
        cut_once = feed(data, (cut,), armed, **limits)
        assert cut_once == tokens, (data, "cut at", cut, cut_once, tokens)
    bytewise = feed(data, range(1, len(data)), armed, **limits)
    assert bytewise == tokens, (data, "byte by byte", bytewise, tokens)
    return tokens


def check(table, armed=False, **limits):
    """Each stream of the table gives the tokens beside it, however it is cut."""
    for data, expected in table:
        tokens = same_however_cut(data, armed, **limits)
        assert tokens == expected, (data, tokens, expected)


PROMPTED = (PROMPT,)
