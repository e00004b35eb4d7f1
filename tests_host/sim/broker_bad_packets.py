"""Packets a broker has to refuse (and a few odd ones that it has to take)."""

from __future__ import annotations

from broker_packets import DISCONNECT, PINGREQ, packet, publish, subscribe, text, unsubscribe


def _connect_with(flags: int, tail: bytes, level: int = 4, first: int = 0x10) -> bytes:
    return packet(first, text(b"MQTT") + bytes([level, flags, 0, 0]) + tail)


FIRST_PACKETS = [
    _connect_with(2, text(b"x"), level=6),
    _connect_with(2, text(b"x"), level=3),
    _connect_with(2, text(b"x"), first=0x11),
    packet(0x10, text(b"MQTX") + b"\x04\x02\0\0" + text(b"x")),
    packet(0x10, text(b"MQTT")),
    _connect_with(3, text(b"x")),  # reserved flag
    _connect_with(0, text(b"")),  # no client id, no clean session
    _connect_with(2, text(b"")),
    _connect_with(0x42, text(b"x") + text(b"password")),  # but no user name
    _connect_with(0x22, text(b"x")),  # will retain without will
    _connect_with(0x0A, text(b"x")),  # will QoS without will
    _connect_with(0x1E, text(b"x") + text(b"t") + text(b"")),  # will QoS 3
    _connect_with(0x06, text(b"x") + text(b"a/+") + text(b"")),
    _connect_with(0x06, text(b"x") + text(b"") + text(b"")),
    _connect_with(0x06, text(b"x") + text(b"t")),
    _connect_with(2, text(b"x") + b"more"),
    _connect_with(2, b"\0\5x"),
    *(
        _connect_with(2, text(client_id))
        for client_id in (
            b"\x01",
            b"a\0b",
            b"\x7f",
            b"\xc2\x85",
            b"\xff",
            b"\xc0\x80",
            b"\xe2\x82",
            b"\xed\xa0\x80",
            b"\xef\xb7\x90",
            b"\xef\xbf\xbf",
            b"\xf0\x8f\xbf\xbf",
            b"\xf4\x90\x80\x80",
            "é€😀\ufeff".encode(),
        )
    ),
    _connect_with(0x82, text(b"x") + text(b"\xc0\x80")),
    PINGREQ,
    DISCONNECT,
    publish(b"t", b"x"),
    subscribe(1, (b"t", 0)),
    b"\x10\xff\xff\xff\xff\x01",
    b"\x00\x00",
]

LATER_PACKETS = [
    b"\x00\x00",
    b"\xf0\x00",
    b"\x20\x02\0\0",
    b"\xe1\x00",
    b"\x30\xff\xff\xff\xff\x01",
    b"\x30\x84\x80\x00\0\1tx",  # a length in more bytes than it needs
    packet(0x36, text(b"t") + b"\0\1x"),  # QoS 3
    publish(b"", b"x"),
    publish(b"a/+", b"x"),
    publish(b"#", b"x"),
    publish(b"a\0b", b"x"),
    publish(b"\xff", b"x"),
    publish(b"a\x1f", b"x"),
    publish(b"t", b"", 1, packet_id=0),
    publish(b"t", b"", 2, packet_id=0),
    packet(0x30, b"\0\5ab"),
    packet(0x30, b"\0"),
    packet(0x30, b""),
    packet(0x32, text(b"t") + b"\0"),
    packet(0x80, b"\0\1" + text(b"a") + b"\0"),
    packet(0x82, b"\0\0" + text(b"a") + b"\0"),
    packet(0x82, b"\0\1"),
    packet(0x82, b"\0\1" + text(b"a")),
    packet(0x82, b"\0"),
    subscribe(1, (b"t", 3)),
    subscribe(1, (b"t", 4)),
    subscribe(1, (b"t", 0x80)),
    subscribe(1, (b"", 0)),
    subscribe(1, (b"good", 0), (b"a#", 0)),
    subscribe(1, (b"a/#/b", 0)),
    subscribe(1, (b"a+/b", 0)),
    subscribe(1, (b"\xff", 0)),
    packet(0xA0, b"\0\1" + text(b"a")),
    packet(0xA2, b"\0\0" + text(b"a")),
    packet(0xA2, b"\0\1"),
    unsubscribe(1, b""),
    unsubscribe(1, b"a#"),
    b"\x40\x02\0\0",
    b"\x40\x01\0",
    b"\x50\x02\0\0",
    b"\x60\x02\0\1",
    b"\x62\x02\0\0",
    b"\x70\x02\0\0",
]
