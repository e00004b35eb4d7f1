# MIT license; Copyright (c) 2026 The atmqtt authors
"""MQTT 3.1.1: what publishing needs, encoded and checked. Pure. Numbers: clauses of the standard.

What a program needs once is in options.py (CONNECT) and asking.py (SUBSCRIBE, UNSUBSCRIBE).
"""

from struct import pack

from micropython import const

_PUBLISH = const(0x30)

PAYLOAD_MAX = 268435455 - 65535 - 4  # whatever the topic (2.2.3)


def remaining_length(n: int) -> bytes:
    """The length field of a packet whose rest has n bytes, 0..268435455 (2.2.3)."""
    if not 0 <= n <= 268435455:
        raise ValueError("packet too long")
    out = bytearray()
    while True:
        n, digit = n >> 7, n & 127
        out.append(digit | 128 if n else digit)
        if not n:
            return bytes(out)


def string(raw: bytes) -> bytes:
    """Bytes with their length before them (1.5.3)."""
    return bytes((len(raw) >> 8, len(raw) & 255)) + raw


def publish(
    topic: bytes, n: int, qos: int, retain: bool, pid: int = 0, dup: bool = False
) -> bytes:
    """PUBLISH without its payload, which is n bytes and follows (3.3)."""
    first = _PUBLISH | (8 if dup else 0) | qos << 1 | (1 if retain else 0)
    n += 2 + len(topic) + (2 if qos else 0)
    if n < 128:
        head = pack(">BBH", first, n, len(topic)) + topic
    else:
        head = bytes((first,)) + remaining_length(n) + string(topic)
    return head + pack(">H", pid) if qos else head


def ack(kind: int, pid: int) -> bytes:
    """PUBACK, PUBREC, PUBREL or PUBCOMP (3.4 to 3.7)."""
    return bytes((kind, 2, pid >> 8, pid & 255))


def octets(value, what: str) -> bytes:
    """A str or any buffer as bytes. ValueError names `what` it was for."""
    if isinstance(value, str):
        return value.encode()
    try:
        return bytes(memoryview(value))
    except TypeError:
        raise ValueError(what + ": str or bytes expected")


def text(value, what: str) -> bytes:
    """A str or UTF-8 buffer as bytes, fit for a string field (1.5.3). ValueError if it is not."""
    raw = octets(value, what)
    if len(raw) > 65535:
        raise ValueError(what + ": longer than 65535 bytes")
    if b"\0" in raw:
        raise ValueError(what + ": holds a NUL")
    try:
        if len(raw.decode()) != len(raw):  # else it is ASCII
            from .utf8 import check

            check(raw)
    except ValueError:
        raise ValueError(what + ": not UTF-8")
    return raw


def payload(value):
    """The payload of a message: bytes, bytearray. ValueError says what is wrong."""
    if not isinstance(value, (bytes, bytearray)):
        value = octets(value, "payload")
    if len(value) > PAYLOAD_MAX:
        raise ValueError("payload: too long")
    return value


def topic_name(value, what: str = "topic") -> bytes:
    """A topic to publish to, as bytes (4.7). ValueError says what is wrong with it."""
    raw = text(value, what)
    if not raw:
        raise ValueError(what + ": empty")
    if b"+" in raw or b"#" in raw:
        raise ValueError(what + ": wildcards are for subscriptions")
    return raw


def quality(qos, what: str = "qos") -> int:
    """A quality of service. ValueError unless 0, 1 or 2."""
    if not isinstance(qos, int) or not 0 <= qos <= 2:
        raise ValueError(what + ": 0, 1 or 2 expected")
    return qos
