# MIT license; Copyright (c) 2026 The atmqtt authors
"""The module's clock, which it needs to check certificates. Loaded when first used."""

from micropython import const

from .errors import ATError, ATTimeout
from .quote import line, quoted
from .request import Request
from .telling import printable

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNSET = const(2000)  # a clock that was never set says 1970
_LOOK_MS = const(500)


async def sync_time(modem, servers, timeout_ms: int) -> tuple:
    """See Modem.sync_time."""
    dialect = modem.dialect
    names = [b"," + quoted(server, "servers", dialect.escapes) for server in servers]
    if isinstance(servers, (str, bytes)) or len(names) > 3:
        raise ValueError("servers: a tuple of at most three expected")
    command = line(b"AT+CIPSNTPCFG=1,0" + b"".join(names), dialect.line_max)
    await modem.channel.run(command)
    deadline = modem.channel.time(Request(), timeout_ms)
    try:
        while True:
            now = await time(modem)
            if now:
                return now
            if deadline.done:
                raise ATTimeout("the module has not learnt the time: no time server was reached")
            await modem.channel.pause(_LOOK_MS)
    finally:
        deadline.finish()


async def time(modem):
    """UTC as sync_time() returns it, None if the module does not know it."""
    try:
        for text in await modem.channel.run(b"AT+CIPSNTPTIME?"):
            if text.startswith(b"+CIPSNTPTIME:"):
                return _parsed(printable(text[13:]))
    except ATTimeout:
        raise
    except ATError:
        return None


def _parsed(text: str):
    # Tue Oct 19 17:47:56 2021
    try:
        _, month, day, clock, year = text.split()
        hour, minute, second = clock.split(":")
        number = _MONTHS.index(month) + 1
        now = int(year), number, int(day), int(hour), int(minute), int(second)
    except ValueError:
        return None
    return now if now[0] > _UNSET else None
