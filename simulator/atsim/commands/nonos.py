"""Commands that ESP8266 NonOS AT has beside ESP-AT's, or answers in other words."""

from atsim.commands import wifi
from atsim.syntax import QUERY, SET, Failure

ACCESS_POINT, STATION, BOTH = 0, 1, 2  # AT+CWDHCP
TLS_BUFFER = (2048, 4096)  # bytes


def set_dhcp(module, command):
    """AT+CWDHCP[_CUR|_DEF]=<0 access point|1 station|2 both>,<0 off|1 on>"""
    interface = command.number(0, ACCESS_POINT, BOTH)
    if command.number(1, 0, 1) and interface != ACCESS_POINT:
        wifi.keep(module, command, static_ip=None)


def set_tls_buffer(module, command):
    """AT+CIPSSLSIZE=<bytes>: accepted, without effect. The real one wants it before the first
    CIPSTART "SSL"."""
    command.number(0, TLS_BUFFER[0], TLS_BUFFER[1])


def domain(module, command):
    """AT+CIPDOMAIN="name": the address without quotes."""
    name = command.name_text(0)
    address = module.net.resolve(name) if module.station.online else None
    if address is None:
        raise Failure(explanation=b"DNS Fail")
    module.write(b"+CIPDOMAIN:%s\r\n" % address.encode())


def ping(module, command):
    """AT+PING="host": +<ms>, or +timeout and ERROR."""
    host = command.name_text(0)
    milliseconds = module.net.ping(host) if module.station.online else None
    if milliseconds is None:
        raise Failure(explanation=b"+timeout")
    yield milliseconds * 1000
    module.write(b"+%d\r\n" % milliseconds)


MODE = {QUERY: wifi.mode, SET: wifi.set_mode}
JOIN = {QUERY: wifi.joined, SET: wifi.join}
ADDRESS = {QUERY: wifi.station_ip, SET: wifi.set_station_ip}
DHCP = {SET: set_dhcp}

COMMANDS = {
    "AT+CWMODE_CUR": MODE,
    "AT+CWMODE_DEF": MODE,
    "AT+CWJAP": JOIN,
    "AT+CWJAP_CUR": JOIN,
    "AT+CWJAP_DEF": JOIN,
    "AT+CIPSTA_CUR": ADDRESS,
    "AT+CIPSTA_DEF": ADDRESS,
    "AT+CWDHCP": DHCP,
    "AT+CWDHCP_CUR": DHCP,
    "AT+CWDHCP_DEF": DHCP,
    "AT+CIPSSLSIZE": {SET: set_tls_buffer},
    "AT+CIPDOMAIN": {SET: domain},
    "AT+PING": {SET: ping},
}
