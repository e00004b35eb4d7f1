"""Other ports' machine.UART, with a simulated module at the other end, in simulated time.

    uart = Stm32(module, clock, baud=115200, rxbuf=64)

Each class is what one port makes of the same line: what fits its buffers, which interrupts it
has, how long write() keeps the caller and what it then says. Runs on MicroPython.

Callbacks are soft, as by default on every port: they run between two bytecodes, so never inside
write(), which is C (assumed for all of them: it is the harder case), and `latency_us` after the
interrupt; interrupts until then ask for the same callback.
"""

from errno import ETIMEDOUT

from atsim.inprocess import SimUART

_NO_LIMIT = 1 << 20
_BITS = 10_000_000  # of a byte, in microseconds at one baud
_MARGIN = 13_000_000  # the same with room for a parity and a second stop bit, as ports reckon


class _Line(SimUART):
    """incoming, outgoing: bytes on the way from and to the module. heard: waiting or lost."""

    @property
    def heard(self):
        return len(self._ring) + self.overruns

    @property
    def incoming(self):
        return self._to_host.pending

    @property
    def outgoing(self):
        self.poll()
        return self._to_module.pending


class Polled:
    """A UART without `irq`, as most ports had it before MicroPython 1.24.

    rxbuf: size of the receive buffer. blocked_us: the longest time that one write() took.
    """

    RXBUF = 256
    TXBUF = 256

    def __init__(self, module, clock, baud=115200, rxbuf=None):
        self._line = _Line(module, clock, baud, rxbuf or self.RXBUF, _NO_LIMIT)
        self._clock = clock
        self._set_baud(baud)
        self.blocked_us = 0

    @property
    def overruns(self):
        """Received bytes that were lost for want of room; no port tells its driver."""
        return self._line.overruns

    def init(self, baudrate=None, flow=0):
        """Open it anew. Buffered bytes are lost."""
        self._line.init(baudrate, flow)
        if baudrate:
            self._set_baud(baudrate)

    def any(self):
        return self._line.any()

    def readinto(self, buf, n):
        """Real ports wait for what is not there; the driver must not ask for it."""
        assert 0 < n <= self.any(), "would wait"
        return self._line.readinto(buf, n)

    def write(self, buf, off, n):
        start = self._clock.now_us()
        try:
            return self._put(bytes(memoryview(buf)[off : off + n]))
        finally:
            self.blocked_us = max(self.blocked_us, self._clock.now_us() - start)

    def stall(self, us):
        """C code runs, the garbage collector's for example: no bytecode, so no callback."""
        self._pass(us)

    def _set_baud(self, baud):
        self._baud = baud
        self._byte_us = max(1, _BITS // baud)
        self._patience_us = _MARGIN // baud + 1000  # the least timeout_char there is

    def _put(self, data):
        """Fill the transmit buffer, wait a little for more room; a short count is usual."""
        taken = self._fill(data)
        if taken < len(data):
            self._pass(self._patience_us)
            taken += self._fill(data[taken:])
        return taken or None

    def _fill(self, data):
        return self._line.write(data[: self.TXBUF - self._line.outgoing])

    def _pass(self, us):
        self._clock.advance(us)

    def _drain(self, left=0):
        """Wait until only so many bytes are still to be sent."""
        while self._line.outgoing > left:
            self._pass((self._line.outgoing - left) * self._byte_us)


class Port(Polled):
    """A UART with interrupts.

    callbacks: how often the handler was called. latency_us: from an interrupt to its callback,
    what the interpreter and other callbacks need.
    """

    TRIGGERS = 0  # what irq() accepts
    IDLE_US = 0  # until RXIDLE comes, beyond the time of 32 bits that a PL011 takes
    HARD = True

    def __init__(self, module, clock, baud=115200, rxbuf=None):
        super().__init__(module, clock, baud, rxbuf)
        self.latency_us = 1000
        self.callbacks = 0
        self._trigger = 0
        self._handler = None
        self._heard = 0
        self._quiet = True
        self._idle_at = self._call_at = None  # us on the clock
        self._in_c = False
        self._line.irq(self._silence, SimUART.IRQ_RXIDLE)
        clock.attach(self)

    def irq(self, handler=None, trigger=0, hard=False):
        """Have handler(uart) called. ValueError for what the port cannot do."""
        if trigger & ~self.TRIGGERS:
            raise ValueError("trigger %d unsupported" % trigger)
        if hard and not self.HARD:
            raise ValueError("hard interrupts are not supported")
        self._handler = handler
        self._trigger = trigger
        self._call_at = None

    def readinto(self, buf, n):
        self._heard -= n
        return super().readinto(buf, n)

    # -- time, as VirtualClock asks for it -----------------------------------------------------

    def due(self):
        """Microseconds until an interrupt or a callback may be due; None: not in sight."""
        if self._handler is None or self._in_c:
            return None
        now = self._clock.now_us()
        times = [when - now for when in (self._idle_at, self._call_at) if when is not None]
        if self._line.incoming and self._call_at is None and self._counts():
            times.append(self._byte_us)
        return max(0, min(times)) if times else None

    def poll(self):
        """Raise the interrupts that are due, and call back."""
        now = self._clock.now_us()
        heard = self._line.heard  # the clock has polled the line first
        if heard > self._heard:
            self._received()
        self._heard = heard
        if self._idle_at is not None and now >= self._idle_at:
            self._idle_at = None
            self._interrupt(getattr(self, "IRQ_RXIDLE", 0))
        if self._call_at is not None and now >= self._call_at and not self._in_c:
            self._call_at = None
            self.callbacks += 1
            self._handler(self)

    def _counts(self):
        """Does it matter when exactly a byte comes?"""
        return self._trigger & getattr(self, "IRQ_RX", 0)

    def _received(self):
        self._quiet = False
        self._interrupt(getattr(self, "IRQ_RX", 0))

    def _silence(self, _):
        self._quiet = True
        self._idle_at = self._clock.now_us() + self.IDLE_US

    def _interrupt(self, flag):
        if self._handler and flag & self._trigger and self._call_at is None:
            self._call_at = self._clock.now_us() + self.latency_us

    def stall(self, us):
        super().stall(us)
        self.poll()

    def _pass(self, us):
        self._in_c = True
        try:
            super()._pass(us)
        finally:
            self._in_c = False

    def write(self, buf, off, n):
        count = super().write(buf, off, n)
        self.poll()  # back in the interpreter
        return count


class Rp2(Port):
    """RXIDLE only; write() is short as soon as txbuf is full."""

    IRQ_RXIDLE = 64
    TRIGGERS = IRQ_RXIDLE


class Deaf(Rp2):
    """All callbacks are dropped: the queue of micropython.schedule is full for ever."""

    def _interrupt(self, flag):
        return


class Grudging(Rp2):
    """Takes at most seven bytes, and nothing at all every other time."""

    _refuse = True

    def _put(self, data):
        self._refuse = not self._refuse
        return super()._put(data[:7]) if self._refuse else None


class Stm32(Port):
    """No transmit buffer: write() returns with the last bit. init() takes the callback off.

    hold: the module raises CTS for (so many us, after so many bytes).
    """

    IRQ_RXIDLE = 16
    IRQ_RX = 32
    TRIGGERS = IRQ_RXIDLE | IRQ_RX
    RXBUF = 64
    hold = None

    def __init__(self, module, clock, baud=115200, rxbuf=None):
        super().__init__(module, clock, baud, rxbuf)
        self._sent = 0  # since CTS fell
        self._held_until = 0

    def init(self, baudrate, flow=0):
        """Rate and flow control; without a rate it is a TypeError."""
        super().init(baudrate, flow)
        self.irq(None, 0)

    def _put(self, data):
        if self._clock.now_us() < self._held_until:
            self._pass(2 * self._patience_us)
            if self._clock.now_us() < self._held_until:
                return 0
        if self.hold:
            data = data[: self.hold[1] - self._sent]
        self._line.write(data)
        self._drain()
        self._note(len(data))
        return len(data)

    def _note(self, n):
        self._sent += n
        if self.hold and self._sent >= self.hold[1]:
            self._sent = 0
            self._held_until = self._clock.now_us() + self.hold[0]
            self._pass(2 * self._patience_us)


class Stm32F4(Stm32):
    """Before MicroPython 1.26: RXIDLE after the first byte of a burst, too."""

    def _received(self):
        if self._quiet:
            self._interrupt(self.IRQ_RXIDLE)
        super()._received()

    def _counts(self):
        return self._quiet or super()._counts()


class Nrf(Port):
    """64 bytes for ever, an interrupt for every byte; write() returns with the last bit."""

    IRQ_RX = 4
    TRIGGERS = IRQ_RX
    RXBUF = 64

    def __init__(self, module, clock, baud=115200, rxbuf=None):
        if rxbuf:
            raise TypeError("extra keyword arguments given")
        super().__init__(module, clock, baud)

    def _put(self, data):
        self._line.write(data)
        self._drain()
        return len(data)


class Esp32(Port):
    """No hard interrupts; RXIDLE by a timer; write() returns when all is in txbuf."""

    IRQ_RXIDLE = 4096
    IRQ_RX = 1
    TRIGGERS = IRQ_RXIDLE | IRQ_RX
    IDLE_US = 500
    HARD = False

    def _put(self, data):
        self._drain(max(0, self.TXBUF - len(data)))
        self._line.write(data)
        self._drain(self.TXBUF)
        return len(data)


class Mimxrt(Port):
    """write() gives the previous one little time to end, then raises ETIMEDOUT.

    refused: how often it did.
    """

    IRQ_RXIDLE = 16
    TRIGGERS = IRQ_RXIDLE
    refused = 0

    def _put(self, data):
        if self._line.outgoing:
            self._pass(self._patience_us)
            if self._line.outgoing:
                self.refused += 1
                raise OSError(ETIMEDOUT, "still sending")
        self._line.write(data)
        self._drain(self.TXBUF)
        return len(data)


class Samd(Port):
    """RXIDLE by a soft timer, whose period is invented; flow control by the choice of pins."""

    IRQ_RXIDLE = 4096
    IRQ_RX = 1
    TRIGGERS = IRQ_RXIDLE | IRQ_RX
    IDLE_US = 1000

    def init(self, baudrate=None):
        """Open it anew; it knows no `flow`."""
        super().init(baudrate)
