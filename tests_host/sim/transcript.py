"""Reads the recordings of real ESP-AT in tests_host/data/transcripts.

A recording has header lines, `---`, and lines `<milliseconds> <direction> <bytes literal>`, where
`>` is host to module and `<` module to host as one read of the recorder returned it.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "data" / "transcripts"
LINE = re.compile(r" *(\d+) ([<>]) (b['\"].*)")


@dataclass
class Exchange:
    """A host write, and what the module said from then until the next one."""

    at_ms: int
    host: bytes
    chunks: list[tuple[int, bytes]] = field(default_factory=list)

    @property
    def module(self) -> bytes:
        return b"".join(data for _, data in self.chunks)


def load(number: str) -> list[Exchange]:
    """The exchanges of the recording whose file name begins with `number`.

    What the module says before the first host write belongs to an exchange with an empty one.
    """
    (path,) = FOLDER.glob(number + "-*.txt")
    text = path.read_text(encoding="ascii")
    exchanges = [Exchange(0, b"")]
    for line in text.partition("\n---\n")[2].splitlines():
        match = LINE.fullmatch(line)
        if match is None:
            raise ValueError("%s: not a recorded line: %r" % (path.name, line))
        milliseconds, direction, data = int(match[1]), match[2], ast.literal_eval(match[3])
        if direction == ">":
            exchanges.append(Exchange(milliseconds, data))
        else:
            exchanges[-1].chunks.append((milliseconds, data))
    if not exchanges[0].chunks:
        del exchanges[0]
    return exchanges


CLOSE = None  # an arrival that is no data but the peer's closing


@dataclass
class Arrival:
    """Something the far side of a link did."""

    at_ms: int
    link: int  # which connection of the recording, counted from 0
    data: bytes | None


def far_side(exchanges: list[Exchange]) -> list[Arrival]:
    """What the far side must have sent, and when, for the module to say what was recorded.

    Read off `+IPD` blocks, and `CLOSED` where the host did not ask for it.
    """
    arrivals = []
    link = -1
    for exchange in exchanges:
        text = exchange.module
        asked = exchange.host[:11] in (b"AT+CIPCLOSE", b"AT+CWQAP\r\n")
        at = 0
        while at < len(text):
            block = re.compile(rb"\r\n\+IPD,(\d+):").match(text, at)
            if block:
                end = block.end() + int(block[1])
                data = text[block.end() : end]
                arrivals.append(Arrival(time_of(exchange, at), link, data))
                at = end + len(b"\r\n")
                continue
            line_end = text.find(b"\r\n", at)
            line = text[at:] if line_end == -1 else text[at:line_end]
            if line == b"CONNECT" or line[:11] == b"+LINK_CONN:":
                link += 1
            elif line == b"CLOSED" and not asked:
                arrivals.append(Arrival(time_of(exchange, at), link, CLOSE))
            at += len(line) + (0 if line_end == -1 else 2)
    return arrivals


def time_of(exchange: Exchange, offset: int) -> int:
    """When the byte at this offset of exchange.module was read."""
    for at_ms, data in exchange.chunks:
        if offset < len(data):
            return at_ms
        offset -= len(data)
    raise IndexError(offset)


def host_data(exchanges: list[Exchange]) -> bytes:
    """What the host sent as data: the writes that follow a prompt, until it is satisfied."""
    data = b""
    wanted = 0
    escaped = False  # AT+CIPSENDEX: ends early at backslash-zero
    for before, exchange in zip([Exchange(0, b""), *exchanges], exchanges, strict=False):
        if before.module.endswith(b"\r\n>"):
            match = re.match(rb"AT\+CIPSEND(L|EX|)=(\d+)", before.host)
            escaped = match is not None and match[1] == b"EX"
            wanted = int(match[2]) if match else 0
        piece = exchange.host[:wanted]
        wanted -= len(piece)
        if escaped and piece.endswith(b"\\0"):
            piece, wanted = piece[:-2], 0
        data += piece
    return data
