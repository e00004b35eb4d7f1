"""A module on the bench: powered, in simulated time, with one host to connect to."""

from __future__ import annotations

from atsim.memorynet import MemoryNet
from atsim.module import Module

HOST, PORT = "peer.local", 7
START = b'AT+CIPSTART="TCP","peer.local",7\r\n'
SECOND = 1_000_000


class Peer:
    """The far end of a link: keeps what it gets, sends what the test queues."""

    def __init__(self) -> None:
        self.received = b""
        self.queue = b""
        self.closed = False
        self.gone = False

    def receive(self, data: bytes) -> None:
        self.received += data

    def take(self, limit: int) -> bytes:
        data, self.queue = self.queue[:limit], self.queue[limit:]
        return data

    def lost(self) -> None:
        self.gone = True


class Bench:
    def __init__(self, firmware: str = "esp-at", **options) -> None:
        self.net = MemoryNet()
        self.peers: list[Peer] = []
        self.net.listen(HOST, PORT, self._accept)
        options.setdefault("boot_log", False)
        self.module = Module(self.net, firmware, ap=[("home", "secret")], **options)
        self.boot_text = joined(self.module.power_on()) + self.wait(2 * SECOND)

    def _accept(self) -> Peer:
        self.peers.append(Peer())
        return self.peers[-1]

    @property
    def peer(self) -> Peer:
        return self.peers[-1]

    def wait(self, us: int = 100_000) -> bytes:
        return joined(self.module.advance(us))

    def say(self, data: bytes, us: int = 100_000) -> bytes:
        """Feed, and what the module says in the time given."""
        return joined(self.module.feed(data)) + self.wait(us)

    def online(self) -> Bench:
        """Echo off, joined."""
        self.say(b"ATE0\r\n")
        self.say(b"AT+CWMODE=1\r\n")
        answer = self.say(b'AT+CWJAP="home","secret"\r\n', 10 * SECOND)
        assert answer == b"WIFI CONNECTED\r\nWIFI GOT IP\r\n" + self.module.firmware.ok
        return self

    def connected(self) -> Bench:
        """Online with an open link to the peer, the only one."""
        self.online()
        if self.module.firmware.multiplexed:
            assert self.say(b"AT+CIPMUX=0\r\n") == self.module.firmware.ok
        start = START
        if not self.module.firmware.resolves_names:
            start = START.replace(HOST.encode(), str(self.net.resolve(HOST)).encode())
        assert self.say(start) == b"CONNECT\r\n" + self.module.firmware.ok
        return self


def joined(writes: list[tuple[int, bytes]]) -> bytes:
    return b"".join(data for _, data in writes)
