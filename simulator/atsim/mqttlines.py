"""MQTT 3.1.1 packets as one readable line each, for the traffic log. Passwords are masked."""

NAMES = (
    "reserved 0", "CONNECT", "CONNACK", "PUBLISH", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP",
    "SUBSCRIBE", "SUBACK", "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT",
    "reserved 15",
)  # fmt: skip
LONGEST = 1 << 20  # a longer packet means this is no MQTT stream


class PacketLines:
    """Collects one direction of a connection; gives a line for every complete packet.

    When the stream is not MQTT it falls silent for the rest of the connection.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._is_mqtt = True

    def feed(self, data: bytes) -> "list[str]":
        """Take bytes; the lines of the packets they complete."""
        lines = []
        if not self._is_mqtt:
            return lines
        self._buffer += data
        while True:
            cut = _cut(self._buffer)
            if cut is None:
                return lines
            head, start, end = cut
            if head >> 4 in (0, 15) or end > LONGEST:
                self._is_mqtt = False
                self._buffer = bytearray()
                return lines
            if len(self._buffer) < end:
                return lines
            lines.append(describe(head, bytes(self._buffer[start:end])))
            self._buffer = self._buffer[end:]


def _cut(buffer: bytearray) -> "tuple[int, int, int] | None":
    """(first byte, start of the body, end of the packet), None while the header is short."""
    length = shift = 0
    for index in range(1, min(len(buffer), 5)):
        length |= (buffer[index] & 0x7F) << shift
        shift += 7
        if not buffer[index] & 0x80:
            return buffer[0], index + 1, index + 1 + length
    return (0, 0, LONGEST + 1) if len(buffer) >= 5 else None


def describe(head: int, body: bytes) -> str:
    """One packet. A body that is too short for its type is called malformed."""
    name = NAMES[head >> 4]
    try:
        return (name + " " + _details(head, body)).rstrip()
    except (IndexError, ValueError):
        return name + " malformed"


def _details(head: int, body: bytes) -> str:
    kind = head >> 4
    if kind == 1:
        return _connect(body)
    if kind == 2:
        return "session %d code %d" % (body[0], body[1])
    if kind == 3:
        return _publish(head, body)
    if kind in (8, 10):
        return _filters(kind, body)
    if kind == 9:
        return "id %d granted %s" % (_id(body), " ".join(["%d" % code for code in body[2:]]))
    if kind in (4, 5, 6, 7, 11):
        return "id %d" % _id(body)
    return ""


def _id(body: bytes) -> int:
    return body[0] << 8 | body[1]


def _string(body: bytes, at: int) -> "tuple[str, int]":
    """A length-prefixed string, printable, and the place behind it."""
    end = at + 2 + _id(body[at : at + 2])
    if end > len(body):
        raise ValueError("short")
    return '"%s"' % printable(body[at + 2 : end]), end


def printable(data: bytes) -> str:
    """Bytes as text for a log line: escapes for all but printable ASCII."""
    out = ""
    for byte in data:
        if byte == 0x5C:
            out += "\\\\"
        elif 0x20 <= byte < 0x7F:
            out += chr(byte)
        else:
            out += {10: "\\n", 13: "\\r"}.get(byte) or "\\x%02x" % byte
    return out


def _connect(body: bytes) -> str:
    _, at = _string(body, 0)
    flags, keepalive = body[at + 1], _id(body[at + 2 : at + 4])
    client, at = _string(body, at + 4)
    text = "%s keepalive %d clean %d" % (client, keepalive, flags >> 1 & 1)
    if flags & 0x04:
        topic, at = _string(body, at)
        at += 2 + _id(body[at : at + 2])
        text += " will q%d %s" % (flags >> 3 & 3, topic)
    if flags & 0x80:
        user, at = _string(body, at)
        text += " user %s" % user
    if flags & 0x40:
        text += " password ***"
    return text


def _publish(head: int, body: bytes) -> str:
    qos = head >> 1 & 3
    topic, at = _string(body, 0)
    text = "q%d " % qos
    if qos:
        text += "id %d " % _id(body[at : at + 2])
        at += 2
    if head & 8:
        text += "dup "
    if head & 1:
        text += "retain "
    return "%s%s %d B" % (text, topic, len(body) - at)


def _filters(kind: int, body: bytes) -> str:
    text = "id %d" % _id(body)
    at = 2
    while at < len(body):
        topic, at = _string(body, at)
        text += " " + topic
        if kind == 8:
            text += " q%d" % body[at]
            at += 1
    return text
