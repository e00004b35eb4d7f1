"""The AT+CIPRECV* family: passive receiving, where the host fetches what arrived."""

from atsim.commands import query
from atsim.commands.tcp import link_number, open_slot
from atsim.syntax import QUERY, SET, Failure


def set_passive(module, command):
    """AT+CIPRECVMODE=<0|1>"""
    module.links.passive = bool(command.number(0, 0, 1))


def receive(module, command):
    """AT+CIPRECVDATA=[id,]<length>: a head, the data, no CRLF but that of OK."""
    firmware = module.firmware
    number, first = link_number(module, command)
    length = command.number(first, 1, 0x7FFFFFFF)
    slot = open_slot(module, number)
    if not module.links.passive or not slot.buffered:
        raise Failure()
    data = bytes(slot.buffered[: min(length, firmware.receive_limit)])
    slot.buffered = slot.buffered[len(data) :]
    slot.announced = False
    head = firmware.receive_head % len(data)
    if module.links.show_peer and firmware.receive_peer:
        head += firmware.receive_peer % (slot.link.remote_ip, slot.link.remote_port)
    module.write(head.encode() + data)
    module.write(firmware.ok)
    if firmware.announces_rest:
        module.scheduler.later(0, lambda: module.links.announce(number))
    return b""


def received_lengths(module):
    """AT+CIPRECVLEN?"""

    def length(slot):
        return "%d" % len(slot.buffered) if slot is not None else ""

    slots = module.links.slots
    if not (module.links.multiplexed or module.firmware.lists_all_lengths):
        return "+CIPRECVLEN:%s" % (length(slots[0]) or "0")
    return "+CIPRECVLEN:" + ",".join([length(slot) for slot in slots])


def set_type(module, command):
    """AT+CIPRECVTYPE=[id,]<0 active|1 passive>: AT+CIPRECVMODE by another name, for all links."""
    _, first = link_number(module, command)
    module.links.passive = bool(command.number(first, 0, 1))


COMMANDS = {
    "AT+CIPRECVMODE": {
        QUERY: query(lambda m: "+CIPRECVMODE:%d" % m.links.passive),
        SET: set_passive,
    },
    "AT+CIPRECVDATA": {SET: receive},
    "AT+CIPRECVLEN": {QUERY: query(received_lengths)},
    "AT+CIPRECVTYPE": {
        QUERY: query(lambda m: "+CIPRECVTYPE:0,%d" % m.links.passive),
        SET: set_type,
    },
}
