"""A WebSocket connection (RFC 6455) over a link, as MQTT over WebSocket uses it: looks like a link
whose bytes are what the binary frames carry.

Runs on CPython 3.11+ and on MicroPython 1.25+.
"""

import binascii
import hashlib

from atsim.net import CLOSED, CONNECTING, OPEN, REFUSED

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
FINAL, MASKED = 0x80, 0x80
LONGEST_ANSWER = 2048  # bytes of the server's HTTP answer
# A real client chooses key and masks at random, against proxies that get confused; here nothing
# is between the two.
KEY = binascii.b2a_base64(b"simulated module")[:-1]
MASK = b"atsi"

REQUEST = (
    "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n"
)


class WebSocket:
    """`state`, send(), recv() and close() are those of an atsim.net.Link.

    Args:
        link: an atsim.net.Link, open or still connecting.
        host, port, path: for the HTTP request.
    """

    def __init__(self, link, host: str, port: int, path: str) -> None:
        self._link = link
        self._request = (REQUEST % (path, host, port, KEY.decode())).encode()
        self._asked = False
        self._upgraded = False
        self._refused = False
        self._input = bytearray()  # not looked at yet
        self._output = bytearray()  # not taken by the link yet
        self._opcode = BINARY
        self._left = 0  # bytes of the present frame that are missing
        self._control = bytearray()  # the content of a PING or CLOSE
        self._ready = bytearray()  # for recv()

    @property
    def state(self) -> str:
        """See atsim.net; "refused" when the server speaks no WebSocket."""
        self._poll()
        if self._refused:
            return REFUSED
        if self._link.state == OPEN and not self._upgraded:
            return CONNECTING
        return self._link.state

    def send(self, data: bytes) -> int:
        """Put all of data into one frame, or take nothing."""
        self._poll()
        if self._output or not self._upgraded or self._link.state != OPEN:
            return 0
        self._frame(BINARY, data)
        return len(data)

    def recv(self, limit: int) -> bytes:
        """Take up to `limit` bytes that frames brought."""
        self._poll()
        data = bytes(self._ready[:limit])
        self._ready = self._ready[len(data) :]
        return data

    def close(self) -> None:
        """Say goodbye and close."""
        if self._upgraded and self._link.state == OPEN:
            self._frame(CLOSE, b"\x03\xe8")  # 1000: normal closure
        self._link.close()

    def _poll(self) -> None:
        if self._link.state == OPEN and not self._asked:
            self._asked = True
            self._output.extend(self._request)
        self._flush()
        if self._link.state not in (OPEN, CLOSED):
            return
        while not self._ready and not self._refused:
            data = self._link.recv(1024)
            if not data:
                return
            self._input.extend(data)
            if not self._upgraded:
                self._read_answer()
            if self._upgraded:
                self._read_frames()

    def _flush(self) -> None:
        if self._output:
            taken = self._link.send(bytes(self._output))
            self._output = self._output[taken:]

    def _read_answer(self) -> None:
        end = bytes(self._input).find(b"\r\n\r\n")
        if end == -1:
            self._refused = len(self._input) > LONGEST_ANSWER
            return
        status, *lines = bytes(self._input[:end]).split(b"\r\n")
        fields = [line.split(b":", 1) for line in lines]
        accepted = [f[1].strip() for f in fields if f[0].lower() == b"sec-websocket-accept"]
        if status.split(b" ")[1:2] != [b"101"] or accepted != [acceptance(KEY)]:
            self._refused = True
            return
        self._upgraded = True
        self._input = self._input[end + 4 :]

    def _read_frames(self) -> None:
        while self._input:
            if not self._left:
                head = _header(self._input)
                if head is None:
                    return
                self._opcode, self._left, size = head
                self._input = self._input[size:]
            else:
                content = self._input[: self._left]
                self._input = self._input[len(content) :]
                self._left -= len(content)
                if self._opcode in (CONTINUATION, TEXT, BINARY):
                    self._ready.extend(content)
                else:
                    self._control.extend(content)
            if not self._left:
                self._end_of_frame()

    def _end_of_frame(self) -> None:
        content, self._control = bytes(self._control), bytearray()
        if self._opcode == PING:
            self._frame(PONG, content)
        elif self._opcode == CLOSE:
            self._frame(CLOSE, content)
            self._link.close()

    def _frame(self, opcode: int, data: bytes) -> None:
        size = len(data)
        if size < 126:
            head = bytes([FINAL | opcode, MASKED | size])
        elif size < 0x10000:
            head = bytes([FINAL | opcode, MASKED | 126, size >> 8, size & 0xFF])
        else:
            head = bytes([FINAL | opcode, MASKED | 127]) + size.to_bytes(8, "big")
        self._output.extend(head + MASK)
        self._output.extend(bytes([byte ^ MASK[i & 3] for i, byte in enumerate(data)]))
        self._flush()


def acceptance(key: bytes) -> bytes:
    """What a server must answer to a key."""
    return binascii.b2a_base64(hashlib.sha1(key + GUID).digest())[:-1]


def _header(data) -> "tuple[int, int, int] | None":
    """(opcode, length of the content, length of the header); None while it is incomplete.
    Servers do not mask."""
    if len(data) < 2:
        return None
    length = data[1] & 0x7F
    extra = {126: 2, 127: 8}.get(length, 0)
    if len(data) < 2 + extra:
        return None
    if extra:
        length = int.from_bytes(bytes(data[2 : 2 + extra]), "big")
    return data[0] & 0x0F, length, 2 + extra
