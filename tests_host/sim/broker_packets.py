"""Client packets for the broker tests, put together by hand."""

from __future__ import annotations

from broker_script import DISCONNECT, PINGREQ

__all__ = ["DISCONNECT", "PINGREQ", "connect", "packet", "publish", "pubrel", "subscribe", "text",
           "unsubscribe"]  # fmt: skip

Will = tuple[bytes, bytes, int, bool]  # topic, payload, QoS, retain


def packet(first: int, body: bytes) -> bytes:
    """A packet from its first byte and body (up to 16,383 bytes)."""
    low, high = len(body) & 0x7F, len(body) >> 7
    return bytes([first, low] if not high else [first, low | 0x80, high]) + body


def text(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def connect(
    client_id: bytes,
    *,
    clean: bool = True,
    keepalive: int = 0,
    will: Will | None = None,
    username: bytes | None = None,
    password: bytes | None = None,
) -> bytes:
    flags = 0x02 if clean else 0
    tail = text(client_id)
    if will is not None:
        topic, payload, qos, retain = will
        flags |= 0x04 | qos << 3 | retain << 5
        tail += text(topic) + text(payload)
    if username is not None:
        flags |= 0x80
        tail += text(username)
    if password is not None:
        flags |= 0x40
        tail += text(password)
    return packet(0x10, text(b"MQTT") + bytes([4, flags]) + keepalive.to_bytes(2, "big") + tail)


def publish(
    topic: bytes,
    payload: bytes = b"",
    qos: int = 0,
    *,
    retain: bool = False,
    packet_id: int = 0,
    dup: bool = False,
) -> bytes:
    ident = packet_id.to_bytes(2, "big") if qos else b""
    return packet(0x30 | dup << 3 | qos << 1 | retain, text(topic) + ident + payload)


def pubrel(packet_id: int) -> bytes:
    return packet(0x62, packet_id.to_bytes(2, "big"))


def subscribe(packet_id: int, *filters: tuple[bytes, int]) -> bytes:
    body = b"".join(text(name) + bytes([qos]) for name, qos in filters)
    return packet(0x82, packet_id.to_bytes(2, "big") + body)


def unsubscribe(packet_id: int, *filters: bytes) -> bytes:
    return packet(0xA2, packet_id.to_bytes(2, "big") + b"".join(text(name) for name in filters))
