# MIT license; Copyright (c) 2026 The atmqtt authors
"""MQTT 3.1.1 packets, encoded; topics, checked. Pure. Numbers: clauses of the standard."""

from struct import pack

from .quote import octets

# packet types as the first byte has them; of PUBLISH the upper half (2.2.1, 2.2.2)
CONNECT = 0x10
CONNACK = 0x20
PUBLISH = 0x30
PUBACK = 0x40
PUBREC = 0x50
PUBREL = 0x62
PUBCOMP = 0x70
SUBSCRIBE = 0x80
SUBACK = 0x90
UNSUBSCRIBE = 0xA0
UNSUBACK = 0xB0
PINGREQ = 0xC0
PINGRESP = 0xD0
DISCONNECT = 0xE0

# What must follow these bytes: overlong forms, surrogates (U+D800..DFFF) and what is beyond
# U+10FFFF are no UTF-8, but MicroPython's decode() lets them pass.
_LEADS = (
    (b"\xc0", 0, 0),
    (b"\xc1", 0, 0),
    (b"\xe0", 0xA0, 0xC0),
    (b"\xed", 0x80, 0xA0),
    (b"\xf0", 0x90, 0xC0),
    (b"\xf4", 0x80, 0x90),
    (b"\xf5", 0, 0),
    (b"\xf6", 0, 0),
    (b"\xf7", 0, 0),
)

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


def packet(first: int, body: bytes) -> bytes:
    """A whole packet."""
    return bytes((first,)) + remaining_length(len(body)) + body


def connect(client_id: bytes, username, password, keepalive: int, clean: bool, will=None) -> bytes:
    """CONNECT (3.1). username, password: bytes or None. will: (topic, payload, qos, retain)."""
    flags = 2 if clean else 0
    tail = string(client_id)
    if will:
        topic, payload, qos, retain = will
        flags |= 4 | qos << 3 | (32 if retain else 0)
        tail += string(topic) + string(payload)
    if username is not None:
        flags |= 128
        tail += string(username)
    if password is not None:
        flags |= 64
        tail += string(password)
    head = b"\0\4MQTT\4" + bytes((flags, keepalive >> 8, keepalive & 255))
    return packet(CONNECT, head + tail)


def publish(
    topic: bytes, n: int, qos: int, retain: bool, pid: int = 0, dup: bool = False
) -> bytes:
    """PUBLISH without its payload, which is n bytes and follows (3.3)."""
    first = PUBLISH | (8 if dup else 0) | qos << 1 | (1 if retain else 0)
    n += 2 + len(topic) + (2 if qos else 0)
    if n < 128:
        head = pack(">BBH", first, n, len(topic)) + topic
    else:
        head = bytes((first,)) + remaining_length(n) + string(topic)
    return head + pack(">H", pid) if qos else head


def ack(kind: int, pid: int) -> bytes:
    """PUBACK, PUBREC, PUBREL or PUBCOMP (3.4 to 3.7)."""
    return bytes((kind, 2, pid >> 8, pid & 255))


def subscribe(pid: int, topic: bytes, qos: int) -> bytes:
    """SUBSCRIBE to one filter (3.8)."""
    return packet(SUBSCRIBE | 2, bytes((pid >> 8, pid & 255)) + string(topic) + bytes((qos,)))


def unsubscribe(pid: int, topic: bytes) -> bytes:
    """UNSUBSCRIBE from one filter (3.10)."""
    return packet(UNSUBSCRIBE | 2, bytes((pid >> 8, pid & 255)) + string(topic))


def text(value, what: str) -> bytes:
    """A str or UTF-8 buffer as bytes, fit for a string field (1.5.3). ValueError if it is not."""
    raw = octets(value, what)
    if len(raw) > 65535:
        raise ValueError(what + ": longer than 65535 bytes")
    if b"\0" in raw:
        raise ValueError(what + ": holds a NUL")
    check_utf8(raw, what)
    return raw


def check_utf8(raw: bytes, what: str):
    """ValueError for what is no UTF-8 (MQTT-1.5.3-1)."""
    try:
        raw.decode()
        for lead, low, high in _LEADS:
            i = raw.find(lead)
            while i >= 0:
                if not low <= raw[i + 1] < high:
                    raise ValueError
                i = raw.find(lead, i + 1)
    except ValueError:
        raise ValueError(what + ": not UTF-8")


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


def topic_filter(value) -> bytes:
    """A filter to subscribe to, as bytes (4.7.1). ValueError says what is wrong with it."""
    raw = text(value, "topic_filter")
    if not raw:
        raise ValueError("topic_filter: empty")
    levels = raw.split(b"/")
    for level in levels:
        if len(level) > 1 and (b"+" in level or b"#" in level):
            raise ValueError("topic_filter: a wildcard must be alone in its level")
    if b"#" in levels[:-1]:
        raise ValueError("topic_filter: # must be the last level")
    return raw


def quality(qos, what: str = "qos") -> int:
    """A quality of service. ValueError unless 0, 1 or 2."""
    if not isinstance(qos, int) or not 0 <= qos <= 2:
        raise ValueError(what + ": 0, 1 or 2 expected")
    return qos


def deadline(ms):
    """ValueError unless it is None or milliseconds, as many as ticks can tell."""
    if ms is not None and not (isinstance(ms, int) and 0 < ms < 1 << 29):
        raise ValueError("deadline_ms: 1 to 536870911 expected")
