"""The broker's codec against CPython's own and against arithmetic."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from atsim import brokerwire
from atsim.broker import Broker
from atsim.brokerwire import Splitter, encode, valid_utf8

FAR_TOO_LONG = 1 << 28
HELLO = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x01a"


@pytest.mark.parametrize(
    ("size", "header"),
    [
        (0, "30 00"),
        (127, "30 7f"),
        (128, "30 80 01"),
        (16383, "30 ff 7f"),
        (16384, "30 80 80 01"),
        (2097151, "30 ff ff 7f"),
        (2097152, "30 80 80 80 01"),
    ],
)
def test_remaining_length(size: int, header: str) -> None:
    packet = encode(brokerwire.PUBLISH, 0, bytes(size))
    assert packet == bytes.fromhex(header) + bytes(size)
    splitter = Splitter(size)
    splitter.feed(packet + b"\xc0\x00")
    assert splitter.next() == (brokerwire.PUBLISH, 0, bytes(size))
    assert splitter.next() == (brokerwire.PINGREQ, 0, b"")


PACKET = st.tuples(st.just(brokerwire.PUBLISH), st.sampled_from([0, 1, 2, 4, 13]), st.binary())


@given(packets=st.lists(PACKET), cuts=st.lists(st.integers(1, 40), min_size=1))
def test_splitter_does_not_care_about_cuts(
    packets: list[tuple[int, int, bytes]], cuts: list[int]
) -> None:
    stream = b"".join(encode(*packet) for packet in packets)
    splitter = Splitter(FAR_TOO_LONG)
    found = []
    while stream:
        cuts.append(cuts.pop(0))
        splitter.feed(stream[: cuts[0]])
        stream = stream[cuts[0] :]
        while (packet := splitter.next()) is not None:
            found.append(packet)
    assert found == packets


FIELD = st.binary(max_size=5).map(brokerwire.prefixed) | st.binary(max_size=4)
BODY = st.lists(FIELD, max_size=4).map(b"".join)
WILD = st.builds(encode, st.integers(0, 15), st.sampled_from([0, 0, 2, 2, 4, 9, 15]), BODY)


@settings(max_examples=300)
@given(packets=st.lists(WILD, max_size=8))
def test_whatever_comes_is_answered_or_closes_the_connection(packets: list[bytes]) -> None:
    connection = Broker().open()
    connection.receive(HELLO)
    connection.receive(b"".join(packets))
    connection.take()
    connection.receive(encode(brokerwire.PINGREQ, 0, b""))
    assert (connection.take() == encode(brokerwire.PINGRESP, 0, b"")) is not connection.closed


def acceptable(data: bytes) -> bool:
    """What MQTT-1.5.3 demands, and what it lets a receiver refuse."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    noncharacter = any(
        0xFDD0 <= ord(char) <= 0xFDEF or ord(char) & 0xFFFF in (0xFFFE, 0xFFFF) for char in text
    )
    return not noncharacter and "Cc" not in map(unicodedata.category, text)


SEQUENCES = st.sampled_from(
    [b"a", b"\x80", b"\xbf", b"\xc1", b"\xc2", b"\xdf", b"\xe0", b"\xa0", b"\x9f", b"\xed"]
    + [b"\xef", b"\xb7\x90", b"\xf0", b"\x90", b"\x8f", b"\xf4", b"\xf5", b"\xff", b"\x7f"]
)


@given(st.binary() | st.text().map(str.encode) | st.lists(SEQUENCES).map(b"".join))
@example(b"\xed\x9f\xbf\xee\x80\x80")
@example(b"\xf4\x8f\xbf\xbd")
@example(b"\xef\xb7\x8f")
@example(b"\xe0\x81\x81")
@example(b"\xf0\x80\x81\x81")
def test_utf8(data: bytes) -> None:
    assert valid_utf8(data) == acceptable(data)
