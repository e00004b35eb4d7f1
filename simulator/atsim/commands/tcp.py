"""TCP commands that open, close and describe links."""

from atsim.commands import query, query_glued
from atsim.syntax import EXECUTE, QUERY, SET, Failure

ALL_LINKS = 5  # AT+CIPCLOSE=5
DEFAULT_OPTIONS = (-1, 0, 0, 0)  # SO_LINGER off, TCP_NODELAY, SO_SNDTIMEO, keep-alive


def link_number(module, command):
    """(the link the command means, index of its first own argument)."""
    if not module.links.multiplexed:
        return 0, 0
    return command.number(0, 0, len(module.links.slots) - 1), 1


def open_slot(module, number):
    """The slot of an open link; Failure when there is none."""
    slot = module.links.slots[number]
    if slot is None:
        raise Failure(explanation=b"link is not valid")
    return slot


def start(module, command):
    """AT+CIPSTART=[id,]"TCP"|"SSL","host",port[,keep-alive][,"local ip"][,time-out ms]"""
    number, first = link_number(module, command)
    kind = command.name_text(first).upper()
    host = command.name_text(first + 1)
    port = command.number(first + 2, 1, 65535)
    limit = module.timing.connect_limit
    if command.given(first + 3):
        command.number(first + 3, 0, 7200)
    if command.given(first + 5):
        limit = command.number(first + 5, 0, 60000) * 1000 or limit
    command.at_most(first + 6)
    links = module.links
    if kind not in ("TCP", "SSL") or not 0 < len(host) <= 64:
        raise Failure()
    if not (module.firmware.resolves_names or host.replace(".", "").isdigit()):
        raise Failure()
    if links.slots[number] is not None:
        raise Failure(explanation=b"ALREADY CONNECTED")
    if not module.station.online:
        raise Failure(explanation=b"no ip")
    tls = module.tls.options(number) if kind == "SSL" else None
    slot = yield from links.connect(number, kind, host, port, tls, limit)
    links.slots[number] = slot
    links.say_open(number)


def close(module, command):
    """AT+CIPCLOSE[=id]; id 5 closes all."""
    links = module.links
    if command.form == EXECUTE:
        if links.multiplexed:
            raise Failure()
        number = 0
    else:
        number = command.number(0, 0, ALL_LINKS)
        if not links.multiplexed:
            number = 0
    if number == ALL_LINKS:
        for number, slot in enumerate(links.slots):
            if slot is not None:
                links.close(number)
    else:
        open_slot(module, number)
        links.close(number)


def _describe(module, name):
    for number, slot in enumerate(module.links.slots):
        if slot is not None:
            link = slot.link
            fields = (name, number, slot.kind, link.remote_ip, link.remote_port, link.local_port)
            module.write(('+%s:%d,"%s","%s",%d,%d,0\r\n' % fields).encode())


def state(module, command):
    """AT+CIPSTATE?"""
    _describe(module, "CIPSTATE")


def status(module, command):
    """AT+CIPSTATUS"""
    module.write(b"STATUS:%d\r\n" % module.links.status())
    _describe(module, "CIPSTATUS")


def set_multiplexed(module, command):
    """AT+CIPMUX=<0|1>: not with links open, not in passthrough mode."""
    on = command.number(0, 0, 1)
    if module.links.any_open or (on and module.links.transparent):
        raise Failure()
    module.links.multiplexed = bool(on)


def set_transparent(module, command):
    """AT+CIPMODE=<0|1>: passthrough needs a single link."""
    on = command.number(0, 0, 1)
    if on and module.links.multiplexed:
        raise Failure()
    module.links.transparent = bool(on)


def set_show_peer(module, command):
    """AT+CIPDINFO=<0|1>"""
    module.links.show_peer = bool(command.number(0, 0, 1))


def set_options(module, command):
    """AT+CIPTCPOPT=[id],<linger>,<nodelay>,<send time-out>[,<keep-alive>]: kept, without effect
    on the simulated network."""
    limits = ((-1, 65535), (0, 1), (0, 0x7FFFFFFF), (0, 7200))
    values = list(DEFAULT_OPTIONS)
    for index, (low, high) in enumerate(limits):
        if command.given(index + 1):
            values[index] = command.number(index + 1, low, high)
    module.volatile["tcp_options"] = tuple(values)


def options(module):
    """AT+CIPTCPOPT?"""
    return "+CIPTCPOPT:0,%d,%d,%d,%d" % module.volatile.get("tcp_options", DEFAULT_OPTIONS)


COMMANDS = {
    "AT+CIPSTART": {SET: start},
    "AT+CIPCLOSE": {SET: close, EXECUTE: close},
    "AT+CIPSTATE": {QUERY: state},
    "AT+CIPSTATUS": {EXECUTE: status},
    "AT+CIPMUX": {
        QUERY: query(lambda m: "+CIPMUX:%d" % m.links.multiplexed),
        SET: set_multiplexed,
    },
    "AT+CIPMODE": {
        QUERY: query(lambda m: "+CIPMODE:%d" % m.links.transparent),
        SET: set_transparent,
    },
    "AT+CIPDINFO": {
        QUERY: query_glued(lambda m: "+CIPDINFO:" + ("true" if m.links.show_peer else "false")),
        SET: set_show_peer,
    },
    "AT+CIPTCPOPT": {QUERY: query(options), SET: set_options},
}
