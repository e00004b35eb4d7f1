"""MQTT packets as a relay sees them on the wire: how they are framed, and their ids."""

from __future__ import annotations

from asyncio import StreamReader
from typing import Literal, NamedTuple

from paho.mqtt.enums import MessageType

LENGTH_BYTES = 4  # of the remaining length, at most (MQTT 2.2.3)
WITHOUT_ID = (MessageType.CONNECT, MessageType.CONNACK)

Sender = Literal["client", "broker"]
CLIENT: Sender = "client"
BROKER: Sender = "broker"


class Packet(NamedTuple):
    """One packet as it was sent. connection: 1 for the first."""

    connection: int
    sender: Sender
    data: bytes

    def __str__(self) -> str:
        """As in "2 client PUBLISH dup #7": connection, sender, type, id."""
        words = [str(self.connection), self.sender, self.kind.name]
        words += ["dup"] if self.dup else []
        words += [f"#{self.packet_id}"] if self.packet_id else []
        return " ".join(words)

    @property
    def kind(self) -> MessageType:
        """The type of the packet."""
        return MessageType(self.data[0] & 0xF0)

    @property
    def qos(self) -> int:
        """Of a PUBLISH; 0 for all others."""
        return self.data[0] >> 1 & 3 if self.kind == MessageType.PUBLISH else 0

    @property
    def dup(self) -> bool:
        """Is it marked as sent again? Only a PUBLISH can be."""
        return self.kind == MessageType.PUBLISH and bool(self.data[0] & 8)

    @property
    def packet_id(self) -> int:
        """0 for the packets that have none."""
        start = 1 + length_size(self.data)
        if self.kind == MessageType.PUBLISH:
            start += 2 + number(self.data, start) if self.qos else len(self.data)
        return 0 if self.kind in WITHOUT_ID else number(self.data, start)


async def read_packet(reader: StreamReader) -> bytes:
    """The next packet. IncompleteReadError at the end, ValueError where there is no framing."""
    head = await reader.readexactly(2)
    while head[-1] & 0x80:
        if len(head) > LENGTH_BYTES:
            raise ValueError(f"no MQTT packet: {head.hex(' ')}")
        head += await reader.readexactly(1)
    length = sum((byte & 0x7F) << 7 * place for place, byte in enumerate(head[1:]))
    return head + await reader.readexactly(length)


def length_size(packet: bytes) -> int:
    """Bytes of the remaining length."""
    return next(size for size in range(1, LENGTH_BYTES + 1) if packet[size] < 0x80)


def number(packet: bytes, start: int) -> int:
    """The 16 bits there; 0 behind the end."""
    return int.from_bytes(packet[start : start + 2], "big")
