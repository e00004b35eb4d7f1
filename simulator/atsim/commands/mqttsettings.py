"""AT+MQTT* that configure: all but AT+MQTTCONNCFG want the state right after AT+MQTTUSERCFG."""

from atsim import mqtt
from atsim.commands import mqttarguments as arguments
from atsim.commands.sending import ask
from atsim.mqttconfig import MqttConfig
from atsim.phases import Counted
from atsim.syntax import SET, Failure

LONGEST_PATH = 32
LONGEST_KEEPALIVE = 7200  # seconds
LONGEST_FIELD = 1024  # AT+MQTTLONG*
LONGEST_NAME = 64  # AT+MQTTSNI; invented
MOST_PROTOCOLS = 5
HIGHEST_ID = 255  # of certificates, which are all one; ESP-AT 4.1 takes 1, the rest is invented


def set_user(module, command):
    """AT+MQTTUSERCFG=0,<scheme>,"client id","user","password",<cert>,<CA>,"path" """
    client = module.mqtt
    schemes = module.firmware.mqtt.schemes
    arguments.link_id(command)
    number = arguments.number(command, 1, min(schemes), max(schemes), arguments.SCHEME)
    client_id = arguments.octets(command, 2, arguments.CLIENT_ID)
    user = arguments.octets(command, 3, arguments.USER)
    password = arguments.octets(command, 4, arguments.PASSWORD)
    arguments.number(command, 5, 0, HIGHEST_ID, arguments.CERTIFICATE_ID)
    arguments.number(command, 6, 0, HIGHEST_ID, arguments.CA_ID)
    path = arguments.text(command, 7, arguments.PATH, LONGEST_PATH)
    command.at_most(8)
    if client.state > mqtt.READY:
        raise arguments.failure(arguments.WRONG_STATE)
    client.configure(MqttConfig(number, schemes[number], client_id, user, password, path))


def _configured(module):
    """The configuration, while it may still be changed."""
    if module.mqtt.state != mqtt.CONFIGURED:
        raise arguments.failure(arguments.WRONG_STATE)
    return module.mqtt.config


def _field(name, codes):
    """A handler for AT+MQTTCLIENTID, AT+MQTTUSERNAME, AT+MQTTPASSWORD."""

    def handler(module, command):
        config = _configured(module)
        arguments.link_id(command)
        value = arguments.octets(command, 1, codes)
        command.at_most(2)
        setattr(config, name, value)

    return handler


def _long_field(name, codes):
    """A handler for AT+MQTTLONG*=0,<length>: prompt, the bytes, OK."""

    def handler(module, command):
        config = _configured(module)
        arguments.link_id(command)
        phase = Counted(arguments.number(command, 1, 1, LONGEST_FIELD, codes))
        command.at_most(2)
        return _collect(module, phase, config, name)

    return handler


def _collect(module, phase, config, name):
    yield from ask(module, phase)
    while not phase.done:
        yield None
    module.trace("data", bytes(phase.data))
    yield module.timing.command
    setattr(config, name, bytes(phase.data))


def set_connection(module, command):
    """AT+MQTTCONNCFG=0,<keepalive>,<keep the session>,"will topic","will",<QoS>,<retain>"""
    client, limits = module.mqtt, module.firmware.mqtt
    if client.state not in (mqtt.CONFIGURED, mqtt.READY):
        raise arguments.failure(arguments.NOT_CONFIGURED)
    arguments.link_id(command)
    keepalive = arguments.number(command, 1, 0, LONGEST_KEEPALIVE, arguments.KEEPALIVE)
    dirty = arguments.number(command, 2, 0, 1, arguments.DISABLE_CLEAN)
    topic = arguments.octets(command, 3, arguments.WILL_TOPIC, limits.longest_will_topic)
    will = arguments.octets(command, 4, arguments.WILL, limits.longest_will)
    qos = arguments.number(command, 5, 0, 2, arguments.WILL_QOS)
    retain = arguments.number(command, 6, 0, 1, arguments.WILL_RETAIN)
    command.at_most(7)
    config = client.config
    config.keepalive = keepalive or limits.keepalive_default
    config.clean = not (dirty and limits.keeps_sessions)
    config.will = (topic, will, qos, retain) if topic else None
    client.state = mqtt.READY


def set_alpn(module, command):
    """AT+MQTTALPN=0,<count>,"a","b"...; count 0 clears"""
    config = _configured(module)
    arguments.link_id(command)
    count = command.number(1, 0, MOST_PROTOCOLS)
    if len(command.arguments) != 2 + count:
        raise arguments.failure(arguments.ARGUMENT_COUNT)
    config.alpn = tuple([command.name_text(2 + index) for index in range(count)])


def set_sni(module, command):
    """AT+MQTTSNI=0,"name"; "" clears"""
    config = _configured(module)
    arguments.link_id(command)
    name = command.name_text(1)
    command.at_most(2)
    if len(name) > LONGEST_NAME:
        raise Failure()
    config.sni = name


COMMANDS = {
    "AT+MQTTUSERCFG": {SET: set_user},
    "AT+MQTTCLIENTID": {SET: _field("client_id", arguments.CLIENT_ID)},
    "AT+MQTTUSERNAME": {SET: _field("user", arguments.USER)},
    "AT+MQTTPASSWORD": {SET: _field("password", arguments.PASSWORD)},
    "AT+MQTTLONGCLIENTID": {SET: _long_field("client_id", arguments.CLIENT_ID)},
    "AT+MQTTLONGUSERNAME": {SET: _long_field("user", arguments.USER)},
    "AT+MQTTLONGPASSWORD": {SET: _long_field("password", arguments.PASSWORD)},
    "AT+MQTTCONNCFG": {SET: set_connection},
    "AT+MQTTALPN": {SET: set_alpn},
    "AT+MQTTSNI": {SET: set_sni},
}
