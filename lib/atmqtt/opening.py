# MIT license; Copyright (c) 2026 The atmqtt authors
"""AT+CIPSTART, AT+CIPCLOSE: how a Link is opened and closed. Loaded when needed, then
forgotten.
"""

from micropython import const

from .errors import ATError, ATTimeout, MQTTError
from .link import CLOSE_MS
from .quote import line, quoted
from .telling import printable

RTS = 1
_ANSWER_MS = const(90000)  # a host that does not answer takes ESP-AT up to 75 s, TLS up to 15 s


async def open_link(link, modem, host, port: int, user, tls):
    """See Link.open."""
    dialect = modem.dialect
    if len(host) > dialect.host_max:
        raise ValueError("host: the module takes %d bytes" % dialect.host_max)
    name = quoted(host, "host", dialect.escapes)
    kind = b"SSL" if tls else b"TCP"
    command = line(b'AT+CIPSTART=%s"%s",%s,%d' % (link.id, kind, name, port), dialect.line_max)
    if link.user:
        raise MQTTError("the module's connection is in use by another client")
    link.user = user
    try:
        if tls:
            await tls.prepare(modem, link.id, host)
        if modem.passive and modem.flow & RTS:
            await choose_receiving(modem)
        if link.user is user:
            await _start(link, modem.channel.run, command, user)
    except BaseException:
        if link.user is user:
            link.user = None
        raise
    if link.user is not user:
        raise MQTTError("connection closed")  # by close(), meanwhile
    if link.closed:
        link.user = None
        raise ATError("connection closed at once")
    link.is_open = True
    if modem.passive:
        link._mailbox().begin()


async def close_link(link, channel):
    """See Link.close."""
    link._forget(MQTTError("connection closed"))
    try:
        await channel.run(link.close_line(), CLOSE_MS)
    except ATError:
        return  # closed already, or it will be by the next open()


async def choose_receiving(modem):
    """Passively, or actively if RTS can hold the module back: that is as safe, and faster.

    For connections to come: what the module keeps of one that is open might not survive it.
    """
    while modem.passive == bool(modem.flow & RTS):
        passive = not modem.passive
        try:
            await modem.channel.run(b"AT+CIPRECVMODE=%d" % passive)
        except ATTimeout:
            raise
        except ATError:
            return
        modem.passive = passive


async def _start(link, run, command: bytes, user):
    try:
        await _ask(link, run, command)
    except ATTimeout:
        raise
    except ATError as refused:
        try:  # a connection may be open since before the host was reset
            await run(link.close_line(), CLOSE_MS)
        except ATTimeout:
            raise
        except ATError:
            raise refused
        if link.user is not user:
            raise refused
        await _ask(link, run, command)


async def _ask(link, run, command: bytes):
    why = []
    link.closed = False
    try:
        await run(command, _ANSWER_MS, why)
    except ATTimeout:
        raise
    except ATError as error:
        if why:  # as older firmware tells: DNS Fail, no ip, ALREADY CONNECTED
            error = ATError("AT+CIPSTART refused: " + printable(why[-1]), error.code)
        raise error
