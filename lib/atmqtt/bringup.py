# MIT license; Copyright (c) 2026 The atmqtt authors
"""Modem.start: find the module, quiet it, learn what it can do. Loaded when
needed and forgotten again."""

from micropython import const

from .dialects import load
from .errors import ATError, ATTimeout
from .request import Request
from .telling import printable

_BAUDS = const((115200, 921600, 460800, 230400, 57600, 38400, 9600))
_ALIVE_MS = const(400)  # for the answer to AT
_GUARD_MS = const(1100)  # silence before and after +++
_PATIENCE = const(40)  # tries while the module talks: 16 s, it boots
_RESET_MS = const(100)
_NOISE = const(("garbage", "damaged", "suspected_overruns", "timeouts"))


async def bring_up(modem, timeout_ms: int):
    """See Modem.start."""
    channel = modem.channel
    modem.up = False
    lost = ATError("the modem is started anew")
    for function in modem.on_reset:
        function(lost)
    channel.fail(lost)
    channel.closed = None
    channel.inlet.ring.listen(modem.baud)
    counted = {key: modem.stats[key] for key in _NOISE}
    deadline = channel.time(Request(), timeout_ms)
    try:
        await _find(modem, deadline)
    finally:
        deadline.finish()
    channel.out_of_step()  # one of several ATs may still be answered
    await channel.run(b"ATE0")
    firmware = await channel.run(b"AT+GMR")
    modem.firmware = "\n".join([printable(line) for line in firmware])
    state = []
    modem.has_mqtt = await _accepts(channel, b"AT+MQTTCONN?", state)
    if not modem.dialect:
        modem.dialect = load(await _family(modem, channel, state))
    tokens = channel.inlet.tokens
    tokens.block_max = modem.dialect.block_max
    tokens.header.forms = modem.dialect.forms
    for line in modem.dialect.setup:
        await _accepts(channel, line)
    if modem.dialect.send_max:
        await _prepare_link(modem, channel)
    modem.stats.update(counted)  # boot text and a wrong baud rate are no losses
    modem.up = True


async def _prepare_link(modem, channel):
    if not await _accepts(channel, b"AT+CIPMUX=0"):  # refused while a link is open
        await _accepts(channel, b"AT+CIPCLOSE=5")
        await _accepts(channel, b"AT+CIPCLOSE")
        await channel.run(b"AT+CIPMUX=0")
    # without RTS nothing else keeps the module from sending more than can be taken in
    modem.passive = await _accepts(channel, b"AT+CIPRECVMODE=1")


async def _family(modem, channel, state: list) -> str:
    # cheap questions, and what they are answered with; clones copy each other's version texts
    for text in state:
        if text.startswith(b"+MQTTCONNSTATE:"):
            return "beken-sdk"
        if b"connect" in text[:24]:
            return "beken"  # a word, where all others have a number
    # SYSLOG=1 has refusals explained by an ERR CODE; only ESP-AT knows it
    if await _accepts(channel, b"AT+SYSLOG=1"):
        if await _accepts(channel, b"AT+CIPSENDLCFG?"):  # since 2.4
            return "esp-at"
        return "esp8266" if "ESP8266" in modem.firmware else "esp-at-old"
    if await _accepts(channel, b"AT+CWMODE_CUR?"):
        return "nonos"
    if not modem.has_mqtt:
        return "air601"
    if await _accepts(channel, b"AT+CIPRECVBUF?"):
        return "bouffalo"
    return "w800" if await _accepts(channel, b"AT+MQTTUSERCFG?") else "ln882h"


async def _accepts(channel, line: bytes, info=None) -> bool:
    try:
        await channel.run(line, info=info)
        return True
    except ATTimeout:
        raise
    except ATError:
        return False


async def _find(modem, deadline: Request):
    first = modem.baud
    bauds = [first]
    if can_reopen(modem):
        bauds += [baud for baud in _BAUDS if baud != first]
    tries = 2
    while True:
        for baud in bauds:
            _set_baud(modem, baud)
            if await _answers(modem, tries, deadline):
                return
            if baud == first:
                await _leave_passthrough(modem)
                if await _answers(modem, 2, deadline):
                    return
            if deadline.done:
                _set_baud(modem, first)
                raise ATTimeout("no module answers: check wiring, power and baud")
        await _reset(modem)
        tries = 5


async def _answers(modem, tries: int, deadline: Request) -> bool:
    channel = modem.channel
    patience = _PATIENCE
    while tries > 0 and not deadline.done:
        busy = modem.stats["busy"]
        heard = []
        channel.resync = None
        try:
            await channel.run(b"AT", _ALIVE_MS, heard)
            return True
        except ATTimeout:
            talks = modem.stats["busy"] > busy or any(
                line == printable(line).encode() for line in heard
            )
            if talks and patience:  # it boots, or works on something
                patience -= 1
            else:
                tries -= 1
        except ATError:
            if channel.closed:
                raise
            return True  # stray bytes stood before the AT
    return False


async def _leave_passthrough(modem):
    if not await _ready(modem, _GUARD_MS):
        modem.channel.outlet.write(b"+++")
        await _ready(modem, _GUARD_MS)


async def _ready(modem, ms: int) -> bool:
    # pause, but no longer than until the module says that it is ready
    modem.until_ready = pause = modem.channel.time(Request(), ms)
    await modem.channel.wait(pause)
    return bool(pause.value())


async def _reset(modem):
    reset = modem._reset
    if not reset:
        return
    if hasattr(reset, "value"):
        reset.value(0)
        await modem.channel.pause(_RESET_MS)
        reset.value(1)
    else:
        reset()
    modem.event("reset", "by pin")


def _set_baud(modem, baud: int):
    if baud != modem.baud:
        reopen(modem, baud, 0)
        modem.baud = baud
        modem.channel.inlet.ring.listen(baud)
        modem.event("baud", baud)


def can_reopen(modem) -> bool:
    """Is there a way to open the UART anew at another rate?"""
    return bool(modem.reinit or hasattr(modem.channel.inlet.ring.uart, "init"))


def reopen(modem, baud: int, flow: int):
    """Open it. flow: 1 RTS | 2 CTS. ValueError where that cannot be."""
    if modem.reinit:
        modem.reinit(baud, flow)
    else:
        init = modem.channel.inlet.ring.uart.init
        try:  # told even if 0: rp2 keeps a setting that it is not told
            init(baudrate=baud, flow=flow)
        except TypeError:
            if flow:
                raise ValueError("the UART of this port has no flow control by init()")
            init(baudrate=baud)
    modem.flow = flow
