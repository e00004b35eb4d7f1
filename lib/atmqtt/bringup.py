# MIT license; Copyright (c) 2026 The atmqtt authors
"""Modem.start: find the module, quiet it, learn what it can do. Loaded when
needed and forgotten again."""

from micropython import const

from .dialects import load
from .errors import ATError, ATTimeout
from .request import Request
from .telling import printable

_BAUDS = const((115200, 921600, 460800, 230400, 57600, 38400, 9600))
_ANSWER_MS = const(400)  # for the answer to AT
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
        modem.dialect = load((await _family(modem, channel, state)).decode())
    tokens = channel.inlet.tokens
    tokens.block_max = modem.dialect.block_max
    tokens.header.forms = modem.dialect.forms
    for line in modem.dialect.setup:
        await _accepts(channel, line)
    if modem.dialect.send_max:
        await _link(modem, channel)
    modem.stats.update(counted)  # boot text and a wrong baud rate are no losses
    modem.up = True


async def _link(modem, channel):
    if not await _accepts(channel, b"AT+CIPMUX=0"):  # refused while a link is open
        await _accepts(channel, b"AT+CIPCLOSE=5")
        await _accepts(channel, b"AT+CIPCLOSE")
        await channel.run(b"AT+CIPMUX=0")
    # without RTS nothing else keeps the module from sending more than can be taken in
    modem.passive = await _accepts(channel, b"AT+CIPRECVMODE=1")


async def _family(modem, channel, state: list) -> bytes:
    # Cheap questions, and what they are answered with; clones copy each other's version texts.
    # Its name as bytes: MicroPython keeps a short str for ever, whether it is used or not.
    for text in state:
        if text.startswith(b"+MQTTCONNSTATE:"):
            return b"beken-sdk"
        if b"connect" in text[:24]:
            return b"beken"  # a word, where all others have a number
    # SYSLOG=1 has refusals explained by an ERR CODE; only ESP-AT knows it
    if await _accepts(channel, b"AT+SYSLOG=1"):
        if await _accepts(channel, b"AT+CIPSENDLCFG?"):  # since 2.4
            return b"esp-at"
        return b"esp8266" if "ESP8266" in modem.firmware else b"esp-at-old"
    if await _accepts(channel, b"AT+CWMODE_CUR?"):
        return b"nonos"
    if not modem.has_mqtt:
        return b"air601"
    if await _accepts(channel, b"AT+CIPRECVBUF?"):
        return b"bouffalo"
    return b"w800" if await _accepts(channel, b"AT+MQTTUSERCFG?") else b"ln882h"


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
            set_baud(modem, baud)
            if await _answers(modem, tries, deadline):
                return
            if baud == first:  # it may have been left in passthrough
                if not await _ready(modem):
                    modem.channel.outlet.write(b"+++")
                    await _ready(modem)
                if await _answers(modem, 2, deadline):
                    return
            if deadline.done:
                set_baud(modem, first)
                raise ATTimeout("no module answers: check wiring, power and baud")
        await _reset(modem)
        tries = 5


async def _answers(modem, left: int, deadline: Request) -> bool:
    channel = modem.channel
    patience = _PATIENCE
    while left > 0 and not deadline.done:
        busy = modem.stats["busy"]
        heard = []
        channel.resync = None
        try:
            await channel.run(b"AT", _ANSWER_MS, heard)
            return True
        except ATTimeout:
            talks = modem.stats["busy"] > busy or any(
                line == printable(line).encode() for line in heard
            )
            if talks and patience:  # it boots, or works on something
                patience -= 1
            else:
                left -= 1
        except ATError:
            if channel.closed:
                raise
            return True  # stray bytes stood before the AT
    return False


async def _ready(modem) -> bool:
    # pause, but no longer than until the module says that it is ready
    modem.until_ready = pause = modem.channel.time(Request(), _GUARD_MS)
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


def set_baud(modem, baud: int):
    """Open this side's UART at another rate."""
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
