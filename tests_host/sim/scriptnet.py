"""A Net that plays the far side of a recording: connections end as told, data comes when told."""

from __future__ import annotations

from transcript import Arrival

from atsim import net

PLAIN, UNCHECKED, CHECKED = "plain", "unchecked", "checked"  # no TLS; TLS, and `verify`
# how and after how many microseconds connecting to somewhere ends
OUTCOMES = {
    ("192.168.4.100", 1883, PLAIN): (net.OPEN, 20_000),
    ("192.168.4.100", 1884, PLAIN): (net.REFUSED, 20_000),
    ("192.168.4.77", 1883, PLAIN): (net.UNREACHABLE, 14_600_000),
    ("no.such.host", 1883, PLAIN): (net.DNS, 20_900_000),
    ("192.168.4.100", 8883, UNCHECKED): (net.OPEN, 700_000),
    ("192.168.4.100", 8883, CHECKED): (net.TLS, 550_000),  # its CA is not in the module
}
LEAD_US = 5_000  # what arrives at the module was read from it this much later
FIRST_PORT = 50849


class ScriptLink(net.Link):
    def __init__(
        self,
        owner: ScriptNet,
        host: str,
        port: int,
        tls: net.TlsOptions | None,
        arrivals: list[Arrival],
    ) -> None:
        self._owner = owner
        self._arrivals = arrivals
        security = PLAIN if tls is None else CHECKED if tls.verify else UNCHECKED
        outcome, wait = OUTCOMES[host, port, security]
        self._outcome = outcome
        self._settled_at = owner.now + wait
        self.remote_ip, self.remote_port = host, port
        self.local_port = FIRST_PORT + len(owner.links)
        self.sent = b""
        self.opened = False
        self.state = net.CONNECTING

    def poll(self) -> None:
        if self.state == net.CONNECTING and self._owner.now >= self._settled_at:
            self.state = self._outcome
            self.opened = self.state == net.OPEN
        ready = self._ready()
        if self.state == net.OPEN and ready and ready[0].data is None:
            self.state = net.CLOSED

    def times(self) -> list[int]:
        if self.state == net.CONNECTING:
            return [self._settled_at]
        if self.state == net.OPEN:
            return [self._owner.time(arrival) for arrival in self._arrivals[:1]]
        return []

    def _ready(self) -> list[Arrival]:
        return [a for a in self._arrivals[:1] if self._owner.time(a) <= self._owner.now]

    def send(self, data: bytes) -> int:
        if self.state != net.OPEN:
            return 0
        self.sent += data
        return len(data)

    def recv(self, limit: int) -> bytes:
        ready = self._ready()
        if self.state != net.OPEN or not ready or ready[0].data is None:
            return b""
        data = ready[0].data
        assert len(data) <= limit, "the recording holds a larger +IPD than the module makes"
        del self._arrivals[0]
        return data

    def close(self) -> None:
        self.state = net.CLOSED


class ScriptNet(net.Net):
    def __init__(self, arrivals: list[Arrival]) -> None:
        self._arrivals = arrivals
        self.links: list[ScriptLink] = []
        self.now = 0
        self.origin = 0  # module time at which the recording begins

    def connect(self, host: str, port: int, tls: net.TlsOptions | None = None) -> ScriptLink:
        # a connection that never opened is none in the recording
        number = sum(link.opened for link in self.links)
        arrivals = [a for a in self._arrivals if a.link == number]
        link = ScriptLink(self, host, port, tls, arrivals)
        self.links.append(link)
        return link

    def resolve(self, name: str) -> str | None:
        raise AssertionError("no recording resolves a name")

    def ping(self, host: str) -> int | None:
        raise AssertionError("no recording pings")

    def poll(self, now_us: int) -> None:
        self.now = now_us
        for link in self.links:
            link.poll()

    def due(self) -> int | None:
        times = [time for link in self.links for time in link.times() if time > self.now]
        return min(times) - self.now if times else None

    def time(self, arrival: Arrival) -> int:
        return self.origin + arrival.at_ms * 1000 - LEAD_US
