# MIT license; Copyright (c) 2026 The atmqtt authors
"""The packets engine: CONNECT, CONNACK and DISCONNECT. Loaded when needed, then forgotten."""

from time import ticks_us

from micropython import const

from .errors import MQTTError

_CONNACK = const(0x20)
_ANSWER_MS = const(20000)  # counted from when the link is open
_DISCONNECT = const(b"\xe0\0")
_REFUSED = const(
    (
        "refused",
        "protocol version not supported",
        "client id rejected",
        "server unavailable",
        "bad user name or password",
        "not authorized",
    )
)


async def connect(session, hello: bytes, clean: bool, keepalive: int):
    """See Session.connect. The link is open."""
    session.begin(clean, keepalive)
    try:
        request = session._ask(_CONNACK, 0, _ANSWER_MS)
        session._link.send(hello)
        await session.channel.wait(request)
        present = request.value()
        session._must_be_connected()  # it may be over already
    except BaseException:
        session._link.drop(MQTTError("not connected"))
        raise
    return present


def acknowledged(session, flags: int, code: int):
    """CONNACK has come. ValueError: it is malformed (3.2)."""
    if flags > 1 or (flags and (code or session._clean)):
        raise ValueError("session present where none can be")
    error = None
    if code:
        error = MQTTError("broker: " + _REFUSED[code if code < 6 else 0], code)
    else:
        session.connected = True
        if flags:
            if not session._known:  # ids of before a reset may be in use at the broker: it would
                session.pid = ticks_us() % 65535  # take a message with one for a repetition
            if session.flights:
                session.flights.resend(session._transmit)
        else:
            _forget(session)
        session._known = not session._clean
    for request in session._requests:
        request.result = bool(flags)
        request.finish(error)


def _forget(session):
    # there is no session to take up (3.2.2.2)
    if session.once:
        session.once.forget()
    lost = 0
    if session.flights:
        why = "the broker has kept no session; it may have been delivered"
        lost = session.flights.drop(MQTTError(why))
    if lost:
        session.stats["dropped"] += lost
        session.client.event("forgotten", lost)


async def disconnect(session):
    """See Session.disconnect."""
    link = session._link
    command = None
    if session.connected:
        command = link.send(session._answers + _DISCONNECT)
        command.owner = None  # it leaves even if nobody waits any more
    error = MQTTError("disconnected")
    session._end(error)
    session.abandon(error)
    try:
        if command:
            await session.channel.wait(command)
    except BaseException:
        link.drop(error)
        raise
    await link.close()
