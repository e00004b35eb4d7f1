# MIT license; Copyright (c) 2026 The atmqtt authors
"""How the native engine connects: the module's MQTT client is taken, configured and started.

Loaded when needed and forgotten again.
"""

from micropython import const

from .configuring import Plan
from .connstate import is_connected
from .errors import ATTimeout, MQTTError
from .header import MESSAGE
from .native import CLEAN, CLEAN_MS
from .overlay import forget
from .request import Command
from .told import CONFIGURING, CONNECTED, CONNECTING, IDLE, to_user

_CONFIGURE_MS = const(5000)
_TCP_MS = const(25000)
_TLS_MS = const(60000)


async def dial(session, modem, how: tuple):
    """See Session.connect. how: the arguments of Plan after the first."""
    _take(session, modem.channel.inlet, modem)
    session.phase = CONFIGURING
    session.filters = {}
    try:
        plan = Plan(modem.dialect, *how)
        forget("configuring", "scheme", "login")
        tls = how[3]
        if tls and tls.ca is not None:
            await tls.know_time(modem)
            modem.event("tls", "it is not known whether the name of the server is checked")
        await _configure(session, modem, plan.steps[:-1])
        if session.phase == CONFIGURING:
            await _start(session, modem, plan.steps[-1][0], tls)
            if session.refused:
                raise MQTTError("connection closed")  # in the same poll as OK
    except BaseException:
        if session.phase == CONNECTING:  # ended by cancelling, or by a timeout: it may go on
            modem.channel.submit(Command(CLEAN, CLEAN_MS))
        session.end(MQTTError("not connected"))
        raise
    if session.phase != CONNECTING:
        raise MQTTError("connection closed")  # by disconnect() or a reset, meanwhile
    session.begin()


def _take(session, inlet, modem):
    # one client at a time has the module's MQTT; what it says goes to that one
    user = inlet.sinks.get(MESSAGE)
    if user is None:
        modem.on_reset.append(to_user(inlet.sinks, "on_reset"))
        for start, name in modem.dialect.mqtt_says:
            inlet.on(start, to_user(inlet.sinks, name))
    elif IDLE < user.phase <= CONNECTED:
        raise MQTTError("the module's MQTT is in use by another client")
    else:
        user.end(MQTTError("not connected"))
    inlet.sinks[MESSAGE] = session


async def _configure(session, modem, steps: list):
    channel = modem.channel
    # a connection of before a reset of the host would have the module refuse all that follows
    clean = channel.submit(Command(CLEAN, CLEAN_MS, session))
    await channel.wait(clean)
    if isinstance(clean.error, ATTimeout) and not clean.result:
        raise clean.error
    for raw, data in steps:
        if session.phase != CONFIGURING:
            return
        command = Command(raw + b"\r\n", _CONFIGURE_MS, session)
        if data is not None:
            command.data = data
        await channel.wait(channel.submit(command))
        if isinstance(command.error, ATTimeout):
            raise command.error
        if command.error:
            raise MQTTError(str(command.error), _code(command.error))


async def _start(session, modem, raw: bytes, tls):
    channel = modem.channel
    session.phase = CONNECTING
    command = Command(raw + b"\r\n", _TLS_MS if tls else _TCP_MS, session)
    command.final = modem.dialect.mqtt_started
    session.refused = False
    await channel.wait(channel.submit(command))
    error = command.error
    if not error or session.phase != CONNECTING:
        return
    if isinstance(error, ATTimeout) and not session.refused:
        # some firmware says OK at once, and then nothing
        if not is_connected(await channel.run(b"AT+MQTTCONN?", _CONFIGURE_MS)):
            raise error
    else:
        session.phase = CONFIGURING  # there is nothing to be taken back
        if _code(error) is None:
            raise MQTTError("refused by the broker, or it cannot be reached")
        raise MQTTError(str(error), _code(error))


def _code(error):
    return getattr(error, "code", None)
