"""Every way in which a broker can break the protocol, as literal packets."""

CONNACK = b"\x20\x02\0\0"
TOPIC = b"\0\x01t"


def packet(first, body):
    return bytes((first, len(body))) + body


# clause of the standard, bytes
BROKEN = (
    ("2.2.1: reserved type", b"\x00\0"),
    ("2.2.1: reserved type", b"\x0f\0"),
    ("2.2.1: reserved type", b"\xf0\0"),
    ("2.2.1: reserved type", b"\xff\0"),
    ("2.2.3: five bytes of length", b"\x30\x80\x80\x80\x80\x01"),
    ("2.2.3: five bytes of length", b"\xd0\xff\xff\xff\xff\0"),
    # packets that only a client sends
    ("3.1: CONNECT", b"\x10\0"),
    ("3.8: SUBSCRIBE", packet(0x82, b"\0\x01" + TOPIC + b"\0")),
    ("3.10: UNSUBSCRIBE", packet(0xA2, b"\0\x01" + TOPIC)),
    ("3.12: PINGREQ", b"\xc0\0"),
    ("3.14: DISCONNECT", b"\xe0\0"),
    # flags
    ("2.2.2: CONNACK", b"\x21\x02\0\0"),
    ("2.2.2: PUBACK", b"\x42\x02\0\x01"),
    ("2.2.2: PUBREC", b"\x52\x02\0\x01"),
    ("2.2.2: PUBREL", b"\x60\x02\0\x01"),
    ("2.2.2: PUBREL", b"\x63\x02\0\x01"),
    ("2.2.2: PUBCOMP", b"\x72\x02\0\x01"),
    ("2.2.2: SUBACK", b"\x92\x03\0\x01\0"),
    ("2.2.2: UNSUBACK", b"\xb8\x02\0\x01"),
    ("2.2.2: PINGRESP", b"\xd1\0"),
    # lengths
    ("3.2: CONNACK", b"\x20\x01\0"),
    ("3.2: CONNACK", b"\x20\x03\0\0\0"),
    ("3.4: PUBACK", b"\x40\0"),
    ("3.4: PUBACK", b"\x40\x01\0"),
    ("3.4: PUBACK", b"\x40\x03\0\x01\0"),
    ("3.5: PUBREC", b"\x50\x01\0"),
    ("3.5: PUBREC", b"\x50\x03\0\x01\0"),
    ("3.6: PUBREL", b"\x62\0"),
    ("3.6: PUBREL", b"\x62\x03\0\x01\0"),
    ("3.7: PUBCOMP", b"\x70\x01\0"),
    ("3.7: PUBCOMP", b"\x70\x03\0\x01\0"),
    ("3.9: SUBACK without a code", b"\x90\x02\0\x01"),
    ("3.9: SUBACK with two codes", b"\x90\x04\0\x01\0\0"),
    ("3.11: UNSUBACK", b"\xb0\x01\0"),
    ("3.11: UNSUBACK", b"\xb0\x03\0\x01\0"),
    ("3.13: PINGRESP", b"\xd0\x01\0"),
    # values
    ("2.3.1: packet id 0", b"\x40\x02\0\0"),
    ("2.3.1: packet id 0", b"\x50\x02\0\0"),
    ("2.3.1: packet id 0", b"\x62\x02\0\0"),
    ("2.3.1: packet id 0", b"\x70\x02\0\0"),
    ("2.3.1: packet id 0", b"\x90\x03\0\0\0"),
    ("2.3.1: packet id 0", b"\xb0\x02\0\0"),
    ("3.9.3: code 3", b"\x90\x03\0\x01\x03"),
    ("3.9.3: code 0x7F", b"\x90\x03\0\x01\x7f"),
    ("3.9.3: code 0x81", b"\x90\x03\0\x01\x81"),
    ("3.2: second CONNACK", CONNACK),
    # PUBLISH
    ("3.3.1-4: QoS 3", packet(0x36, TOPIC + b"\0\x01")),
    ("3.3.1-4: QoS 3, DUP, retained", packet(0x3F, TOPIC + b"\0\x01")),
    ("3.3.1-2: DUP with QoS 0", packet(0x38, TOPIC)),
    ("2.3.1: packet id 0", packet(0x32, TOPIC + b"\0\0x")),
    ("2.3.1: packet id 0", packet(0x34, TOPIC + b"\0\0x")),
    ("no packet id", packet(0x32, TOPIC)),
    ("no packet id", packet(0x34, TOPIC)),
    ("half a packet id", packet(0x32, TOPIC + b"\0")),
    ("nothing", packet(0x30, b"")),
    ("half a topic length", packet(0x30, b"\0")),
    ("no topic", packet(0x30, b"\0\x05")),
    ("topic longer than the packet", packet(0x30, b"\0\x05abcd")),
    ("topic longer than the packet", packet(0x30, b"\xff\xffabcd")),
    ("topic longer than the packet", packet(0x32, b"\0\x05abcd\0\x01")),
    ("4.7.3-1: empty topic", packet(0x30, b"\0\0x")),
    ("3.3.2-2: wildcard", packet(0x30, b"\0\x03a/+")),
    ("3.3.2-2: wildcard", packet(0x31, b"\0\x01#")),
    ("1.5.3-2: NUL", packet(0x30, b"\0\x03a\0b")),
    ("1.5.3-1: no UTF-8", packet(0x30, b"\0\x02a\xff")),
    ("1.5.3-1: a surrogate", packet(0x30, b"\0\x03\xed\xa0\x80")),
    ("1.5.3-1: overlong", packet(0x30, b"\0\x02\xc0\xaf")),
    # too long to be kept, and no PUBLISH
    ("no packet of this type is so long", b"\x20\xff\x7f"),
    ("no packet of this type is so long", b"\x62\x80\x80\x01"),
    ("no packet of this type is so long", b"\x90\xff\xff\x03"),
    ("no packet of this type is so long", b"\xd0\xff\xff\xff\x7f"),
    # PUBLISH too long to be kept: wrong as soon as its head is
    ("3.3.1-4: QoS 3", b"\x36\xff\xff\x03"),
    ("3.3.1-2: DUP with QoS 0", b"\x38\xff\xff\x03"),
    ("2.3.1: packet id 0", b"\x32\xff\xff\x03" + TOPIC + b"\0\0"),
    ("topic longer than the packet", b"\x30\xd0\x0f\xff\xff"),
    ("4.7.3-1: empty topic", b"\x30\xff\xff\x03\0\0"),
    ("3.3.2-2: wildcard", b"\x34\xff\xff\x03\0\x02a#"),
)
