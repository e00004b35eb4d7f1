"""The simulator's own broker on real ports: an MQTT implementation that is not mosquitto.

Used like broker_fixture.Mosquitto: `port` takes anybody, `password_port` wants USERNAME and
PASSWORD. The two share nothing.
"""

from __future__ import annotations

import asyncio
import time

from loopthread import LoopThread

from atsim.broker import Broker, Connection
from broker_fixture import HOST, PASSWORD, USERNAME

PIECE = 65536  # bytes written at once


class OtherBroker:
    """Can be stopped and started again on the same ports."""

    host = HOST

    def __init__(self) -> None:
        self.port = self.password_port = 0  # free ones at the first start
        self._loop = LoopThread()
        self._services: list[Service] = []

    def start(self) -> None:
        """Return when both ports accept connections; OSError where somebody else has them."""
        services = [Service(Broker()), Service(Broker({USERNAME: PASSWORD}))]
        self.port = self._loop.run(services[0].listen(self.port))
        self.password_port = self._loop.run(services[1].listen(self.password_port))
        self._services = services

    def stop(self) -> None:
        """End all connections; sessions and retained messages are lost."""
        for service in self._services:
            self._loop.run(service.end())
        self._services = []

    def close(self) -> None:
        """Stop for good."""
        self.stop()
        self._loop.close()


class Service:
    """One broker behind one port."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._clients: set[Client] = set()
        self._server: asyncio.Server | None = None
        self._alarm: asyncio.TimerHandle | None = None

    async def listen(self, port: int) -> int:
        """Accept connections, at any free port for 0. Returns the port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Client(self), HOST, port)
        return self._server.sockets[0].getsockname()[1]

    async def end(self) -> None:
        """Close the port and all connections, as the end of a process does."""
        assert self._server
        self._server.close()
        for client in list(self._clients):
            client.transport.abort()
        while self._clients:
            await asyncio.sleep(0)
        if self._alarm:
            self._alarm.cancel()

    def open(self, client: Client) -> Connection:
        """The broker's end of a new connection."""
        self.tick()
        self._clients.add(client)
        return self._broker.open()

    def lost(self, client: Client) -> None:
        """A connection has gone."""
        self._clients.remove(client)

    def tick(self) -> None:
        """Tell the broker the time."""
        self._broker.tick(now_us())

    def settle(self) -> None:
        """What one client does can make the broker speak to all. Comes after every event."""
        self.tick()
        for client in list(self._clients):
            client.flush()
        if self._alarm:
            self._alarm.cancel()
            self._alarm = None
        due = self._broker.due()
        if due is not None:
            self._alarm = asyncio.get_running_loop().call_later(due / 1e6, self.settle)


def now_us() -> int:
    """Microseconds of a clock that never goes back."""
    return time.monotonic_ns() // 1000


class Client(asyncio.Protocol):
    """The connection of one client."""

    transport: asyncio.Transport

    def __init__(self, service: Service) -> None:
        self._service = service
        self._writable = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._connection = self._service.open(self)
        self._service.settle()

    def data_received(self, data: bytes) -> None:
        self._service.tick()
        self._connection.receive(data)
        self._service.settle()

    def connection_lost(self, exc: Exception | None) -> None:
        self._service.lost(self)
        self._connection.lost()
        self._service.settle()

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True
        self.flush()

    def flush(self) -> None:
        """Write what the broker has for the client; close where it wants that."""
        while self._writable and (data := self._connection.take(PIECE)):
            self.transport.write(data)
        if self._connection.closed and not self._connection.pending:
            self.transport.close()
