"""A UART whose module answers from a script and keeps what comes until it is fetched: for RAM.

It allocates as little as it can, and all of it before the library is loaded but for a fetch.
"""

from micropython import RingIO, schedule

_ANSWERS = (
    (b"AT+GMR", b"AT version:4.1.0.0(x - ESP32 - Jul 10 2025 11:41:05)\r\n\r\nOK\r\n"),
    (b"AT+CWMODE?", b"+CWMODE:1\r\n\r\nOK\r\n"),
    (b"AT+CIPSTART", b"CONNECT\r\n\r\nOK\r\n"),
    (b"AT+CIPSENDLCFG", b"\r\nOK\r\n"),
    (b"AT+CIPSEND", b"\r\nOK\r\n\r\n>"),
    (b"AT+MQTTCONN?", b'+MQTTCONN:0,0,0,"","","",0\r\n\r\nOK\r\n'),
    (b"AT+MQTTCONN=", b'+MQTTCONNECTED:0,1,"broker","1883","",0\r\n\r\nOK\r\n'),
    (b"AT", b"\r\nOK\r\n"),
)
_SENT = b"\r\nRecv 1 bytes\r\n\r\nSEND OK\r\n"
_PACKETS = (  # first byte of a packet -> what the broker answers
    (0x10, b" \x02\x00\x00"),
    (0x82, b"\x90\x03\x00\x01\x01"),
)


class ScriptedUART:
    """The part of machine.UART that the library uses."""

    IRQ_RXIDLE = 64

    def __init__(self):
        ring = RingIO(1024)
        self.any = ring.any
        self.readinto = ring.readinto
        self._ring = ring
        self._handler = None
        self._data = False  # the last command was CIPSEND
        self._kept = b""

    def irq(self, handler, trigger):
        """Remember whom to tell of bytes."""
        self._handler = handler

    def arrive(self, packet: bytes):
        """A packet from the broker."""
        self._kept = packet
        self.tell(b"\r\n+IPD,%d\r\n" % len(packet))

    def tell(self, data: bytes):
        """What the module says, by itself or as an answer."""
        self._ring.write(data)
        if self._handler:
            schedule(self._handler, self)

    def write(self, buf, off: int, n: int) -> int:
        """Take a whole line, or the whole data of a CIPSEND, and answer it."""
        if self._data:
            self._data = False
            self.tell(_SENT)
            for first, answer in _PACKETS:
                if buf[0] == first:
                    self.arrive(answer)
        elif buf.startswith(b"AT+CIPRECVDATA"):
            self.tell(b"+CIPRECVDATA:%d," % len(self._kept))
            self.tell(self._kept)
            self.tell(b"\r\nOK\r\n")
        else:
            self._command(buf)
        return n

    def _command(self, line):
        for start, answer in _ANSWERS:
            if line.startswith(start):
                self._data = start == b"AT+CIPSEND"
                return self.tell(answer)
