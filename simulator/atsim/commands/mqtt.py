"""AT+MQTT* of ESP-AT: connecting and cleaning; with the groups that configure and carry messages
all of them.

Where a code for AT+SYSLOG=1 is not known from a real module, that of the argument's or the
operation's name is taken.
"""

from atsim import mqtt
from atsim.commands import mqttarguments as arguments
from atsim.commands import mqttmessages, mqttsettings, query
from atsim.mqttconfig import stored
from atsim.syntax import QUERY, SET, Failure

HOST_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-."


def connect(module, command):
    """AT+MQTTCONN=0,"host",<port>,<reconnect>; port 0 is the scheme's own.

    Success uses the configuration up: afterwards it wants AT+MQTTCLEAN and everything anew.
    """
    client = module.mqtt
    if client.state not in (mqtt.CONFIGURED, mqtt.READY):
        raise arguments.failure(arguments.NOT_CONFIGURED)
    arguments.link_id(command)
    host = _host(module, command)
    port = arguments.number(command, 2, 0, 65535, arguments.PORT)
    reconnect = arguments.number(command, 3, 0, 1, arguments.RECONNECT)
    command.at_most(4)
    _check_certificates(module, client.config.scheme)
    tls = client.config.tls_options(host, module.certificates, module.unix_time())
    if (yield from client.connect(client.config, host, str(port), reconnect, tls)):
        return None
    if module.firmware.mqtt.error_after_refusal:
        raise Failure()
    return b""


def _host(module, command):
    host = arguments.text(command, 1, arguments.HOST, module.firmware.mqtt.longest_host)
    if not host:
        raise arguments.failure(arguments.HOST_EMPTY)
    if not all(character in HOST_CHARACTERS for character in host):
        raise arguments.failure(arguments.BAD_HOST)
    return host


def _check_certificates(module, scheme):
    """ESP-AT 4.1 refuses at once when there are none."""
    needed = []
    if scheme.verify:
        needed.append(("ca", arguments.NO_CA))
    if scheme.show:
        needed += [("cert", arguments.NO_CERTIFICATE), ("key", arguments.NO_KEY)]
    for kind, code in needed:
        if not stored(module.certificates, kind):
            raise arguments.failure(code)


def connection(module):
    """AT+MQTTCONN?"""
    return "+MQTTCONN:0,%d,%s" % (module.mqtt.state, module.mqtt.describe())


def clean(module, command):
    """AT+MQTTCLEAN=0: takes seconds when the connection is gone already."""
    arguments.link_id(command)
    command.at_most(1)
    if module.mqtt.state == mqtt.NONE:
        raise arguments.failure(arguments.ALREADY_CLEAN)
    return module.mqtt.clean()


COMMANDS = {
    "AT+MQTTCONN": {QUERY: query(connection), SET: connect},
    "AT+MQTTCLEAN": {SET: clean},
}
COMMANDS.update(mqttsettings.COMMANDS)
COMMANDS.update(mqttmessages.COMMANDS)
