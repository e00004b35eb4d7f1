"""Real ESP-AT's side of every recording, cut at every position and byte by byte."""

from recordings import exchanges, module_says, names
from tokenfeed import block, drain, feed, ipd, line

from atmqtt.header import IPD, RECVDATA
from atmqtt.tokenizer import BLOCK, LINE, PROMPT, Tokenizer
from rig.overlink import opened
from rig.scripted import Desk


def settled(tokenizer) -> bool:
    """Is the tokenizer between two tokens, as if it were new?"""
    return tokenizer._pos == tokenizer._end and not (tokenizer.drop or tokenizer.missing())


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


CONNACK = b"\x20\x02\0\0"
SUBACK = b"\x90\x03\0\1\0"
PUBLISHES = b"\x30\xc3\x17\0\3r/1\r\nOK\r\n" + b"z" * 3000 + b"\x30\x0b\0\3r/2second"


def test_passive_receive_is_counted_blocks_and_notices():
    tokens = feed(b"".join(module_says("09-recvmode1.txt")), (), True)
    data = CONNACK + SUBACK + PUBLISHES
    parts = (data[:2], data[2:4], SUBACK, PUBLISHES[:1000], PUBLISHES[1000:])
    assert [t for t in tokens if t[0] == BLOCK] == [block(RECVDATA, part) for part in parts]
    notices = [t for t in tokens if t[0] == LINE and t[1].startswith(b"+IPD")]
    assert notices == [line(b"+IPD,%d" % n) for n in (4, 2, 5, 1440, 2027)]


def test_data_over_tls_comes_as_without():
    tokens = feed(b"".join(module_says("34-tcp-ssl.txt")), (), True)
    blocks = [t for t in tokens if t[0] == BLOCK]
    assert blocks == [ipd(CONNACK), ipd(b"\xd0\0"), block(RECVDATA, CONNACK)]


def received(desk, name):
    """What the link's users get when it is told what real ESP-AT said to the same commands."""
    users = []
    for written, said in exchanges(name):
        if said.startswith(b"CONNECT\r\n"):
            users.append(opened(desk))
        elif written.startswith((b"AT+CIPRECVDATA=", b"AT+CIPCLOSE")):
            desk.says(said)
        elif b"\r\n+IPD," in said:
            desk.says(said[said.index(b"\r\n+IPD,") :])
    assert all(user.lost == ["connection closed by the other side"] for user in users)
    return [user.data for user in users]


def test_the_link_gets_what_was_recorded():
    with Desk() as desk:
        assert received(desk, "09-recvmode1.txt") == [CONNACK + SUBACK + PUBLISHES]
        fetch = b"AT+CIPRECVDATA=2920\r\n"
        desk.hears(5 * fetch)
    with Desk() as desk:
        assert received(desk, "34-tcp-ssl.txt") == [CONNACK + b"\xd0\0", CONNACK]
        desk.hears(fetch)
