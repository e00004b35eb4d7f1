"""The AT+CIPSEND family: announced data, escaped data, long data, passthrough."""

from atsim.commands import query
from atsim.commands.tcp import link_number, open_slot
from atsim.net import OPEN
from atsim.phases import Counted, Escaped, Stream
from atsim.syntax import EXECUTE, QUERY, SET, Failure

LONGEST = 0x7FFFFFFF
LONG_CHUNK = 2920  # AT+CIPSENDL hands data to TCP in these


def send(module, command):
    """AT+CIPSEND=[id,]<n>: prompt, n bytes, `Recv n bytes`, SEND OK."""
    number, first = link_number(module, command)
    count = command.number(first, 1, module.firmware.send_limit)
    command.at_most(first + 1)
    slot = open_slot(module, number)
    phase = Counted(count, cancellable=True)
    yield from _collect(module, phase)
    if phase.cancelled:
        return b"\r\nSEND Canceled\r\n"
    return (yield from _send_collected(module, slot, bytes(phase.data)))


def send_escaped(module, command):
    """AT+CIPSENDEX=[id,]<n>: ends at n bytes or at backslash-zero."""
    number, first = link_number(module, command)
    limit = command.number(first, 1, module.firmware.send_limit)
    slot = open_slot(module, number)
    phase = Escaped(limit)
    yield from _collect(module, phase)
    return (yield from _send_collected(module, slot, bytes(phase.data)))


def ask(module, phase):
    """Task part: print the prompt, which opens the phase. Between the two writes of an old
    firmware anything may come, e.g. +IPD."""
    if module.firmware.ok_before_prompt:
        module.write(module.firmware.ok_before_prompt)
        yield module.timing.prompt_gap
    module.write(module.firmware.prompt)
    module.interpreter.phase = phase


def _collect(module, phase):
    yield from ask(module, phase)
    while not phase.done:
        yield None


def _send_collected(module, slot, data):
    module.trace("data", data)
    if module.firmware.send_receipt:
        module.write(module.firmware.send_receipt % len(data))
    yield module.timing.command
    sent = yield from module.links.transmit(slot, data)
    return b"\r\nSEND OK\r\n" if sent else module.firmware.send_failed


def send_long(module, command):
    """AT+CIPSENDL=[id,]<n>: data goes out while it comes in; +CIPSENDL:<sent>,<received>."""
    number, first = link_number(module, command)
    count = command.number(first, 1, LONGEST)
    slot = open_slot(module, number)
    phase = Counted(count, cancellable=True)
    yield from ask(module, phase)
    report, chunk = module.volatile.get("sendl", (1024, LONG_CHUNK))
    sent = reported = 0
    while sent < count:
        if phase.cancelled:
            return b"\r\nSEND CANCELLED\r\n"
        received = sent + len(phase.data)
        if len(phase.data) < chunk and received < count:
            yield None
            continue
        piece = bytes(phase.data[:chunk])
        phase.discard(len(piece))
        if not (yield from module.links.transmit(slot, piece)):
            return module.firmware.send_failed
        sent += len(piece)
        while reported + report <= sent or reported < sent == count:
            reported = min(reported + report, count)
            module.write(b"+CIPSENDL:%d,%d\r\n" % (reported, received))
    return b"\r\nSEND OK\r\n"


def set_long(module, command):
    """AT+CIPSENDLCFG=<report every n bytes>[,<chunk>]"""
    report = command.number(0, 100, 1 << 20)
    chunk = command.number(1, 100, LONG_CHUNK) if command.given(1) else LONG_CHUNK
    module.volatile["sendl"] = (report, chunk)


def passthrough(module, command):
    """AT+CIPSEND with AT+CIPMODE=1: raw bytes both ways until a lone `+++`."""
    if not module.links.transparent:
        raise Failure()
    slot = open_slot(module, 0)
    phase = Stream(module.timing.passthrough_gap, lambda: _left(module))
    yield from ask(module, phase)
    module.links.stream = phase
    module.links.slots[0] = slot  # closed before the prompt was out? It is opened again
    module.scheduler.spawn(_stream(module, slot, phase))
    return b""


def _left(module):
    """The host has ended passthrough."""
    if module.settings["sysmsg"] & 1:
        module.write(b"\r\n+QUITT\r\n")


def _stream(module, slot, phase):
    """Carry bytes to the peer. A peer that closes is not mentioned: the module connects again by
    itself, and what the host sends meanwhile is lost."""
    while not phase.done:
        data = bytes(phase.data)
        if slot.link.state == OPEN:
            taken = slot.link.send(data)
            module.trace("sent", data[:taken], slot.number)
            phase.discard(taken)
            yield None
        elif not module.station.online:
            phase.discard(len(data))
            yield None
        else:
            phase.discard(len(data))
            yield module.timing.passthrough_retry
            try:
                fresh = yield from module.links.connect(
                    *(slot.number, slot.kind, slot.host, slot.port, slot.tls),
                    module.timing.connect_limit,
                )
            except Failure:
                continue
            if phase.done:
                fresh.link.close()
            else:
                slot.link = fresh.link


COMMANDS = {
    "AT+CIPSEND": {SET: send, EXECUTE: passthrough},
    "AT+CIPSENDL": {SET: send_long},
    "AT+CIPSENDLCFG": {
        QUERY: query(lambda m: "+CIPSENDLCFG:%d,%d" % m.volatile.get("sendl", (1024, LONG_CHUNK))),
        SET: set_long,
    },
    "AT+CIPSENDEX": {SET: send_escaped},
}
