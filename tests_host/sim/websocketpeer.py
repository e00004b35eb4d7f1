"""The server's end of a WebSocket around a peer of a MemoryNet, strict, after RFC 6455."""

from __future__ import annotations

import base64
import hashlib
import struct
from typing import Protocol

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3


class Inner(Protocol):
    @property
    def closed(self) -> bool: ...
    def receive(self, data: bytes) -> None: ...
    def take(self, limit: int) -> bytes: ...
    def lost(self) -> None: ...


class WebSocketPeer:
    """`request`: the lines of the client's HTTP request. `pongs`, `goodbye`: what control frames
    of the client carried. `frame` is the largest content of a frame to the client."""

    def __init__(self, inner: Inner, frame: int = 1 << 20, status: bytes = b"101 Yes") -> None:
        self._inner = inner
        self._frame = frame
        self._status = status
        self._input = b""
        self._output = b""
        self.request: list[bytes] = []
        self.pongs: list[bytes] = []
        self.goodbye: bytes | None = None

    @property
    def closed(self) -> bool:
        return self._inner.closed or (self.goodbye is not None and not self._output)

    def receive(self, data: bytes) -> None:
        self._input += data
        if not self.request:
            head, end, rest = self._input.partition(b"\r\n\r\n")
            if not end:
                return
            self._input = rest
            self._answer(head.split(b"\r\n"))
        while self._take_frame():
            continue

    def _answer(self, lines: list[bytes]) -> None:
        self.request = lines
        fields = dict(line.split(b": ", 1) for line in lines[1:])
        key = fields[b"Sec-WebSocket-Key"]
        assert len(base64.b64decode(key)) == 16
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
        self._output += b"HTTP/1.1 %s\r\nUpgrade: websocket\r\n" % self._status
        self._output += b"SEC-WEBSOCKET-ACCEPT:%s\r\nConnection: Upgrade\r\n\r\n" % accept

    def _take_frame(self) -> bool:
        if len(self._input) < 2:
            return False
        first, second = self._input[:2]
        assert first & 0x70 == 0 and first & 0x80, "no extensions, no fragments"
        assert second & 0x80, "clients mask"
        length, at = second & 0x7F, 2
        if length >= 126:
            at = 4 if length == 126 else 10
            if len(self._input) < at:
                return False
            length = int.from_bytes(self._input[2:at], "big")
        if len(self._input) < at + 4 + length:
            return False
        mask, content = self._input[at : at + 4], self._input[at + 4 : at + 4 + length]
        self._input = self._input[at + 4 + length :]
        self._handle(first & 15, bytes(b ^ mask[i % 4] for i, b in enumerate(content)))
        return True

    def _handle(self, opcode: int, content: bytes) -> None:
        if opcode == 2:
            self._inner.receive(content)
        elif opcode == 8:
            self.goodbye = content
        else:
            assert opcode == 10
            self.pongs.append(content)

    def ping(self, content: bytes) -> None:
        self._output += server_frame(9, content)

    def close(self) -> None:
        self._output += server_frame(8, b"\x03\xe8")

    def take(self, limit: int) -> bytes:
        if self.request:
            while content := self._inner.take(self._frame):
                self._output += server_frame(2, content)
        data, self._output = self._output[:limit], self._output[limit:]
        return data

    def lost(self) -> None:
        self._inner.lost()


def server_frame(opcode: int, content: bytes) -> bytes:
    size = len(content)
    if size < 126:
        return bytes([0x80 | opcode, size]) + content
    if size < 1 << 16:
        return struct.pack(">BBH", 0x80 | opcode, 126, size) + content
    return struct.pack(">BBQ", 0x80 | opcode, 127, size) + content
