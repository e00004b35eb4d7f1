"""A module on the wall clock: ties a Module, a SocketNet and an end together. CPython only."""

import selectors
import time
from typing import Protocol

from atsim.module import Module
from atsim.pacer import Pacer
from atsim.socketnet import SocketNet

BACKLOG = 1 << 20  # bytes kept for a host that does not read; more is lost
READ = 4096
UNPACED = 1_000_000_000  # baud
LONGEST_WAIT_S = 0.5
PIECES_WAIT_US = 1_000  # pieces in flight are collected this often
NO_HOST_WAIT_US = 20_000  # nothing to select on: look for a host this often
LINKS_PAUSE = 8192  # bytes waiting for the UART that make looking at the links pointless


class End(Protocol):
    """Where the host sits: a pty or a TCP connection. All calls are non-blocking."""

    def selectables(self) -> list[int]:
        """File descriptors to wake up for."""
        ...

    def read(self, limit: int) -> bytes:
        """Bytes from the host; empty when there are none. Also accepts and drops hosts."""
        ...

    def write(self, data: bytes) -> int:
        """Bytes taken; all of them (into nowhere) when no host is there."""
        ...

    def close(self) -> None:
        """Give up the pty or the port."""
        ...


class WallClock:
    """Runs until stop() or an exception (KeyboardInterrupt)."""

    def __init__(self, module: Module, net: SocketNet, end: End, paced: bool = True) -> None:
        self._module = module
        self._net = net
        self._end = end
        self._paced = paced
        self._inbound = Pacer()
        self._outbound = Pacer()
        self._unsent = bytearray()
        self._started = time.monotonic_ns() - module.now * 1000
        self._stopping = False

    def stop(self) -> None:
        """End run() after the present turn."""
        self._stopping = True

    def run(self) -> None:
        """Serve the module, powering it on unless it is."""
        if not self._module.powered:
            self._emit(self._module.power_on())
        while not self._stopping:
            self._wait()
            self._turn()

    def _now(self) -> int:
        """Module time as the wall has it, microseconds."""
        return (time.monotonic_ns() - self._started) // 1000

    def _turn(self) -> None:
        if not self._inbound:
            self._inbound.put(self._end.read(READ), self._now())
        now = self._now()
        for when, piece in self._inbound.take(now, self._baud()):
            self._advance(when)
            self._emit(self._module.feed(piece))
        self._advance(now)
        for _, piece in self._outbound.take(now, self._baud()):
            self._unsent += piece
        if self._unsent:
            del self._unsent[: self._end.write(bytes(self._unsent))]

    def _baud(self) -> int:
        return self._module.baud if self._paced else UNPACED

    def _advance(self, now: int) -> None:
        if now > self._module.now:
            self._emit(self._module.advance(now - self._module.now))

    def _emit(self, writes: list[tuple[int, bytes]]) -> None:
        for _, data in writes:
            if len(self._outbound) + len(self._unsent) < BACKLOG:
                self._outbound.put(data, self._module.now)

    def _wait(self) -> None:
        timeout = self._timeout()
        with selectors.DefaultSelector() as selector:
            if not self._inbound:
                descriptors = self._end.selectables()
                for descriptor in descriptors:
                    selector.register(descriptor, selectors.EVENT_READ)
                if not descriptors:
                    timeout = min(timeout, NO_HOST_WAIT_US / 1e6)
            if len(self._outbound) < LINKS_PAUSE:
                for sock, connecting in self._net.sockets():
                    events = selectors.EVENT_WRITE if connecting else selectors.EVENT_READ
                    selector.register(sock, events)
            selector.select(timeout)

    def _timeout(self) -> float:
        """Seconds to sleep at most."""
        waits = []
        if self._inbound or self._outbound or self._unsent:
            waits.append(PIECES_WAIT_US)
        due = self._module.due()
        if due is not None:
            waits.append(max(0, due + self._module.now - self._now()))
        return min(LONGEST_WAIT_S, min(waits) / 1e6) if waits else LONGEST_WAIT_S
