"""AT+MQTT* of ESP-AT 4.1, as far as atsim.mqtt goes: configure, connect, query, clean.

Publishing and subscribing answer as they do without a connection; over one they are refused as
unsupported.
"""

from atsim import mqtt, syntax
from atsim.commands import query
from atsim.syntax import QUERY, SET, Failure

CODE = 0x010A6000  # ESP-AT's error codes for MQTT
NOT_CONFIGURED, WRONG_STATE, ALREADY_CLEAN, NO_LINK = 0x01, 0x02, 0x03, 0x06
LINK_ID, SCHEME, HOST = 0x11, 0x13, 0x52
# the code for "cannot read this argument", by index in AT+MQTTUSERCFG
USERCFG_CODES = {2: 0x14, 3: 0x17, 4: 0x1A, 7: 0x27}
PATH_TOO_LONG, LONGEST_PATH = 0x29, 32
REFUSED_US = 5_000_000  # +MQTTDISCONNECTED to ERROR
HOST_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-."


def failure(code):
    """A Failure with one of ESP-AT's MQTT codes."""
    return Failure(CODE + code)


def _number(command, index, low, high, code):
    try:
        return command.number(index, low, high)
    except Failure as problem:
        raise Failure(*(problem.codes + (CODE + code,)))


def _link(command):
    _number(command, 0, 0, 0, LINK_ID)


def _text(command, index, code):
    try:
        return command.text(index)
    except Failure as problem:
        raise Failure(*(problem.codes + (CODE + code,)))


def configure(module, command):
    """AT+MQTTUSERCFG=0,<scheme>,"client id","user","password",<cert>,<CA>,"path" """
    _link(command)
    scheme = _number(command, 1, 1, 10, SCHEME)
    client_id, user, password, path = (
        _text(command, index, USERCFG_CODES[index]) for index in sorted(USERCFG_CODES)
    )
    if len(path) > LONGEST_PATH:
        raise failure(PATH_TOO_LONG)
    if module.mqtt.state >= mqtt.DISCONNECTED:
        raise failure(WRONG_STATE)
    module.mqtt.configure(scheme, client_id, user, password)


def connect(module, command):
    """AT+MQTTCONN=0,"host",<port>,<reconnect>"""
    if module.mqtt.state not in (mqtt.CONFIGURED, mqtt.CONNECT_FAILED_STATE):
        raise failure(NOT_CONFIGURED)
    _link(command)
    host = command.name_text(1)
    port = command.number(2, 0, 65535)
    reconnect = command.number(3, 0, 1)
    if not all(character in HOST_CHARACTERS for character in host):
        raise failure(HOST)
    if module.mqtt.scheme != 1:
        raise Failure(syntax.UNSUPPORTED)
    if not (yield from module.mqtt.connect(host, port or 1883, reconnect)):
        yield REFUSED_US
        raise Failure()


def connection(module):
    """AT+MQTTCONN?"""
    return "+MQTTCONN:0,%d,%s" % (module.mqtt.state, module.mqtt.describe())


def subscriptions(module):
    """AT+MQTTSUB?: there never are any."""
    return '+MQTTSUB:0,%d,"",0' % module.mqtt.state


def clean(module, command):
    """AT+MQTTCLEAN=0"""
    _link(command)
    if module.mqtt.state == mqtt.NONE:
        raise failure(ALREADY_CLEAN)
    module.mqtt.clean()


def needs_connection(module, command):
    """The commands that work over a connection only."""
    _link(command)
    raise failure(NO_LINK) if module.mqtt.state != mqtt.CONNECTED else Failure(syntax.UNSUPPORTED)


COMMANDS = {
    "AT+MQTTUSERCFG": {SET: configure},
    "AT+MQTTCONN": {QUERY: query(connection), SET: connect},
    "AT+MQTTSUB": {QUERY: query(subscriptions), SET: needs_connection},
    "AT+MQTTUNSUB": {SET: needs_connection},
    "AT+MQTTPUB": {SET: needs_connection},
    "AT+MQTTPUBRAW": {SET: needs_connection},
    "AT+MQTTCLEAN": {SET: clean},
}
