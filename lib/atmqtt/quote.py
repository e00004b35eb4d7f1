# MIT license; Copyright (c) 2026 The atmqtt authors
"""Arguments of AT commands. What enters a line passes through here, or it is a number.

The module splits a line at every comma that has no backslash before it; quotes protect nothing.
CR LF ends the line wherever it stands and what follows would run as a command, so neither CR, LF
nor NUL ever gets in.
"""


def octets(value, what: str) -> bytes:
    """A str or any buffer as bytes. ValueError names `what` it was for."""
    if isinstance(value, str):
        return value.encode()
    try:
        return bytes(memoryview(value))
    except TypeError:
        raise ValueError(what + ": str or bytes expected")


def plain(value, what: str) -> bytes:
    """The value as bytes that may stand in a line."""
    raw = octets(value, what)
    for bad in b"\r\n\0":
        if bad in raw:
            raise ValueError(what + ": CR, LF and NUL cannot be sent to the module")
    return raw


def printable(raw) -> str:
    """What the module printed as a str, whatever bytes it holds."""
    return "".join([chr(c) if 32 <= c < 127 else "?" for c in raw])


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
