"""AT+MQTTUSERCFG?, AT+MQTTCONNCFG?, AT+MQTTALPN?, which some firmwares have: what is configured.

*Invented*: that the answers have the form of the commands that configure it, and that without a
configuration they are empty, as that of AT+MQTTCONN? is.
"""

from atsim.mqttconfig import MqttConfig
from atsim.mqttdialect import Scheme
from atsim.syntax import QUERY

EMPTY = MqttConfig(0, Scheme(), b"", b"", b"", "")


def user(module, command):
    """AT+MQTTUSERCFG?"""
    config = module.mqtt.config or EMPTY
    fields = (config.number, config.client_id, config.user, config.password, config.path.encode())
    line = b'+MQTTUSERCFG:0,%d,"%s","%s","%s",0,0,"%s"\r\n' % fields
    module.write(line, secret=True)


def connection(module, command):
    """AT+MQTTCONNCFG?"""
    config = module.mqtt.config or EMPTY
    topic, will, qos, retain = config.will or (b"", b"", 0, 0)
    fields = (config.keepalive, 0 if config.clean else 1, topic, will, qos, retain)
    module.write(b'+MQTTCONNCFG:0,%d,%d,"%s","%s",%d,%d\r\n' % fields)


def alpn(module, command):
    """AT+MQTTALPN?"""
    config = module.mqtt.config or EMPTY
    names = "".join([',"%s"' % name for name in config.alpn])
    module.write(("+MQTTALPN:0,%d%s\r\n" % (len(config.alpn), names)).encode())


QUERIES = {
    "AT+MQTTUSERCFG": {QUERY: user},
    "AT+MQTTCONNCFG": {QUERY: connection},
    "AT+MQTTALPN": {QUERY: alpn},
}


def add(table: "dict[str, dict]") -> None:
    """Let the commands of a firmware's table that can be asked for be so."""
    for name, form in QUERIES.items():
        if name in table:
            table[name] = dict(table[name])
            table[name].update(form)
