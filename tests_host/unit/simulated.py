"""A Modem on the simulated module, both in simulated time: no test waits.

    world = World(ap=(("home", "secret"),))
    world.run(world.modem.start())

Not for tests that need an event loop.
"""

from scripted import FakeTime

from atmqtt import Modem, simple
from atsim.broker import Broker
from atsim.clocks import VirtualClock
from atsim.inprocess import SimUART
from atsim.memorynet import MemoryNet
from atsim.module import Module

STEP_US = 5000  # less than half of what fills rxbuf
BOOTED_US = 2000000


class World:
    """firmware, ap: of the module. options: of the Modem. The module's UART is slow but exact.

    lines: the commands that reached the module. events: what on_event was told.
    """

    def __init__(self, firmware="esp-at", ap=(("home", "secret"),), baud=115200, **options):
        self.net = MemoryNet()
        self.net.serve(Broker())
        self.module = Module(self.net, firmware, ap=ap, baud=baud)
        self.lines = []
        self.module.add_tracer(self._trace)
        self.clock = VirtualClock()
        self.uart = SimUART(self.module, self.clock, rxbuf=1024, txbuf=1024)
        self.events = []
        self.modem = Modem(self.uart, rxbuf=1024, on_event=self._on_event, **options)

    def _trace(self, kind, data, *_):
        if kind == "line":
            self.lines.append(bytes(data))

    def _on_event(self, name, detail):
        self.events.append((name, detail))

    def advance(self, us: int):
        """Time passes; nobody polls the library."""
        self.clock.advance(us)

    def raw(self, data: bytes, us=100000) -> bytes:
        """What an earlier owner of the UART writes, and what he reads after a while."""
        self.uart.write(data)
        said = b""
        while us > 0:
            self.clock.advance(STEP_US)
            us -= STEP_US
            said += self._read()
        return said

    def _read(self) -> bytes:
        buf = bytearray(1024)
        n = self.uart.any()
        return bytes(buf[: self.uart.readinto(buf, n)]) if n else b""

    def run(self, coroutine, idle=None):
        """Run a coroutine of the library to its end, in simulated time. Returns its result."""

        def step():
            time.advance(STEP_US // 1000)
            self.clock.advance(STEP_US)
            if idle:
                idle()

        with FakeTime(self.clock.now_us() // 1000) as time:
            return simple.run(self.modem, coroutine, step)

    def started(self):
        """Boot and start; returns itself."""
        self.advance(BOOTED_US)
        self.run(self.modem.start())
        self.lines.clear()
        return self

    def works(self):
        """The modem is up and in step: each command gets its own answer."""
        modem = self.modem
        assert modem.up and modem.dialect
        assert self.run(modem.command("AT+CIPMUX?")) == [b"+CIPMUX:0"]
        assert self.run(modem.command("AT+CWMODE=1")) == []
        assert self.run(modem.command("AT+CWMODE?")) == [b"+CWMODE:1"]
        assert modem.channel.idle()
        return True
