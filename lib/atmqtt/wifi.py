# MIT license; Copyright (c) 2026 The atmqtt authors
"""Wi-Fi: join, scan, ip. Loaded when first used."""

from micropython import const

from .errors import ATError, JoinError
from .mqtt311 import octets
from .quote import line, quoted
from .telling import printable

_REASONS = const(("failed", "timeout", "wrong password", "no such network", "failed"))


async def join(modem, ssid, password, timeout_ms: int):
    """See Modem.join. ssid: 1..32 bytes; password: at most 64 bytes, empty for an open network."""
    dialect = modem.dialect
    if not 1 <= len(octets(ssid, "ssid")) <= 32:
        raise ValueError("ssid: 1 to 32 bytes expected")
    if len(octets(password, "password")) > 64:
        raise ValueError("password: longer than 64 bytes")
    command = line(
        b"AT+CWJAP%s=%s,%s"
        % (
            dialect.now,
            quoted(ssid, "ssid", dialect.escapes),
            quoted(password, "password", dialect.escapes),
        ),
        dialect.line_max,
    )
    run = modem.channel.run
    await _station(modem)
    answer = []
    try:
        await run(command, timeout_ms, answer)
    except ATError:
        code = None
        for text in answer:
            word, _, number = text.partition(b":")
            if word.startswith(b"+CWJAP") and number.isdigit():
                code = int(number)
        if code is None:
            raise
        raise JoinError(_REASONS[code] if code < len(_REASONS) else _REASONS[0], code)


async def _station(modem):
    # old firmware says "no change", and no OK, where there is nothing to be set
    mode = b"AT+CWMODE" + modem.dialect.now
    if b"1" not in [text[-1:] for text in await modem.channel.run(mode + b"?")]:
        await modem.channel.run(mode + b"=1")


async def ip(modem) -> str:
    """See Modem.ip."""
    for text in await modem.channel.run(b"AT+CIPSTA%s?" % modem.dialect.now):
        word, _, address = text.partition(b":ip:")
        if address and word.startswith(b"+CIPSTA"):
            return printable(address.strip(b'"'))
    return "0.0.0.0"


async def scan(modem) -> list:
    """See Modem.scan."""
    await _station(modem)
    found = []
    for text in await modem.channel.run(b"AT+CWLAP", 15000):
        network = _network(text)
        if network:
            found.append(network)
    return found


def _network(text: bytes):
    # +CWLAP:(ecn,"ssid",rssi,"bssid",channel...): a name may hold quotes, commas and parentheses,
    # so the name is what lies between the first quote and the last `",` before the address
    mac = text.rfind(b',"')
    start = text.find(b'"') + 1
    end = text.rfind(b'",', start, mac)
    if not text.startswith(b"+CWLAP:(") or not 0 < start <= end < mac:
        return None
    try:
        bssid, rest = text[mac + 2 :].split(b'",')
        channel = int(rest.split(b",")[0].strip(b")"))
        return (
            text[start:end],
            printable(bssid),
            channel,
            int(text[end + 2 : mac]),
            int(text[8 : start - 2]),
        )
    except ValueError:
        return None
