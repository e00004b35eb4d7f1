"""Scripted MQTT conversations that run against the broker of atsim or against a real mosquitto.

A script is a function of one `Stage`: it connects clients, sends raw packets, drops connections.
Every step ends when the broker has nothing more to say to anybody, without a clock: a PINGREQ is
sent on each connection and everything before its PINGRESP belongs to the step (both brokers
handle the bytes of one connection in order and write what they cause before they go on). What
came back is written down as readable lines in `stage.transcript`, where two things are made equal
that the standard leaves open: packet ids the broker chose become #1, #2, ... per client in the
order of their appearance, and a run of retained messages is sorted.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Protocol

from atsim.broker import Broker
from broker_fixture import mosquitto

CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP = 2, 3, 4, 5, 6, 7
PINGREQ, PINGRESP = b"\xc0\x00", b"\xd0\x00"
DISCONNECT = b"\xe0\x00"
TIMEOUT_S = 10.0


class Pipe(Protocol):
    """One network connection to a broker."""

    def send(self, data: bytes) -> None: ...

    def receive(self) -> bytes:
        """The next bytes; empty at the end of the connection."""
        ...

    def close(self) -> None: ...


class BrokerPipe:
    """To atsim's broker, without a network."""

    def __init__(self, broker: Broker) -> None:
        self._connection = broker.open()

    def send(self, data: bytes) -> None:
        self._connection.receive(data)

    def receive(self) -> bytes:
        data = self._connection.take()
        assert data or self._connection.closed, "the broker is silent where an answer is due"
        return data

    def close(self) -> None:
        self._connection.lost()


class SocketPipe:
    """To mosquitto; a reset counts as an end."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            return  # receive() will tell

    def receive(self) -> bytes:
        try:
            return self._socket.recv(65536)
        except ConnectionResetError:
            return b""

    def close(self) -> None:
        self._socket.close()


class Peer:
    """One connection of a script, and the ids the broker has used towards its client."""

    def __init__(self, name: str, pipe: Pipe, sessions: dict[str, dict[int, int]]) -> None:
        self.name = name
        self.open = True
        self.accepted = False
        self.unanswered: list[tuple[int, int]] = []  # (type of the answer due, packet id)
        self._pipe = pipe
        self._sessions = sessions
        self._ids: dict[int, int] = {}  # packet id -> its number, for as long as the session lasts
        self._buffer = b""
        self._pings = 0

    def send(self, packets: tuple[bytes, ...]) -> None:
        if self.accepted:
            self._pings += packets.count(PINGREQ)
        self._pipe.send(b"".join(packets))

    def settle(self, until_closed: bool = False) -> list[str]:
        """What the broker has said since the last time, one line per packet."""
        if not self.open:
            return []
        if self.accepted and not until_closed:
            self._pipe.send(PINGREQ)
        packets = []
        while not (finished := self._finished(packets)):
            data = self._pipe.receive()
            packets += self._split(data)
            if not data:
                break
        if finished and self.accepted:
            packets.remove(PINGRESP)  # that of the barrier
        lines = [self._describe(packet) for packet in _sort_retained(packets)]
        if not finished or (packets and packets[-1][0] >> 4 == CONNACK and packets[-1][3]):
            lines += self._end()
        elif not self.accepted:
            self.accepted = True
            return lines + self.settle()  # what came after the CONNACK
        self._pings = 0
        return lines

    def close(self) -> None:
        self.open = False
        self._pipe.close()

    def _finished(self, packets: list[bytes]) -> bool:
        if not self.accepted:
            return any(packet[0] >> 4 == CONNACK for packet in packets)
        return packets.count(PINGRESP) == self._pings + 1

    def _end(self) -> list[str]:
        """The broker closes, or must be about to: there is nothing but the end to come."""
        assert self._pipe.receive() == b""
        self.close()
        return ["closed"]

    def _split(self, data: bytes) -> list[bytes]:
        self._buffer += data
        packets = []
        while (size := _packet_size(self._buffer)) is not None and size <= len(self._buffer):
            packets.append(self._buffer[:size])
            self._buffer = self._buffer[size:]
        return packets

    def _describe(self, packet: bytes) -> str:
        kind = packet[0] >> 4
        if kind == PUBREL:
            packet_id = int.from_bytes(packet[2:4], "big")
            self.unanswered.append((PUBCOMP, packet_id))
            return f"PUBREL {packet[0] & 15} #{self._number(packet_id)}"
        if kind == CONNACK:
            self._ids = self._sessions[self.name] if packet[2] else {}
            self._sessions[self.name] = self._ids
        if kind != PUBLISH:
            return packet.hex(" ")
        topic, packet_id, payload = _parse_publish(packet)
        qos = packet[0] >> 1 & 3
        if qos:
            self.unanswered.append((PUBACK if qos == 1 else PUBREC, packet_id))
        number = f" #{self._number(packet_id)}" if qos else ""
        return f"PUBLISH {packet[0] & 15:04b}{number} {topic!r} {payload!r}"

    def _number(self, packet_id: int) -> int:
        return self._ids.setdefault(packet_id, len(self._ids) + 1)


class Stage:
    """Runs the steps of a script against one broker."""

    def __init__(self, connect: Callable[[], Pipe]) -> None:
        self.transcript: list[str] = []
        self._connect = connect
        self._peers: dict[str, Peer] = {}
        self._sessions: dict[str, dict[int, int]] = {}
        self._past: list[Peer] = []

    def open(self, name: str, *packets: bytes) -> None:
        """A new connection of client `name` that begins with `packets`; an older one stays."""
        peer = Peer(name, self._connect(), self._sessions)
        if name in self._peers:
            self._past.append(self._peers[name])
        self._peers[name] = peer
        self._act(peer, packets)

    def send(self, name: str, *packets: bytes) -> None:
        self._act(self._peers[name], packets)

    def answer(self, name: str, which: int = 0) -> None:
        """Acknowledge one of the broker's messages (or PUBREL), the oldest first."""
        peer = self._peers[name]
        kind, packet_id = peer.unanswered.pop(which)
        flags = 2 if kind == PUBREL else 0
        peer.send((bytes([kind << 4 | flags, 2]) + packet_id.to_bytes(2, "big"),))
        self._settle(f"{name} answers its message {which}", peer)

    def unanswered(self, name: str) -> int:
        return len(self._peers[name].unanswered)

    def lose(self, name: str) -> None:
        """The network connection ends without a DISCONNECT.

        A broker may see the barrier of another connection before this end, but both in one turn
        of its loop: the second barrier is behind both.
        """
        self._peers[name].close()
        self._settle(f"{name} lost", barriers=2)

    def is_open(self, name: str) -> bool:
        return name in self._peers and self._peers[name].open

    def until_closed(self, name: str) -> None:
        """Wait, without saying anything on this connection, until the broker closes it."""
        lines = self._peers[name].settle(until_closed=True)
        self.transcript += [f"{name} silent", *(f"  {name} < {line}" for line in lines)]
        self._settle("then")

    def close(self) -> None:
        for peer in [*self._peers.values(), *self._past]:
            peer.close()

    def _act(self, peer: Peer, packets: tuple[bytes, ...]) -> None:
        peer.send(packets)
        self._settle(f"{peer.name} > " + b" ".join(packets).hex(), peer)

    def _settle(self, heading: str, first: Peer | None = None, barriers: int = 1) -> None:
        self.transcript.append(heading)
        others = [peer for _, peer in sorted(self._peers.items()) if peer is not first]
        for peer in [*([first] if first else []), *self._past, *others]:
            for _ in range(barriers):
                self.transcript += [f"  {peer.name} < {line}" for line in peer.settle()]


Script = Callable[[Stage], None]


def play(script: Script, stage: Stage) -> list[str]:
    try:
        script(stage)
    finally:
        stage.close()
    return stage.transcript


def play_here(script: Script, users: dict[str, str] | None = None) -> list[str]:
    broker = Broker(users)
    return play(script, Stage(lambda: BrokerPipe(broker)))


def play_there(script: Script, *config: str) -> list[str]:
    with mosquitto(*config) as real:
        return play(script, Stage(lambda: SocketPipe(real.port)))


def _sort_retained(packets: list[bytes]) -> list[bytes]:
    """Sort each run of retained messages by topic (before their ids are numbered)."""
    result: list[bytes] = []
    run: list[bytes] = []
    for packet in [*packets, b"\x00"]:
        if packet[0] & 0xF1 == 0x31:
            run.append(packet)
            continue
        result += sorted(run, key=lambda each: (_parse_publish(each)[0], each[0]))
        result.append(packet)
        run = []
    return result[:-1]


def _packet_size(data: bytes) -> int | None:
    length = 0
    for index, byte in enumerate(data[1:5]):
        length |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return 2 + index + length
    return None


def _parse_publish(packet: bytes) -> tuple[bytes, int, bytes]:
    at = 1
    while packet[at] & 0x80:
        at += 1
    at += 1
    end = at + 2 + int.from_bytes(packet[at : at + 2], "big")
    topic = packet[at + 2 : end]
    if not packet[0] & 6:
        return topic, 0, packet[end:]
    return topic, int.from_bytes(packet[end : end + 2], "big"), packet[end + 2 :]
