"""Real ESP-AT's side of every recording, cut at every position and byte by byte."""

from recordings import module_says, names
from tokenfeed import drain, feed

from atmqtt.header import IPD
from atmqtt.tokenizer import BLOCK, LINE, PROMPT, Tokenizer


def settled(tokenizer) -> bool:
    """Is the tokenizer between two tokens, as if it were new?"""
    return tokenizer._pos == tokenizer._end and not (tokenizer._drop or tokenizer.incomplete())


def pieces(name):
    """The recording in pieces that can be cut on their own, and the tokens of each."""
    tokenizer = Tokenizer()
    piece, tokens = b"", []
    for read in module_says(name):
        piece += read
        drain(tokenizer, read, True, tokens)
        if settled(tokenizer):
            yield piece, tokens
            piece, tokens = b"", []
    yield piece, tokens


def test_all_recordings_are_here():
    assert len(names()) == 30
    assert min([len(module_says(name)) for name in names()]) > 0


def test_every_byte_of_every_piece_may_be_the_last_of_a_read():
    for name in names():
        for piece, tokens in pieces(name):
            for cut in range(1, len(piece)):
                assert feed(piece, (cut,), True) == tokens, (name, piece, cut)


def test_whole_recordings_byte_by_byte_and_in_chunks():
    for name in names():
        whole = b"".join(module_says(name))
        tokens = feed(whole, (), True)
        assert [token for _, part in pieces(name) for token in part] == tokens, name
        for size in (1, 2, 3, 7, 64, 100, 256):
            assert feed(whole, range(size, len(whole), size), True) == tokens, (name, size)


def test_nothing_recorded_is_damaged_or_garbage():
    for name in names():
        for token in feed(b"".join(module_says(name)), (), True):
            assert token[0] in (LINE, PROMPT, BLOCK), (name, token)


def test_a_publish_of_6000_bytes_is_whole():
    (name,) = [name for name in names() if name.startswith("07-")]
    tokens = feed(b"".join(module_says(name)), (), True)
    data = [token[2] for token in tokens if token[0] == BLOCK]
    assert all(token[1] == IPD for token in tokens if token[0] == BLOCK)
    stream = b"".join(data)
    publish = stream[stream.index(b"\x30") :]
    assert len(publish) > 6000
    assert b"\r\nOK\r\n" in publish and b"+IPD," in publish and b"CLOSED" in publish
    assert not any(b"+IPD" in token[1] for token in tokens if token[0] == LINE)
