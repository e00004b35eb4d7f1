"""A module and a broker with fixed response times, on the UART of the emulated Pico.

It does what a figure needs and nothing else, but it does it at the instant it should: a result
comes 1 ms after a command, `>` with it, `Recv` 0.5 ms and `SEND OK` 1 ms after the data. All else
is the time of bytes on the wire. Network and broker take no time.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from pico.board import Board
from pico.pl011 import Pl011

RESULT_NS = PROMPT_NS = SEND_OK_NS = 1e6
RECV_NS = 0.5e6
TOPIC = b"bench/topic"

_WINDOW = 5760  # bytes that ESP-AT keeps for a host which fetches them (its TCP window)
_AHEAD = 64  # bytes put on the wire before they can leave: what comes is back to back
PROMPT = b"\r\nOK\r\n\r\n>"
_ANSWERS = {  # all else is answered OK
    b"AT+GMR": b"AT version:4.1.0.0(bench - ESP32 - Jul 10 2025 11:41:05)\r\n\r\nOK\r\n",
    b"AT+CWMODE?": b"+CWMODE:1\r\n\r\nOK\r\n",
    b"AT+MQTTCONN?": b"\r\nERROR\r\n",
}
_MQTT_ANSWERS = {  # first byte of a packet -> what the broker answers
    0x10: b"\x20\x02\x00\x00",
    0x82: b"\x90\x03%c%c\x01",  # with the packet id
    0xC0: b"\xd0\x00",
}


def publish_packet(payload: bytes) -> bytes:
    """An MQTT PUBLISH of QoS 0 to TOPIC."""
    n = 2 + len(TOPIC) + len(payload)
    length = bytes((n,)) if n < 128 else bytes((n & 127 | 128, n >> 7))
    return b"\x30" + length + len(TOPIC).to_bytes(2, "big") + TOPIC + payload


@dataclass
class Sending:
    """The instants of one CIPSEND, in ns: each when its last byte has passed the wire."""

    began: float  # the first byte of the command
    command: float = 0
    prompt: float = 0
    data_began: float = 0
    data: float = 0
    sent: float = 0  # SEND OK


@dataclass
class Module:
    """The module on ``uart``.

    :param passive: knows AT+CIPRECVMODE; False: older firmware, hands over what comes at once.
    """

    board: Board
    uart: Pl011
    passive: bool = True
    #: one for each AT+CIPSEND
    sendings: list[Sending] = field(default_factory=list)
    #: ns that the wire and this module's response times took for what the broker sent
    ideal_ns: float = 0

    def __post_init__(self) -> None:
        self._line = bytearray()
        self._line_began = 0.0
        self._data: bytearray | None = None  # of a CIPSEND; it takes _wanted bytes
        self._wanted = 0
        self._keeps = False  # CIPRECVMODE=1
        self._kept = bytearray()  # what the host has not fetched yet
        self._told = False  # of what is kept
        self._backlog: deque[bytes] = deque()  # packets that the broker has yet to send
        self._streaming = False
        self._wire_free = 0.0  # when all that was put on the wire has left
        self.uart.on_tx = self._from_host

    # The broker

    def deliver(self, packets: "list[bytes]") -> None:
        """Let the broker send packets as fast as they are taken."""
        self._backlog.extend(packets)
        self._stream()

    def deliver_every(self, ns: float, packets: "list[bytes]") -> None:
        """Let the broker send one packet each ``ns``."""
        if packets:
            self.deliver(packets[:1])
            self.board.after_ns(ns, lambda: self.deliver_every(ns, packets[1:]))

    def hang_up(self) -> None:
        """Forget what the broker has not sent yet and what the host has not fetched."""
        self._backlog.clear()
        self._kept.clear()
        self._told = False

    def _stream(self) -> None:
        if self._keeps:
            self._ideal(self._keep())
        elif not self._streaming:
            self._next_block()

    def _next_block(self) -> None:
        """One for each packet, back to back for as long as RTS lets them pass."""
        unsent = self.uart.unsent
        while self._backlog and unsent < _AHEAD:
            unsent += self._ideal(self._block(self._backlog.popleft()))
        self._streaming = bool(self._backlog)
        if self._streaming:
            wait = max(1, unsent - _AHEAD // 2)
            self.board.after_ns(wait * self.uart.char_ns, self._next_block)

    def _block(self, packet: bytes) -> bytes:
        """What the host is given of a packet, at once."""
        return b"\r\n+IPD,%d:%s\r\n" % (len(packet), packet)

    def _keep(self) -> bytes:
        """Take in what fits; return the notice that the host is due."""
        while self._backlog and len(self._kept) + len(self._backlog[0]) <= _WINDOW:
            self._kept += self._backlog.popleft()
        if not self._kept or self._told:
            return b""
        self._told = True
        return b"\r\n+IPD,%d\r\n" % len(self._kept)

    def _ideal(self, data: bytes) -> int:
        self.ideal_ns += len(data) * self.uart.char_ns
        self._to_host(data)
        return len(data)

    # The wire

    def _to_host(self, data: bytes) -> None:
        if not data:
            return
        start = max(self._wire_free, self.board.now_ns)
        self._wire_free = start + len(data) * self.uart.char_ns
        self.uart.send(data)

    def _later(self, ns: float, data: bytes, then: Callable[[], None] = lambda: None) -> None:
        def act() -> None:
            self._to_host(data)
            then()

        self.board.after_ns(ns, act)

    def _from_host(self, byte: int) -> None:
        if self._data is not None:
            if not self._data:
                self.sendings[-1].data_began = self.board.now_ns - self.uart.char_ns
            self._data.append(byte)
            if len(self._data) == self._wanted:
                self._sent()
            return
        if not self._line:
            self._line_began = self.board.now_ns - self.uart.char_ns
        self._line.append(byte)
        if byte == 10:
            line = bytes(self._line).rstrip()
            self._line.clear()
            self._command(line)

    # Commands

    def _command(self, line: bytes) -> None:
        name, _, value = line.partition(b"=")
        if name == b"AT+CIPSEND":
            self._take(int(value))
        elif name == b"AT+CIPRECVMODE":
            self._keeps = self.passive and value == b"1"
            self._later(RESULT_NS, b"\r\nOK\r\n" if self.passive else b"\r\nERROR\r\n")
        elif name == b"AT+CIPRECVDATA":
            self.ideal_ns += (len(line) + 2) * self.uart.char_ns + RESULT_NS
            self.board.after_ns(RESULT_NS, lambda: self._fetch(int(value)))
        elif name == b"AT+CIPRECVLEN?":
            self._later(RESULT_NS, b"+CIPRECVLEN:%d\r\n\r\nOK\r\n" % len(self._kept))
        elif name == b"AT+CIPSTART":
            self._later(RESULT_NS, b"CONNECT\r\n\r\nOK\r\n")
        elif name == b"AT+CIPCLOSE":
            self.hang_up()
            self._later(RESULT_NS, b"CLOSED\r\n\r\nOK\r\n")
        else:
            self._later(RESULT_NS, _ANSWERS.get(line, b"\r\nOK\r\n"))

    def _fetch(self, n: int) -> None:
        data = bytes(self._kept[:n])
        if not data:
            return self._to_host(b"\r\nERROR\r\n")
        del self._kept[:n]
        self._ideal(b"+CIPRECVDATA:%d,%s\r\nOK\r\n" % (len(data), data))
        self._told = False
        self._to_host(self._keep())  # not waited for by a host that knows how much was left

    def _take(self, n: int) -> None:
        """Ask for n bytes of data."""
        self._wanted = n
        self.sendings.append(Sending(self._line_began, self.board.now_ns))
        self._later(PROMPT_NS, PROMPT, self._prompted)

    def _prompted(self) -> None:
        self.sendings[-1].prompt = self._wire_free
        self._data = bytearray()

    def _sent(self) -> None:
        assert self._data is not None
        packet = bytes(self._data)
        self._data = None
        self.sendings[-1].data = self.board.now_ns
        self._acknowledge(packet)

    def _acknowledge(self, packet: bytes) -> None:
        """Answer the data that has come."""
        self._later(RECV_NS, b"\r\nRecv %d bytes\r\n" % len(packet))
        self._later(SEND_OK_NS, b"\r\nSEND OK\r\n", lambda: self._send_ok(packet))

    def _send_ok(self, packet: bytes) -> None:
        self.sendings[-1].sent = self._wire_free
        answer = _MQTT_ANSWERS.get(packet[0])
        if answer:
            self.deliver([answer % (packet[2], packet[3]) if b"%c" in answer else answer])


def ideal_publish_ns(payload: bytes, char_ns: float) -> float:
    """ns that publishing takes where the host loses no time: command, `>`, data, `SEND OK`."""
    n = len(publish_packet(payload))
    until_data = len(b"AT+CIPSEND=%d\r\n%s" % (n, PROMPT)) * char_ns + PROMPT_NS
    recv = len(b"\r\nRecv %d bytes\r\n" % n) * char_ns
    return (
        until_data
        + n * char_ns
        + max(RECV_NS + recv, SEND_OK_NS)
        + len(b"\r\nSEND OK\r\n") * char_ns
    )
