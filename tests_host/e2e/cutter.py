"""A relay in front of a broker that cuts one connection exactly at a chosen packet.

    cutter = Cutter(broker.port)
    cutter.cut(Cut(BROKER, MessageType.PUBREC))  # the client will not get it
    ...  # the client connects to cutter.port and publishes at QoS 2
    cutter.until_cut()
    ...  # it connects again: from now on everything is relayed
    assert [str(packet) for packet in cutter.packets] == ["1 client CONNECT", ...]

What comes after the cut on that connection reaches nobody and is not recorded. Nor is a packet
that its sender had not finished when the connection ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import select
import socket
import struct
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from loopthread import LIMIT_S, LoopThread
from paho.mqtt.enums import MessageType
from wirepacket import BROKER, CLIENT, Packet, Sender, read_packet

HOST = "127.0.0.1"
Share = Literal["before", "within", "after"]
Ending = Literal["fin", "rst"]

LINGER_0 = struct.pack("ii", 1, 0)  # close() sends an RST


@dataclass(frozen=True)
class Cut:
    """At the `number`-th packet of a kind from a sender, counted from when it is asked for.

    sender, kind: None for any. where: how much of the packet is still handed on: nothing
    ("before"), its first half, all of it ("after"). how: both sides get a FIN, or an RST.
    """

    sender: Sender | None = None
    kind: MessageType | None = None
    number: int = 1
    where: Share = "before"
    how: Ending = "fin"

    def counts(self, packet: Packet) -> bool:
        """Is it one of those that are counted?"""
        of_kind = self.kind in (None, packet.kind)
        return of_kind and self.sender in (None, packet.sender)

    def share(self, packet: Packet) -> bytes:
        """What is still handed on."""
        size = len(packet.data)
        return packet.data[: {"before": 0, "within": size // 2, "after": size}[self.where]]


class Cutter:
    """Relays from `port` to the port `upstream` until close()."""

    def __init__(self, upstream: int) -> None:
        self._upstream = upstream
        self._packets: list[Packet] = []
        self._connections = 0
        self._cut: Cut | None = None  # not made yet
        self._counted = 0
        self._changed = threading.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = LoopThread()
        self._server = self._loop.run(asyncio.start_server(self._serve, HOST, 0))
        self.port: int = self._server.sockets[0].getsockname()[1]

    @property
    def packets(self) -> list[Packet]:
        """All since reset(), in the order in which they came here."""
        with self._changed:
            return list(self._packets)

    def cut(self, cut: Cut) -> None:
        """Ask for one cut; an earlier one that has not been made is forgotten."""
        with self._changed:
            self._cut, self._counted = cut, 0

    def until_cut(self) -> None:
        """Return when the cut that was asked for has been made."""
        self.until(lambda _: self._cut is None, "cut")

    def until(self, done: Callable[[Sequence[Packet]], object], what: str) -> None:
        """Return when done(packets). AssertionError where that does not come to be."""
        with self._changed:
            came = self._changed.wait_for(lambda: done(self._packets), LIMIT_S)
            assert came, f"no {what} in {LIMIT_S} s: {[str(packet) for packet in self._packets]}"

    def reset(self) -> None:
        """End all connections, forget packets and cut."""
        self._loop.run(self._end())
        self._packets, self._connections, self._cut = [], 0, None

    def close(self) -> None:
        """End all connections and take no more."""
        self._loop.run(self._end(for_good=True))
        self._loop.close()

    async def _end(self, for_good: bool = False) -> None:
        if for_good:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._connections += 1
        number = self._connections
        with contextlib.closing(writer), contextlib.suppress(ConnectionError):
            upstream, downstream = await asyncio.open_connection(HOST, self._upstream)
            with contextlib.closing(downstream):
                wire = Wire(self._note, self._made, number, writer, downstream)
                await asyncio.gather(wire.relay(CLIENT, reader), wire.relay(BROKER, upstream))

    def _note(self, packet: Packet) -> Cut | None:
        """Record it. Returns the cut that is due at it."""
        with self._changed:
            self._packets.append(packet)
            self._changed.notify_all()
            if not (self._cut and self._cut.counts(packet)):
                return None
            self._counted += 1
            return self._cut if self._counted == self._cut.number else None

    def _made(self) -> None:
        """The cut has been made."""
        with self._changed:
            self._cut = None
            self._changed.notify_all()


class Wire:
    """One client's connection and the one to the broker, until both have ended.

    note(packet) returns the cut that is due at it, made() is called after that.
    """

    def __init__(
        self,
        note: Callable[[Packet], Cut | None],
        made: Callable[[], None],
        number: int,
        client: StreamWriter,
        broker: StreamWriter,
    ) -> None:
        self._note = note
        self._made = made
        self._number = number
        self._receivers = {CLIENT: broker, BROKER: client}
        self._severed = False
        for writer in self._receivers.values():
            writer.transport.set_write_buffer_limits(0)  # drain() waits for all of it

    async def relay(self, sender: Sender, reader: StreamReader) -> None:
        """All packets of one direction; a sender's end is handed on as well."""
        receiver = self._receivers[sender]
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                packet = Packet(self._number, sender, await read_packet(reader))
                if not self._severed:  # what comes later is lost
                    await self._hand_on(packet, receiver)
        send_fin(receiver)

    async def _hand_on(self, packet: Packet, receiver: StreamWriter) -> None:
        cut = self._note(packet)
        receiver.write(cut.share(packet) if cut else packet.data)
        if cut:
            self._severed = True
            await self._sever(cut)
            self._made()
        else:
            await receiver.drain()

    async def _sever(self, cut: Cut) -> None:
        if cut.how == "rst":
            for writer in self._receivers.values():
                await transmitted(writer)
        for writer in self._receivers.values():
            send_fin(writer) if cut.how == "fin" else send_rst(writer)


def send_fin(writer: StreamWriter) -> None:
    """After what has been written. May be called again, and when the peer has gone."""
    with contextlib.suppress(OSError):
        writer.write_eof()


def send_rst(writer: StreamWriter) -> None:
    """At once; nothing if the peer has gone."""
    connection = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_0)
    writer.transport.abort()


async def transmitted(writer: StreamWriter) -> None:
    """Return when the peer's system has all that was written: an RST would discard the rest."""
    connection = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):  # the peer has gone
        await writer.drain()
        # From now on it is writable only when nothing is unsent.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, 1)
        await asyncio.to_thread(select.select, [], [connection], [], LIMIT_S)
