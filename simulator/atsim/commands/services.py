"""Small network services: time, name look-up, ping."""

import time

from atsim.commands import query
from atsim.syntax import QUERY, SET, Failure

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SYNC_US = 1_000_000  # SNTP answer after it was configured


def asctime(seconds: int) -> str:
    """Unix seconds as C's asctime() writes them."""
    year, month, day, hour, minute, second, weekday = time.gmtime(seconds)[:7]
    fields = (DAYS[weekday], MONTHS[month - 1], day, hour, minute, second, year)
    return "%s %s %2d %02d:%02d:%02d %d" % fields


def set_sntp(module, command):
    """AT+CIPSNTPCFG=<enable>[,<time zone>][,"server"...]"""
    enabled = command.number(0, 0, 1)
    zone = command.number(1, -1200, 1400) if command.given(1) else 0
    servers = [command.name_text(i) for i in range(2, len(command.arguments))]
    module.volatile["sntp"] = (enabled, zone, servers)
    if enabled:
        module.scheduler.spawn(_synchronise(module))


def _synchronise(module):
    yield SYNC_US
    while not module.station.online:
        yield None
    module.set_unix_time(module.epoch + module.now // 1_000_000)
    module.write(module.firmware.time_updated)


def sntp(module):
    """AT+CIPSNTPCFG?"""
    enabled, zone, servers = module.volatile.get("sntp", (0, 0, []))
    return "+CIPSNTPCFG:%d,%d" % (enabled, zone) + "".join([',"%s"' % s for s in servers])


def sntp_time(module, command):
    """AT+CIPSNTPTIME?: local time by the zone (hours, or hhmm beyond 14)."""
    zone = module.volatile.get("sntp", (0, 0, []))[1]
    hours, minutes = (zone, 0) if -12 <= zone <= 14 else (int(zone / 100), abs(zone) % 100)
    offset = hours * 3600 + (minutes if hours >= 0 else -minutes) * 60
    text = "+CIPSNTPTIME:" + asctime(module.unix_time() + offset)
    return text.encode() + module.firmware.ok


def domain(module, command):
    """AT+CIPDOMAIN="name"[,...]"""
    name = command.name_text(0)
    address = module.net.resolve(name) if module.station.online else None
    if address is None:
        raise Failure()
    module.write(('+CIPDOMAIN:"%s"\r\n' % address).encode())


def ping(module, command):
    """AT+PING="host": +PING:<ms>, or +PING:TIMEOUT and ERROR."""
    host = command.name_text(0)
    milliseconds = module.net.ping(host) if module.station.online else None
    if milliseconds is None:
        module.write(b"+PING:TIMEOUT\r\n")
        raise Failure()
    yield milliseconds * 1000
    module.write(b"+PING:%d\r\n" % milliseconds)


COMMANDS = {
    "AT+CIPSNTPCFG": {QUERY: query(sntp), SET: set_sntp},
    "AT+CIPSNTPTIME": {QUERY: sntp_time},
    "AT+CIPDOMAIN": {SET: domain},
    "AT+PING": {SET: ping},
}
