# MIT license; Copyright (c) 2026 The atmqtt authors
"""Arguments of AT commands. What enters a line passes through here, or it is a number.

The module splits a line at every comma that has no backslash before it; quotes protect nothing.
CR LF ends the line wherever it stands and what follows would run as a command, so neither CR, LF
nor NUL ever gets in. Loaded when needed and forgotten again, as most of what uses it.
"""

from .mqtt311 import octets


def plain(value, what: str) -> bytes:
    """The value as bytes that may stand in a line."""
    raw = octets(value, what)
    for bad in b"\r\n\0":
        if bad in raw:
            raise ValueError(what + ": CR, LF and NUL cannot be sent to the module")
    return raw


def quoted(value, what: str, escapes: bytes) -> bytes:
    """The value as an argument, a backslash before each byte of `escapes`.

    Firmware where a quote needs none takes quotes for a part of the value: it gets it bare.
    """
    raw = plain(value, what)
    quote = b'"' if 0x22 in escapes else b""
    if not quote and b"\\" in raw:
        raise ValueError(what + ": this module has no way to be sent a backslash")
    for c in escapes:
        if c in raw:
            raw = raw.replace(bytes((c,)), b"\\" + bytes((c,)))
    return quote + raw + quote


def line(raw: bytes, limit: int) -> bytes:
    """The line itself, if with CR LF it has at most `limit` bytes; more would run by itself."""
    if len(raw) + 2 > limit:
        raise ValueError("command too long: %d bytes, the module takes %d" % (len(raw) + 2, limit))
    return raw


def checked(command, dialect) -> bytes:
    """A whole command of the application's. dialect: None where it is not known yet."""
    raw = plain(command, "command")
    if raw[:2].upper() != b"AT":
        raise ValueError("command: must begin with AT")
    return line(raw, dialect.line_max if dialect else 255)
