"""A Modem on a UART whose other end is the test: literal bytes both ways. Runs on MicroPython."""

from atmqtt import Modem
from atmqtt.dialects import esp_at
from atmqtt.link import Link

from .byhand import ByHand
from .task import parking


class ScriptedUART:
    """machine.UART without interrupts. written: what the host sent and nobody has heard yet.

    room: how many bytes it takes before it takes no more.
    """

    def __init__(self):
        self.written = b""
        self.room = 1 << 20
        self._waiting = bytearray()

    def any(self):
        return len(self._waiting)

    def readinto(self, buf, n):
        n = min(n, len(self._waiting))
        buf[:n] = self._waiting[:n]
        self._waiting = self._waiting[n:]
        return n

    def write(self, buf, off, n):
        n = min(n, self.room)
        self.room -= n
        self.written += bytes(memoryview(buf)[off : off + n])
        return n

    def feed(self, data):
        """Bytes from the module."""
        self._waiting += data


def at_every_cut(once):
    """A test of once(cuts), see Desk: whole, cut once anywhere, and byte by byte.

    once returns how many bytes the module has said.
    """

    def run():
        n = once(())
        for cut in range(1, n):
            once((cut,))
        once(range(n))

    return run


def cut_anywhere(**options):
    """Decorator for test(desk): what the module says comes cut anywhere.

    options: of the Desk.
    """

    def decorate(test):
        def once(cuts):
            with Desk(cuts=cuts, **options) as desk:
                test(desk)
                return desk.said

        return at_every_cut(once)

    return decorate


class Desk(ByHand):
    """`with Desk() as desk:` a modem that need not be started, and time that stands still.

    cuts: where to pause in all that the module says. said: how many bytes that has been so far.
    modem, link, channel, uart, events: the parts; events holds (name, detail).
    """

    def __init__(self, dialect=esp_at, rx_size=8192, rxbuf=8192, link_id=None, cuts=()):
        super().__init__()
        self.said = 0
        self._cuts = cuts
        self.events = []
        self.uart = ScriptedUART()
        self.modem = Modem(
            self.uart,
            rx_size=rx_size,
            rxbuf=rxbuf,
            dialect=dialect,
            on_event=lambda name, detail: self.events.append((name, detail)),
        )
        self.modem.up = True
        self.channel = self.modem.channel
        tokens = self.channel.inlet.tokens
        tokens.block_max = dialect.block_max
        tokens.header.forms = dialect.forms
        self.channel.wait = parking(self.channel)
        self.link = self.modem._link = Link(self.modem, link_id)

    def says(self, *data):
        """The module sends these bytes."""
        for piece in data:
            before, self.said = self.said, self.said + len(piece)
            start = 0
            ends = [cut - before for cut in self._cuts if before < cut < self.said]
            for end in ends + [len(piece)]:
                self.uart.feed(piece[start:end])
                self.turn()
                start = end

    def hears(self, expected: bytes):
        """The host has sent exactly this since the last look."""
        written, self.uart.written = self.uart.written, b""
        if written != expected:
            at = 0
            while written[at : at + 1] == expected[at : at + 1]:
                at += 1
            there = written[at : at + 40], expected[at : at + 40]
            raise AssertionError("at %d: %r was sent, not %r" % ((at,) + there))

    def takes(self, packet: bytes, final: bytes = b"\r\nSEND OK\r\n"):
        """The host sends a packet by AT+CIPSEND, and the module lets it."""
        self.hears(b"AT+CIPSEND=%d\r\n" % len(packet))
        self.says(b"\r\nOK\r\n\r\n>")
        self.hears(packet)
        self.says(b"\r\nRecv %d bytes\r\n" % len(packet), final)

    def brings(self, *packets):
        """Bytes from the other side of the connection, each piece in an +IPD."""
        for data in packets:
            self.says(b"\r\n+IPD,%d:" % len(data) + data + b"\r\n")
