"""A UART with a simulated module at its other end, in one process. Runs on MicroPython.

    clock = VirtualClock()
    uart = SimUART(Module(net), clock)        # looks like machine.UART to a driver
    clock.advance(2_000_000)                  # the module boots
    uart.write(b"AT\\r\\n")
    clock.advance(10_000)
    uart.any()

Bytes take their time on both wires; each end only understands the other while their rates match;
what does not fit into the receive buffer is lost and counted. An end that heeds its CTS sends
nothing while the other end does not drive it: an open line is taken for "stop" (invented; a
pull-up makes it so on an ESP32).
"""

from atsim.clocks import WallClock
from atsim.wire import NS, Wire, received

IDLE_BITS = 32  # silence that makes IRQ_RXIDLE, as a PL011 has it
FLOW_RTS, FLOW_CTS = 1, 2


class SimUART:
    """The part of machine.UART that a driver uses.

    Args:
        module: an atsim.module.Module; it is powered on unless it is already.
        clock: see atsim.clocks: a VirtualClock drives the UART by itself; with the WallClock,
            which None stands for, only the driver's calls let time pass.
        baud: this end's rate.
        rxbuf, txbuf: buffer sizes in bytes.

    Attributes:
        overruns: received bytes lost because rxbuf was full.
        wires: which of this end's RTS and CTS are connected; both at first.
    """

    IRQ_RXIDLE = 64
    RTS = FLOW_RTS
    CTS = FLOW_CTS

    def __init__(self, module, clock=None, baud=115200, rxbuf=256, txbuf=256) -> None:
        self._module = module
        self._clock = clock or WallClock()
        self._epoch = self._clock.now_us() - module.now  # clock time of module time 0
        self._baud = baud
        self._flow = 0
        self._size = rxbuf
        self._room = txbuf
        self._ring = bytearray()
        self._to_module = Wire()
        self._to_host = Wire()
        self._handler = None
        self._idle_at = None  # ns: when IRQ_RXIDLE is due
        self._polling = False
        self.overruns = 0
        self.wires = FLOW_RTS | FLOW_CTS
        if not module.powered:
            self._transmit(module.now, module.power_on())
        self._clock.attach(self)

    # -- machine.UART -----------------------------------------------------------------------

    def init(self, baudrate=None, flow=None, **settings) -> None:
        """Change the rate and the flow control (1 RTS | 2 CTS); what is not given stays, as on
        rp2. Buffered bytes are lost. Takes and ignores the settings that name pins and buffers."""
        self.poll()
        if baudrate is not None:
            self._baud = baudrate
        if flow is not None:
            self._flow = flow
        self._ring = bytearray()
        self._to_module.clear()

    def any(self) -> int:
        """Bytes waiting."""
        self.poll()
        return len(self._ring)

    def readinto(self, buf, n=None) -> "int | None":
        """Read up to n bytes (all of buf by default); None when none are waiting."""
        self.poll()
        count = min(len(buf) if n is None else n, len(self._ring))
        if not count:
            return None
        buf[:count] = self._ring[:count]
        self._ring = self._ring[count:]
        return count

    def write(self, buf, *where) -> "int | None":
        """write(buf), write(buf, n) or write(buf, off, n): the bytes that fitted into the
        transmit buffer, None when it is full."""
        self.poll()
        off = where[0] if len(where) == 2 else 0
        n = where[-1] if where else len(buf)
        room = self._room - self._to_module.pending
        data = bytes(memoryview(buf)[off : off + min(n, room)])
        self._to_module.send(data, self._now_ns(), self._baud)
        return len(data) if data or not n else None

    def txdone(self) -> bool:
        """Is everything written on its way?"""
        self.poll()
        return not self._to_module.pending

    def irq(self, handler=None, trigger=0, hard=False):
        """Call handler(self) once the receive line has fallen silent. Other triggers than
        IRQ_RXIDLE raise ValueError."""
        if trigger & ~self.IRQ_RXIDLE:
            raise ValueError("only IRQ_RXIDLE")
        self._handler = handler if trigger else None
        return self

    # -- time -------------------------------------------------------------------------------

    def due(self) -> "int | None":
        """Microseconds until something happens at either end."""
        now = self._now_ns()
        times = [self._to_module.last_ns()]
        if self._handler is not None:
            times.append(self._idle_at)
            times.append(self._to_host.last_ns())
        module = self._module.due()
        if module is not None:
            times.append((self._module.now + module) * 1000)
        known = [when for when in times if when is not None]
        return max(0, -((now - min(known)) // 1000)) if known else None

    def poll(self) -> None:
        """Bring both ends up to the clock. Every other method does this first."""
        if self._polling:  # from within the interrupt handler
            return
        self._polling = True
        try:
            self._run(self._clock.now_us() - self._epoch)
        finally:
            self._polling = False

    def _now_ns(self) -> int:
        return (self._clock.now_us() - self._epoch) * 1000

    def _run(self, end: int) -> None:
        """Alternate between bytes that reach the module and what it does by itself."""
        while True:
            due = self._module.due()
            step = end if due is None else min(end, self._module.now + due)
            step = max(step, self._module.now)
            data, done_ns, baud = self._leaving(step * 1000)
            if data:
                step = max(self._module.now, done_ns // 1000)
            self._deliver(step * 1000)  # first: what is on the wire left with the old settings
            self._transmit(self._module.now, self._module.advance(step - self._module.now))
            if data:
                heard = received(data, baud, self._module.baud)
                self._transmit(self._module.now, self._module.feed(heard))
            if not data and step >= end and self._module.due() != 0:
                return

    def _transmit(self, start: int, writes: "list[tuple[int, bytes]]") -> None:
        for offset, data in writes:
            self._to_host.send(data, (start + offset) * 1000, self._module.baud)

    def _leaving(self, now_ns: int) -> "tuple[bytes, int, int]":
        """What has reached the module, unless this end waits for its CTS."""
        driven = self._module.flow & FLOW_RTS and self.wires & FLOW_CTS
        if self._flow & FLOW_CTS and not driven:
            self._to_module.hold(now_ns)
            return b"", 0, 0
        return self._to_module.arrived(now_ns)  # the module takes bytes as fast as they come

    def _deliver(self, now_ns: int) -> None:
        """Move bytes from the wire into the receive buffer."""
        flow = self._module.flow & FLOW_CTS
        size = self._size if self._flow & self.wires & FLOW_RTS else 0  # 0: it is told to stop
        while True:
            room = self._size - len(self._ring)
            limit = max(0, size - len(self._ring)) if flow else None
            data, done_ns, baud = self._to_host.arrived(now_ns, limit)
            if not data:
                break
            heard = received(data, baud, self._baud)
            self.overruns += max(0, len(heard) - room)
            self._ring.extend(heard[: max(0, room)])
            self._idle_at = done_ns + IDLE_BITS * NS // self._baud
        if flow and len(self._ring) >= size:
            self._to_host.hold(now_ns)
        if self._idle_at is not None and self._idle_at <= now_ns:
            self._idle_at = None
            if self._handler is not None:
                self._handler(self)
