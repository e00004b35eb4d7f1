"""What the module's own MQTT client has sent and not seen acknowledged."""

from atsim import brokerwire as wire

DUP = 0x08


class Entry:
    """One PUBLISH of QoS 1 or 2, or the PUBREL that took its place."""

    def __init__(self, packet_id: int, packet: bytes, created_us: int) -> None:
        self.packet_id = packet_id
        self.packet = packet
        self.created_us = created_us


class Outbox:
    """Keeps the order of sending. A real one forgets what grew too old; so does this one."""

    def __init__(self) -> None:
        self._entries = []

    def add(self, packet_id: int, packet: bytes, now_us: int) -> Entry:
        """Keep a PUBLISH until remove()."""
        self._entries.append(Entry(packet_id, packet, now_us))
        return self._entries[-1]

    def find(self, packet_id: int) -> "Entry | None":
        """What waits under this id."""
        for entry in self._entries:
            if entry.packet_id == packet_id:
                return entry
        return None

    def __contains__(self, entry: Entry) -> bool:
        return entry in self._entries

    def remove(self, entry: Entry) -> None:
        """Acknowledged, or given up."""
        self._entries.remove(entry)

    def release(self, packet_id: int) -> bytes:
        """PUBREC has come: the PUBREL to send, also for an id that is not known."""
        packet = wire.encode_ack(wire.PUBREL, packet_id)
        entry = self.find(packet_id)
        if entry is not None:
            entry.packet = packet
        return packet

    def unacknowledged(self, expired_us: int) -> "list[bytes]":
        """After a reconnection: everything again, but what was created before that moment."""
        self._entries = [entry for entry in self._entries if entry.created_us > expired_us]
        return [again(entry.packet) for entry in self._entries]


def again(packet: bytes) -> bytes:
    """The packet as it is sent a second time: a PUBLISH with its DUP flag."""
    if packet[0] >> 4 != wire.PUBLISH:
        return packet
    return bytes([packet[0] | DUP]) + packet[1:]
