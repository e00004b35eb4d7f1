"""Basic commands: the module itself, its UART, what it remembers."""

from atsim.commands import query, query_glued
from atsim.syntax import EXECUTE, QUERY, SET


def at(module, command):
    """AT"""


def echo_off(module, command):
    """ATE0"""
    module.interpreter.echo = False


def echo_on(module, command):
    """ATE1"""
    module.interpreter.echo = True


def version(module, command):
    """AT+GMR"""
    module.write(module.firmware.version)


def command_list(module, command):
    """AT+CMD?: +CMD:<index>,"<name>",<test>,<query>,<set>,<execute>"""
    for index, (name, flags) in enumerate(module.firmware.listing()):
        module.write(('+CMD:%d,"%s",%s\r\n' % (index, name, ",".join(flags))).encode())


def restart(module, command):
    """AT+RST: OK, then the network falls, then the boot text."""
    return _restart(module)


def _restart(module):
    module.write(module.firmware.ok)
    yield module.timing.leave
    module.station.leave()
    module.restart("software", 300_000)
    while True:  # deaf until then
        yield None


def restore(module, command):
    """AT+RESTORE: factory settings, then as AT+RST."""
    yield module.timing.flash
    module.erase_flash()
    yield from _restart(module)


def _uart_text(name, baud, flow):
    return "+%s:%d,8,1,0,%d" % (name, baud, flow)


def uart_now(module):
    """AT+UART_CUR?: the rate the divider really gives."""
    return _uart_text("UART_CUR", module.firmware.real_baud(module.baud), module.flow)


def uart_stored(module):
    """AT+UART_DEF?"""
    return _uart_text("UART_DEF", module.flash["baud"], module.flash["flow"])


def set_uart(module, command):
    """AT+UART_CUR; AT+UART_DEF and AT+UART, which are stored: all up to OK still comes at the old
    rate."""
    low, high = module.firmware.baud_range
    baud = command.number(0, low, high)
    command.number(1, 5, 8)
    command.number(2, 1, 3)
    command.number(3, 0, 2)
    flow = command.number(4, 0, 3)
    command.at_most(5)
    if command.name != "AT+UART_CUR":
        yield module.timing.flash
        module.flash.update(baud=baud, flow=flow)
    module.write(module.firmware.ok)
    yield module.uart_busy_us()
    module.baud = baud
    module.flow = flow
    return b""


def set_sysstore(module, command):
    """AT+SYSSTORE=<0|1>: do settings go to flash?"""
    module.sysstore = command.number(0, 0, 1) == 1


def set_syslog(module, command):
    """AT+SYSLOG=<0|1>: ERR CODE lines."""
    module.interpreter.syslog = command.number(0, 0, 1) == 1


def set_sysmsg(module, command):
    """AT+SYSMSG=<bits>: 1 +QUITT, 2 +LINK_CONN, 4 status texts in passthrough."""
    bits = command.number(0, 0, module.firmware.sysmsg_bits)
    yield module.timing.flash
    module.store(sysmsg=bits)


def set_sleep(module, command):
    """AT+SLEEP=<mode>: kept, without effect."""
    module.volatile["sleep"] = command.number(0, 0, 3)


def free_memory(module):
    """AT+SYSRAM?"""
    return "+SYSRAM:" + ",".join(["%d" % count for count in module.firmware.free_memory])


def set_time(module, command):
    """AT+SYSTIMESTAMP=<Unix seconds>"""
    module.set_unix_time(command.number(0, 0, 0xFFFFFFFF))


COMMANDS = {
    "AT": {EXECUTE: at},
    "ATE0": {EXECUTE: echo_off},
    "ATE1": {EXECUTE: echo_on},
    "AT+RST": {EXECUTE: restart},
    "AT+GMR": {EXECUTE: version},
    "AT+RESTORE": {EXECUTE: restore},
    "AT+CMD": {QUERY: command_list},
    "AT+UART_CUR": {QUERY: query(uart_now), SET: set_uart},
    "AT+UART_DEF": {QUERY: query(uart_stored), SET: set_uart},
    "AT+UART": {QUERY: query(lambda m: _uart_text("UART", m.baud, m.flow)), SET: set_uart},
    "AT+SYSSTORE": {QUERY: query(lambda m: "+SYSSTORE:%d" % m.sysstore), SET: set_sysstore},
    "AT+SYSLOG": {
        QUERY: query(lambda m: "+SYSLOG:%d" % m.interpreter.syslog),
        SET: set_syslog,
    },
    "AT+SYSMSG": {
        QUERY: query_glued(lambda m: "+SYSMSG:%d" % m.settings["sysmsg"]),
        SET: set_sysmsg,
    },
    "AT+SLEEP": {QUERY: query(lambda m: "+SLEEP:%d" % m.volatile.get("sleep", 1)), SET: set_sleep},
    "AT+SYSRAM": {QUERY: query_glued(free_memory)},
    "AT+SYSTIMESTAMP": {
        QUERY: query_glued(lambda m: "+SYSTIMESTAMP:%d" % m.unix_time()),
        SET: set_time,
    },
}
