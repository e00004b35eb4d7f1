"""AT+MQTT* of Beken: ESP-AT's names and arguments, other limits and other answers.

A command that fails has no code; AT+MQTTCLEAN without a connection says +MQTTDISCONN first.
"""

from atsim import mqtt
from atsim.commands.sending import ask
from atsim.mqttconfig import MqttConfig
from atsim.phases import Counted
from atsim.syntax import QUERY, SET, Failure

LONGEST_PATH = 32
LONGEST_KEEPALIVE = 7200  # seconds


def _text(module, command, index, longest, shortest=1):
    """A string; most may not be empty."""
    if index >= len(command.arguments):
        raise Failure()
    value = module.firmware.mqtt.decode(command.arguments[index])
    if value is None or not shortest <= len(value) <= longest:
        raise Failure()
    return value


def _link(command):
    command.number(0, 0, 0)


def configure(module, command):
    """AT+MQTTUSERCFG=0,<scheme>,<client id>,<user>,<password>,<cert>,<CA>,<path>"""
    _link(command)
    limits = module.firmware.mqtt
    number = command.number(1, min(limits.schemes), max(limits.schemes))
    client_id = _text(module, command, 2, limits.longest_client_id)
    user = _text(module, command, 3, limits.longest_user)
    password = _text(module, command, 4, limits.longest_user)
    command.number(5, 0, 0)
    command.number(6, 0, 0)
    _text(module, command, 7, LONGEST_PATH, shortest=0)
    command.at_most(8)
    if module.mqtt.state > mqtt.READY or module.mqtt.busy:
        raise Failure()
    scheme = limits.schemes[number]
    module.mqtt.configure(MqttConfig(number, scheme, client_id, user, password, ""))


def set_connection(module, command):
    """AT+MQTTCONNCFG=0,<keepalive>,<keep the session>,<will topic>,<will>,<QoS>,<retain>"""
    client, limits = module.mqtt, module.firmware.mqtt
    _link(command)
    keepalive = command.number(1, 0, LONGEST_KEEPALIVE)
    dirty = command.number(2, 0, 1)
    topic = _text(module, command, 3, limits.longest_will_topic)
    will = _text(module, command, 4, limits.longest_will)
    qos = command.number(5, 0, 2)
    retain = command.number(6, 0, 1)
    command.at_most(7)
    if client.state not in (mqtt.CONFIGURED, mqtt.READY) or client.busy:
        raise Failure()
    client.config.keepalive = keepalive or limits.keepalive_default
    client.config.clean = not dirty
    client.config.will = (topic, will, qos, retain)
    client.state = mqtt.READY


def connect(module, command):
    """AT+MQTTCONN=0,<host>,<port>,<reconnect>: OK, and later +MQTTCONN:OK or ERROR"""
    client = module.mqtt
    _link(command)
    host = _text(module, command, 1, module.firmware.mqtt.longest_host)
    port = command.number(2, 1, 65535)
    reconnect = command.number(3, 0, 1)
    command.at_most(4)
    if client.state not in (mqtt.CONFIGURED, mqtt.READY) or client.busy:
        raise Failure()
    try:
        host = host.decode()
    except UnicodeError:
        raise Failure()
    tls = client.config.tls_options(host, module.certificates, module.unix_time())
    module.write(module.firmware.ok)
    client.begin(client.config, host, str(port), reconnect, tls)
    return b""


def connection(module, command):
    """AT+MQTTCONN?"""
    client = module.mqtt
    module.write(module.firmware.mqtt.state(client, client.port or "0"))


def publish(module, command):
    """AT+MQTTPUB=0,<topic>,<data>,<QoS>,<retain>"""
    dialect = module.firmware.mqtt
    _link(command)
    topic = _text(module, command, 1, dialect.longest_topic)
    data = _text(module, command, 2, module.firmware.line_limit, shortest=0)
    qos = command.number(3, 0, 2)
    retain = command.number(4, 0, 1)
    command.at_most(5)
    if (yield from module.mqtt.publish(topic, data, qos, retain == 1)):
        return dialect.published or None
    if dialect.not_published:
        return dialect.not_published
    raise Failure()


def publish_raw(module, command):
    """AT+MQTTPUBRAW=0,<topic>,<length>,<QoS>,<retain>: prompt, the bytes, +MQTTPUBRAW:OK"""
    limits = module.firmware.mqtt
    _link(command)
    topic = _text(module, command, 1, limits.longest_topic)
    phase = Counted(command.number(2, 1, limits.longest_raw))
    qos = command.number(3, 0, 2)
    retain = command.number(4, 0, 1)
    command.at_most(5)
    _need_connection(module)
    yield from ask(module, phase)
    while not phase.done:
        yield None
    module.trace("data", bytes(phase.data))
    yield module.timing.command
    if (yield from module.mqtt.publish(topic, bytes(phase.data), qos, retain == 1)):
        return b"+MQTTPUBRAW:OK\r\n"
    return b"+MQTTPUBRAW:ERROR,-1\r\n"


def subscribe(module, command):
    """AT+MQTTSUB=0,<filter>,<QoS>"""
    dialect = module.firmware.mqtt
    _link(command)
    topic_filter = _text(module, command, 1, dialect.longest_topic)
    qos = command.number(2, 0, 2)
    command.at_most(3)
    _need_connection(module)
    if module.mqtt.subscribed(topic_filter) and dialect.already_subscribed:
        return dialect.already_subscribed
    if not (yield from module.mqtt.subscribe(topic_filter, qos)):
        raise Failure()
    return None


def unsubscribe(module, command):
    """AT+MQTTUNSUB=0,<filter>"""
    dialect = module.firmware.mqtt
    _link(command)
    topic_filter = _text(module, command, 1, dialect.longest_topic)
    command.at_most(2)
    if dialect.not_subscribed and not module.mqtt.subscribed(topic_filter):
        module.write(dialect.not_subscribed)
        return
    _need_connection(module)
    if not (yield from module.mqtt.unsubscribe(topic_filter)):
        raise Failure()


def subscriptions(module, command):
    """AT+MQTTSUB?"""
    client = module.mqtt
    word = module.firmware.mqtt.word(client).encode()
    for topic_filter, qos in client.filters:
        module.write(b"+MQTTSUB:0,%s,%s,%d\r\n" % (word, topic_filter, qos))


def clean(module, command):
    """AT+MQTTCLEAN=0"""
    _link(command)
    command.at_most(1)
    if not module.mqtt.busy:
        module.write(b"+MQTTDISCONN:-1\r\n")
        raise Failure()
    return module.mqtt.clean()


def _need_connection(module):
    if not module.mqtt.online:
        raise Failure()


COMMANDS = {
    "AT+MQTTUSERCFG": {SET: configure},
    "AT+MQTTCONNCFG": {SET: set_connection},
    "AT+MQTTCONN": {QUERY: connection, SET: connect},
    "AT+MQTTPUB": {SET: publish},
    "AT+MQTTPUBRAW": {SET: publish_raw},
    "AT+MQTTSUB": {QUERY: subscriptions, SET: subscribe},
    "AT+MQTTUNSUB": {SET: unsubscribe},
    "AT+MQTTCLEAN": {SET: clean},
}
