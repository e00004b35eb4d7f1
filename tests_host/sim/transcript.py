"""Reads the recordings of real ESP-AT in tests_host/data/transcripts.

A recording has header lines, `---`, and lines `<milliseconds> <direction> <bytes literal>`, where
`>` is host to module and `<` module to host as one read of the recorder returned it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "data" / "transcripts"
LINE = re.compile(r" *(\d+) ([<>]) (b['\"].*)")
ACTIVE = re.compile(rb"\r\n\+IPD,(\d+):")
NOTICE = re.compile(rb"\r\n\+IPD,(\d+)\r\n")  # passive receiving: so much can be fetched
LENGTH = re.compile(rb"\+CIPRECVLEN:(\d+)\r\n")
FETCHED = re.compile(rb"\+CIPRECVDATA:(\d+),")
OK = b"\r\nOK\r\n"


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

    What the module says before the first host write belongs to an exchange with an empty one,
    and the whole of an AT+CIPRECVDATA answer to its own.
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
    for index, exchange in enumerate(exchanges):
        complete(exchange, exchanges[index + 1 :])
    return exchanges


def complete(exchange: Exchange, later: list[Exchange]) -> None:
    """Move what is missing of an AT+CIPRECVDATA answer here from later exchanges.

    The recorder took CR LF OK CR LF in received data for the end of the answer and wrote its next
    command, while the real answer was still on the wire. Its length says what belongs to it, and
    a notice right behind its OK came before the next command was looked at.
    """
    head = FETCHED.match(exchange.module)
    if head is None:
        return
    missing = head.end() + int(head[1]) + len(OK) - len(exchange.module)
    if missing > 0:
        rest = b"".join(each.module for each in later)
        notice = NOTICE.match(rest, missing)
        move(exchange, later, notice.end() if notice else missing)


def move(exchange: Exchange, later: list[Exchange], count: int) -> None:
    """The first `count` bytes of the later exchanges go to this one."""
    for each in later:
        while count and each.chunks:
            at_ms, data = each.chunks.pop(0)
            exchange.chunks.append((at_ms, data[:count]))
            if data[count:]:
                each.chunks.insert(0, (at_ms, data[count:]))
            count -= len(data[:count])


CLOSE = None  # an arrival that is no data but the peer's closing


@dataclass
class Arrival:
    """Something the far side of a link did."""

    at_ms: int
    link: int  # which connection of the recording, counted from 0
    data: bytes | None


def far_side(exchanges: list[Exchange]) -> list[Arrival]:
    """What the far side must have sent, and when, for the module to say what was recorded.

    Read off `+IPD` blocks, what was announced and fetched with passive receiving, and `CLOSED`
    where the host did not ask for it.
    """
    arrivals = []
    link = -1
    waiting = 0  # bytes in the module that are announced and not fetched
    fetched = b"".join(
        value for e in exchanges for _, kind, value in items(e.module) if kind is FETCHED
    )
    for exchange in exchanges:
        asked = exchange.host[:11] in (b"AT+CIPCLOSE", b"AT+CWQAP\r\n")
        for at, kind, value in items(exchange.module):
            when = time_of(exchange, at)
            if kind is ACTIVE:
                arrivals.append(Arrival(when, link, value))
            elif kind is FETCHED:
                waiting -= len(value)
            elif kind in (NOTICE, LENGTH):
                new = int(value) - waiting
                waiting += new
                if kind is LENGTH:  # it counts what came before it without a notice of its own
                    when = exchange.at_ms
                if new:
                    arrivals.append(Arrival(when, link, fetched[:new]))
                fetched = fetched[new:]
            elif value == b"CONNECT" or value[:11] == b"+LINK_CONN:":
                link += 1
            elif value == b"CLOSED" and not asked:
                arrivals.append(Arrival(when, link, CLOSE))
    return arrivals


def items(text: bytes) -> Iterator[tuple[int, re.Pattern[bytes] | None, bytes]]:
    """What the module said, as (offset, pattern, data or count) and (offset, None, line)."""
    at = 0
    while at < len(text):
        for kind in (ACTIVE, FETCHED, NOTICE, LENGTH):
            if head := kind.match(text, at):
                break
        if head is None:
            line = text[at:].partition(b"\r\n")[0]
            yield at, None, line
            at += len(line + b"\r\n")
        elif kind in (ACTIVE, FETCHED):
            end = head.end() + int(head[1])
            yield at, kind, text[head.end() : end]
            at = end + (len(b"\r\n") if kind is ACTIVE else 0)
        else:
            yield at, kind, head[1]
            at = head.end()


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
