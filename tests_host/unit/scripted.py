"""A channel on a UART whose other end is the test: literal bytes, in simulated time.

    @scripted
    def test_ok(at):
        command = at.submit(b"AT")
        assert at.sent() == b"AT\\r\\n"
        at.says(b"\\r\\nOK\\r\\n")
        assert command.done and not command.error

`at` is a Bench.
"""

from time import ticks_add

import atmqtt.channel
import atmqtt.exchange
import atmqtt.inlet
import atmqtt.joining
import atmqtt.outlet
import atmqtt.passive
import atmqtt.told
from atmqtt.channel import Channel
from atmqtt.request import Command

TIMED = (
    atmqtt.channel,
    atmqtt.exchange,
    atmqtt.inlet,
    atmqtt.joining,
    atmqtt.outlet,
    atmqtt.passive,
    atmqtt.told,
)
COUNTERS = ("suspected_overruns", "damaged", "garbage", "unknown", "busy", "timeouts")


class FakeTime:
    """What ticks_ms() returns to the library while this is entered."""

    def __init__(self, start=0):
        self.now = ticks_add(0, start)
        self._usual = None

    def __enter__(self):
        self._usual = [module.ticks_ms for module in TIMED]
        for module in TIMED:
            module.ticks_ms = self.ticks_ms
        return self

    def __exit__(self, *_):
        for module, usual in zip(TIMED, self._usual or ()):
            module.ticks_ms = usual

    def ticks_ms(self):
        return self.now

    def advance(self, ms: int):
        self.now = ticks_add(self.now, ms)


class ScriptedUART:
    """takes: what the next writes do, in order: a number of bytes, None or an OSError to raise.
    When it is empty, all is taken.
    """

    def __init__(self):
        self.incoming = b""
        self.written = b""
        self.takes = []

    def any(self):
        return len(self.incoming)

    def readinto(self, buf, n):
        assert 0 < n <= len(self.incoming)
        buf[:n] = self.incoming[:n]
        self.incoming = self.incoming[n:]
        return n

    def write(self, buf, off, n):
        assert n > 0 and off + n <= len(buf)
        taken = n
        if self.takes:
            taken = self.takes.pop(0)
            if isinstance(taken, OSError):
                raise taken
            if taken is None:
                return None
            taken = min(taken, n)
        self.written += bytes(memoryview(buf)[off : off + taken])
        return taken


class Bench:
    """The channel under test; the test is the module at the other end."""

    def __init__(self, time: FakeTime):
        self.time = time
        self.uart = ScriptedUART()
        self.stats = dict.fromkeys(COUNTERS, 0)
        self.events = []
        self.channel = Channel(self.uart, 2048, 256, self.stats, self._on_event)

    def _on_event(self, name, detail):
        self.events.append(name)

    def submit(self, line: bytes, data=None, timeout_ms=2000, **attributes) -> Command:
        """Queue a command; data: buffers, for one that sends them after a prompt."""
        command = Command(line + b"\r\n", timeout_ms)
        command.info = []
        if data is not None:
            command.data = data
            command.final = b"SEND OK"
        for name in attributes:
            setattr(command, name, attributes[name])
        return self.channel.submit(command)

    def says(self, data: bytes):
        """The module says this, now."""
        self.uart.incoming += data
        while self.uart.incoming:
            self.channel.poll()

    def later(self, ms: int, step=10):
        """Time passes, in which the channel is polled."""
        while ms > 0:
            self.time.advance(min(step, ms))
            ms -= step
            self.channel.poll()

    def sent(self) -> bytes:
        """What the channel has written since the last call."""
        written, self.uart.written = self.uart.written, b""
        return written


def scripted(test):
    """Decorator: the test gets a fresh Bench."""

    def run():
        with FakeTime() as time:
            test(Bench(time))

    return run


OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"
BUSY = b"\r\nbusy p...\r\n"
PROMPT = b"\r\nOK\r\n\r\n>"
PROBES = (b"AT+CWMODE?\r\n", b"AT+CIPMUX?\r\n")
ANSWERS = (b"+CWMODE:1\r\n" + OK, b"+CIPMUX:0\r\n" + OK)
