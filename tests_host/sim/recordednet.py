"""The network of the MQTT recordings: brokers at 192.168.4.100, plain, with a password, behind TLS
and behind WebSocket, and what others did to them meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from websocketpeer import WebSocketPeer

from atsim.broker import Broker, Connection
from atsim.brokersession import Message
from atsim.memoryclient import MemoryClient
from atsim.memorynet import MemoryLink, MemoryNet
from atsim.net import TlsOptions

HOST = "192.168.4.100"
PLAIN, PASSWORD, WEBSOCKET, TLS, TLS_CLIENT = 1883, 1884, 8083, 8883, 8884
FIN_US = 509_000  # the recorded module noticed this late that the broker had closed


class Peer:
    """The broker's end of a connection, whose closing takes its time."""

    def __init__(self, net: RecordedNet, connection: Connection) -> None:
        self._net = net
        self._connection = connection
        self.closing_us: int | None = None

    def receive(self, data: bytes) -> None:
        self._connection.receive(data)
        if self._connection.closed and self.closing_us is None:
            self.close_later()

    def close_later(self) -> None:
        self.closing_us = self._net.now_us + FIN_US

    def take(self, limit: int) -> bytes:
        return self._connection.take(limit)

    @property
    def closed(self) -> bool:
        if self._connection.closed and self.closing_us is None:  # by another client
            self.close_later()
        return self.closing_us is not None and self._net.now_us >= self.closing_us

    def lost(self) -> None:
        self._connection.lost()


class RecordedNet(MemoryNet):
    """`events`: [(milliseconds from `origin` on, what happens then)], in order."""

    def __init__(self, events: list[tuple[int, Callable[[RecordedNet], object]]]) -> None:
        super().__init__()
        self.origin: int | None = None  # module time at which the recording begins
        self.broker = Broker()
        self._events = list(events)
        self._peers: list[Peer] = []
        protected = Broker(users={"user1": "secret1"})
        for port in (PLAIN, TLS, TLS_CLIENT):
            self.listen(HOST, port, lambda: self._peer(self.broker))
        self.listen(HOST, PASSWORD, lambda: self._peer(protected))
        self.listen(HOST, WEBSOCKET, lambda: WebSocketPeer(self._peer(self.broker)))

    def _peer(self, broker: Broker) -> Peer:
        self._peers.append(Peer(self, broker.open()))
        return self._peers[-1]

    def connect(self, host: str, port: int, tls: TlsOptions | None = None) -> MemoryLink:
        """TLS without TLS: what the server would have said to the module's wishes."""
        assert (tls is not None) == (port in (TLS, TLS_CLIENT))
        if tls is None:
            return super().connect(host, port)
        assert tls.verify == bool(tls.ca)
        assert bool(tls.cert) == bool(tls.key)
        if port == TLS_CLIENT and not tls.cert:
            return super().connect(host, port, tls)  # this one fails
        return super().connect(host, port)

    def poll(self, now_us: int) -> None:
        while (when := self._next_event()) is not None and when <= now_us:
            super().poll(when)
            self._events.pop(0)[1](self)
        super().poll(now_us)

    def due(self) -> int | None:
        times = [when for peer in self._peers if (when := peer.closing_us) and not peer.closed]
        event, others = self._next_event(), super().due()
        times += [] if event is None else [event]
        times += [] if others is None else [self.now_us + others]
        return max(0, min(times) - self.now_us) if times else None

    def _next_event(self) -> int | None:
        if self.origin is None or not self._events:
            return None
        return self.origin + self._events[0][0] * 1000


def publish(topic: bytes, payload: bytes, retain: bool = False) -> Callable[[RecordedNet], None]:
    return lambda net: net.broker.publish(Message(topic, payload, 0, retain))


def take_over(client_id: str) -> Callable[[RecordedNet], MemoryClient]:
    return lambda net: MemoryClient(net.broker, client_id)
