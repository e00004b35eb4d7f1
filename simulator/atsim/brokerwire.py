"""MQTT 3.1.1 packets as the broker reads and writes them.

A codec of its own on purpose: it shares no line with the driver's, so that a misreading of the
standard in one of them shows up against the other. No I/O, no clock.

Runs on CPython 3.11+ and on MicroPython 1.25+.
"""

CONNECT = 1
CONNACK = 2
PUBLISH = 3
PUBACK = 4
PUBREC = 5
PUBREL = 6
PUBCOMP = 7
SUBSCRIBE = 8
SUBACK = 9
UNSUBSCRIBE = 10
UNSUBACK = 11
PINGREQ = 12
PINGRESP = 13
DISCONNECT = 14

_FLAGS_0010 = (PUBREL, SUBSCRIBE, UNSUBSCRIBE)  # MQTT-2.2.2: all others but PUBLISH have 0000


class ProtocolError(Exception):
    """The peer broke the standard; the answer is to close the network connection."""


class Splitter:
    """Cuts a byte stream into packets; holds at most one incomplete packet of `max_packet`."""

    def __init__(self, max_packet: int) -> None:
        self._max_packet = max_packet  # bytes of remaining length
        self._buffer = b""

    def feed(self, data: bytes) -> None:
        """Add bytes from the peer, cut anywhere."""
        self._buffer += data

    def next(self) -> "tuple[int, int, bytes] | None":
        """The next packet as (type, flags, body), None while it is incomplete."""
        header = self._header()
        if header is None:
            return None
        start, length = header
        if length > self._max_packet:
            raise ProtocolError("packet of %d bytes" % length)
        if len(self._buffer) < start + length:
            return None
        first = self._buffer[0]
        body = self._buffer[start : start + length]
        self._buffer = self._buffer[start + length :]
        check_flags(first >> 4, first & 15)
        return first >> 4, first & 15, body

    def _header(self) -> "tuple[int, int] | None":
        """(length of the fixed header, remaining length); None while it is incomplete."""
        length = 0
        for index in range(1, 5):
            if index >= len(self._buffer):
                return None
            byte = self._buffer[index]
            length |= (byte & 0x7F) << (7 * (index - 1))
            if byte < 0x80:
                return index + 1, length
        raise ProtocolError("remaining length of more than four bytes")


class Reader:
    """Reads the fields of one packet body in order; running past the end is a ProtocolError."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    @property
    def left(self) -> int:
        """Bytes not read yet."""
        return len(self._body) - self._at

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        if count > self.left:
            raise ProtocolError("packet too short")
        self._at += count
        return self._body[self._at - count : self._at]

    def byte(self) -> int:
        """An 8-bit number."""
        return self.take(1)[0]

    def word(self) -> int:
        """A 16-bit number."""
        high, low = self.take(2)
        return high << 8 | low

    def packet_id(self) -> int:
        """A 16-bit number that must not be 0."""
        value = self.word()
        if value == 0:
            raise ProtocolError("packet id 0")  # MQTT-2.3.1-1
        return value

    def binary(self) -> bytes:
        """A field with its length in front."""
        return self.take(self.word())

    def text(self) -> bytes:
        """A string, left as the UTF-8 bytes it is."""
        data = self.binary()
        if not valid_utf8(data):
            raise ProtocolError("not UTF-8")
        return data

    def rest(self) -> bytes:
        """Everything not read yet."""
        return self.take(self.left)

    def end(self) -> None:
        """Nothing may be left."""
        if self.left:
            raise ProtocolError("packet too long")


class Connect:
    """The fields of a CONNECT packet. `will` is (topic, payload, qos, retain) or None.

    Raises ProtocolError; where `level` is not 4 nothing behind it has been read.
    """

    def __init__(self, body: bytes) -> None:
        reader = Reader(body)
        if reader.text() != b"MQTT":
            raise ProtocolError("protocol name")
        self.level = reader.byte()
        if self.level != 4:
            return
        flags = reader.byte()
        if flags & 0x01 or (flags & 0x40 and not flags & 0x80):
            raise ProtocolError("connect flags")  # MQTT-3.1.2-3, MQTT-3.1.2-22
        will_qos = flags >> 3 & 3
        if will_qos == 3 or (flags & 0x38 and not flags & 0x04):
            raise ProtocolError("will flags")  # MQTT-3.1.2-13 to -15
        self.clean = bool(flags & 0x02)
        self.keepalive = reader.word()
        self.client_id = reader.text()
        self.will = None
        if flags & 0x04:
            topic = reader.text()
            self.will = (topic, reader.binary(), will_qos, bool(flags & 0x20))
        self.username = reader.text() if flags & 0x80 else None
        self.password = reader.binary() if flags & 0x40 else None
        reader.end()


def check_flags(kind: int, flags: int) -> None:
    """Raise ProtocolError unless the lower half of the first byte suits the packet type.

    Whether the type exists at all is for whoever handles it to say.
    """
    if kind == PUBLISH:
        qos = flags >> 1 & 3
        if qos == 3 or (qos == 0 and flags & 8):
            raise ProtocolError("publish flags")  # MQTT-3.3.1-2, MQTT-3.3.1-4
    elif flags != (2 if kind in _FLAGS_0010 else 0):
        raise ProtocolError("fixed header")  # MQTT-2.2.2-2


def encode(kind: int, flags: int, body: bytes) -> bytes:
    """A whole packet with its fixed header."""
    left = len(body)
    header = bytearray([kind << 4 | flags])
    while True:
        header.append(left & 0x7F | (0x80 if left > 0x7F else 0))
        left >>= 7
        if not left:
            return bytes(header) + body


def encode_ack(kind: int, packet_id: int) -> bytes:
    """PUBACK, PUBREC, PUBREL, PUBCOMP or UNSUBACK."""
    return encode(kind, 2 if kind == PUBREL else 0, word(packet_id))


def encode_publish(
    topic: bytes, payload: bytes, qos: int, retain: bool, dup: bool = False, packet_id: int = 0
) -> bytes:
    """A PUBLISH; `packet_id` is left out at QoS 0."""
    flags = (8 if dup else 0) | qos << 1 | (1 if retain else 0)
    ident = word(packet_id) if qos else b""
    return encode(PUBLISH, flags, prefixed(topic) + ident + payload)


def prefixed(data: bytes) -> bytes:
    """A string or binary field: two bytes of length, then the data."""
    return word(len(data)) + data


def word(value: int) -> bytes:
    """Two bytes, high byte first."""
    return bytes([value >> 8, value & 0xFF])


def valid_utf8(data: bytes) -> bool:
    """Well-formed UTF-8 without NUL (MQTT-1.5.3), control characters and non-characters.

    The standard lets a receiver close the connection for the latter two; mosquitto does.
    """
    if not data or (min(data) >= 0x20 and max(data) < 0x7F):
        return True
    at = 0
    while at < len(data):
        size, point = _code_point(data, at)
        if point < 0x20 or 0x7F <= point <= 0x9F:
            return False
        if 0xFDD0 <= point <= 0xFDEF or point & 0xFFFE == 0xFFFE:
            return False
        at += size
    return True


# For each first byte's upper bits: (mask, value, bytes in the sequence, smallest code point)
_UTF8_FORMS = (
    (0x80, 0x00, 1, 0x00),
    (0xE0, 0xC0, 2, 0x80),
    (0xF0, 0xE0, 3, 0x800),
    (0xF8, 0xF0, 4, 0x10000),
)


def _code_point(data: bytes, at: int) -> "tuple[int, int]":
    """(bytes used, code point) of the character at `at`; the code point is -1 where ill-formed.

    Spelt out because MicroPython's decode() lets surrogates and overlong forms pass.
    """
    first = data[at]
    for mask, value, size, smallest in _UTF8_FORMS:
        if first & mask != value:
            continue
        point = first & ~mask
        for byte in data[at + 1 : at + size]:
            if byte & 0xC0 != 0x80:
                return size, -1
            point = point << 6 | byte & 0x3F
        surrogate = 0xD800 <= point <= 0xDFFF
        if at + size > len(data) or point < smallest or point > 0x10FFFF or surrogate:
            return size, -1
        return size, point
    return 1, -1
