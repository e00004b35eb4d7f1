"""A network inside the process, in the module's own time: no sockets, no threads, no clock.

    net = MemoryNet()
    net.serve(Broker(), host="broker.local", port=1883)
    module = Module(net, ...)

Bytes travel with a latency and in TCP segments, like those of a real network. The far end of a
link (a "peer") is any object with `receive(data)`, `take(limit) -> bytes`, `lost()` and `closed`,
as `atsim.broker.Connection` has them; `listen` takes a function that makes one per connection.
The net has one time, which never goes back: modules that share a net must share a clock.

Runs on CPython 3.11+ and on MicroPython 1.25+.
"""

from .broker import Broker
from .net import CLOSED, CONNECTING, DNS, OPEN, REFUSED, TLS, UNREACHABLE, Link, Net, TlsOptions

TYPE_CHECKING = False
if TYPE_CHECKING:  # MicroPython lacks these modules
    from collections.abc import Callable
    from typing import Protocol

    class Peer(Protocol):
        """The far end of a link."""

        @property
        def closed(self) -> bool:
            """It wants the connection closed, once take() gives nothing."""
            ...

        def receive(self, data: bytes) -> None:
            """Bytes from the module."""

        def take(self, limit: int) -> bytes:
            """Up to `limit` bytes for the module."""
            ...

        def lost(self) -> None:
            """The connection has gone."""


_FIRST_LOCAL_PORT = 50000


class MemoryLink(Link):
    """One connection; made by MemoryNet.connect only."""

    def __init__(self, net: "MemoryNet", host: str, port: int, tls: bool) -> None:
        self.state = CONNECTING
        self.remote_port = port
        self.peer: Peer | None = None
        self._net = net
        self._host = host
        self._tls = tls
        self._answer_us = net.now_us + 2 * net.latency_us  # one round trip
        self._give_up_us = net.now_us + net.connect_timeout_us
        self._up = []  # under way to the peer: (arrival in us, bytes; empty for FIN)
        self._down = []  # under way to the module
        self._segments = []  # arrived, not read yet
        self._peer_finished = False

    def send(self, data: bytes) -> int:
        """Take what the window has room for; see Link."""
        if self.state != OPEN:
            return 0
        taken = min(len(data), max(0, self._net.window - _size(self._up)))
        for start in range(0, taken, self._net.mss):
            end = min(taken, start + self._net.mss)
            self._up.append((self._net.now_us + self._net.latency_us, bytes(data[start:end])))
        return taken

    def recv(self, limit: int) -> bytes:
        """At most one segment; see Link."""
        if not self._segments:
            return b""
        data = self._segments[0][:limit]
        rest = self._segments[0][limit:]
        if rest:
            self._segments[0] = rest
        else:
            self._segments.pop(0)
        self.collect()
        return data

    def close(self) -> None:
        """The peer hears of it behind the bytes under way; see Link."""
        if self.state == OPEN:
            self._up.append((self._net.now_us + self._net.latency_us, b""))
        self.state = CLOSED
        self._down.clear()
        self._segments.clear()

    def next_us(self, black_hole: bool) -> "int | None":
        """When something happens to this link; None when nothing is under way."""
        if self.state == CONNECTING:
            return self._give_up_us if black_hole else min(self._answer_us, self._give_up_us)
        times = [] if black_hole else [queue[0][0] for queue in (self._up, self._down) if queue]
        return min(times) if times else None

    def step(self) -> None:
        """Do what is due now."""
        if self.state == CONNECTING:
            self._establish()
        if self._net.black_hole:
            return
        while self._up and self._up[0][0] <= self._net.now_us:
            self._arrive_at_peer(self._up.pop(0)[1])
        while self._down and self._down[0][0] <= self._net.now_us:
            self._arrive_at_module(self._down.pop(0)[1])

    def collect(self) -> None:
        """Send off what the peer has to say, as far as the module's receive window allows."""
        if self.peer is None or self._peer_finished or self.state != OPEN:
            return
        arrival = self._net.now_us + self._net.latency_us
        waiting = _size(self._down) + sum(len(segment) for segment in self._segments)
        while waiting < self._net.window:
            data = self.peer.take(min(self._net.mss, self._net.window - waiting))
            if not data:
                if self.peer.closed:
                    self._peer_finished = True
                    self._down.append((arrival, b""))
                return
            self._down.append((arrival, data))
            waiting += len(data)

    def reset(self) -> None:
        """Both ends learn at once that the connection is gone; what was under way is lost."""
        self.state = CLOSED
        self._up.clear()
        self._down.clear()
        self._lose_peer()

    @property
    def finished(self) -> bool:
        """Nothing can happen to it any more."""
        return self.state != CONNECTING and self.peer is None

    def _establish(self) -> None:
        if self._net.now_us >= self._give_up_us:
            self.state = UNREACHABLE
        elif self._net.now_us < self._answer_us or self._net.black_hole:
            return
        elif (address := self._net.resolve(self._host)) is None:
            self.state = DNS
        elif not self._net.is_host(address):
            self._answer_us = self._give_up_us  # nobody answers
        elif (factory := self._net.listener(address, self.remote_port)) is None:
            self.state = REFUSED
        elif self._tls:
            self.state = TLS
        else:
            self.state = OPEN
            self.remote_ip = address
            self.local_port = self._net.next_local_port()
            self.peer = factory()

    def _arrive_at_peer(self, data: bytes) -> None:
        if not data:
            self._lose_peer()
        elif self.peer is not None:
            self.peer.receive(data)

    def _arrive_at_module(self, data: bytes) -> None:
        if data:
            self._segments.append(data)
        else:
            self.state = CLOSED
            self._lose_peer()

    def _lose_peer(self) -> None:
        peer, self.peer = self.peer, None
        if peer is not None:
            peer.lost()


class MemoryNet(Net):
    """Names, listeners and links.

    latency_us: one way. mss: bytes in a segment. window: bytes that may be under way or unread
    in one direction of one link. connect_timeout_us: until a link is "unreachable".
    """

    def __init__(
        self,
        latency_us: int = 2000,
        mss: int = 1440,
        window: int = 5760,
        connect_timeout_us: int = 10000000,
    ) -> None:
        self.now_us = 0
        self.latency_us = latency_us
        self.mss = mss
        self.window = window
        self.connect_timeout_us = connect_timeout_us
        self.black_hole = False  # True: nothing gets through and nobody is told; False again: all
        self.links = []  # those that are alive, oldest first
        self._addresses = {}  # host name -> dotted quad
        self._listeners = {}  # (dotted quad, port) -> function that makes a peer
        self._brokers = []
        self._local_port = _FIRST_LOCAL_PORT

    def listen(self, host: str, port: int, factory: "Callable[[], Peer]") -> None:
        """Accept connections to `host`, a name or dotted quad; factory() makes the far end."""
        if self.resolve(host) is None:
            self._addresses[host.lower()] = "192.0.2.%d" % (len(self._addresses) + 1)
        self._listeners[(self.resolve(host), port)] = factory

    def serve(self, broker: Broker, host: str = "broker.local", port: int = 1883) -> None:
        """Let `broker` listen and give it the time."""
        self.listen(host, port, broker.open)
        if broker not in self._brokers:
            self._brokers.append(broker)

    def refuse(self, host: str, port: int) -> None:
        """Stop listening there: new connections are refused, existing ones stay."""
        self._listeners.pop((self.resolve(host), port), None)

    def cut(self, link: "MemoryLink | None" = None) -> None:
        """Reset one link, or all of them: both ends learn of it at once."""
        for each in list(self.links) if link is None else [link]:
            each.reset()

    def connect(self, host: str, port: int, tls: "TlsOptions | None" = None) -> MemoryLink:
        """Start a connection; there is no TLS here, so that asking for it ends in state "tls"."""
        link = MemoryLink(self, host, port, tls is not None)
        self.links.append(link)
        return link

    def resolve(self, name: str) -> "str | None":
        """The dotted quad of a host something has listened on."""
        if _is_dotted_quad(name):
            return name
        return self._addresses.get(name.lower())

    def ping(self, host: str) -> "int | None":
        """Twice the latency in ms, at least 1."""
        address = self.resolve(host)
        if address is None or not self.is_host(address) or self.black_hole:
            return None
        return max(1, 2 * self.latency_us // 1000)

    def poll(self, now_us: int) -> None:
        """What is due until `now_us` happens in the order of its time, however rare the polls."""
        self._collect()
        while True:
            times = self._times()
            if not times or min(times) > now_us:
                break
            self._step(max(self.now_us, min(times)))
        self._step(max(self.now_us, now_us))

    def due(self) -> "int | None":
        """Microseconds until the next arrival, connection or keepalive; None when all is quiet."""
        self._collect()
        times = self._times()
        return max(0, min(times) - self.now_us) if times else None

    def listener(self, address: str, port: int) -> "Callable[[], Peer] | None":
        """The function registered for it, or None."""
        return self._listeners.get((address, port))

    def is_host(self, address: str) -> bool:
        """Whether there is a machine at this dotted quad: it answers, if only by a refusal."""
        listening = [quad for quad, _ in self._listeners]
        return address in listening or address in self._addresses.values()

    def next_local_port(self) -> int:
        """A port number for the module's end of a link."""
        self._local_port = self._local_port + 1 if self._local_port < 65535 else _FIRST_LOCAL_PORT
        return self._local_port

    def _times(self) -> "list[int]":
        times = [link.next_us(self.black_hole) for link in self.links]
        for broker in self._brokers:
            wait = broker.due()
            times.append(None if wait is None else broker.now_us + wait)
        return [time for time in times if time is not None]

    def _step(self, now_us: int) -> None:
        self.now_us = now_us
        for broker in self._brokers:
            broker.tick(now_us)
        for link in list(self.links):
            link.step()
        self._collect()
        self.links = [link for link in self.links if not link.finished]

    def _collect(self) -> None:
        for link in self.links:
            link.collect()


def _size(queue: "list[tuple[int, bytes]]") -> int:
    return sum(len(data) for _, data in queue)


def _is_dotted_quad(name: str) -> bool:
    parts = name.split(".")
    return len(parts) == 4 and all(part.isdigit() and int(part) < 256 for part in parts)
