"""AT+MQTTPUB, AT+MQTTPUBRAW, AT+MQTTSUB, AT+MQTTUNSUB: they work over a connection only.

Of ESP-AT, and of firmwares that follow it: above QoS 0, and for unsubscribing, OK waits for the
acknowledgement without limit; ERROR comes when the connection goes first, and does not mean that
nothing was delivered.
"""

from atsim import mqtt
from atsim.commands import mqttarguments as arguments
from atsim.commands.sending import ask
from atsim.phases import Counted
from atsim.syntax import QUERY, SET


def _connected(module):
    """The client. Which code tells of a connection that was lost is assumed."""
    client = module.mqtt
    if client.state == mqtt.DISCONNECTED:
        raise arguments.failure(arguments.IN_DISCONNECTED_STATE)
    if not client.online:
        raise arguments.failure(arguments.NO_LINK)
    return client


def _topic(module, command):
    longest = module.firmware.mqtt.longest_topic
    return arguments.octets(command, 1, arguments.TOPIC, longest)


def _qos_and_retain(command):
    qos = arguments.number(command, 3, 0, 2, arguments.QOS)
    retain = arguments.number(command, 4, 0, 1, arguments.RETAIN)
    command.at_most(5)
    return qos, retain == 1


def publish(module, command):
    """AT+MQTTPUB=0,"topic","data",<QoS>,<retain>"""
    client = _connected(module)
    arguments.link_id(command)
    topic = _topic(module, command)
    data = arguments.octets(command, 2, arguments.DATA)
    qos, retain = _qos_and_retain(command)
    if not (yield from client.publish(topic, data, qos, retain)):
        raise arguments.failure(arguments.PUBLISH_FAILED)


def publish_raw(module, command):
    """AT+MQTTPUBRAW=0,"topic",<length>,<QoS>,<retain>: prompt, the bytes, +MQTTPUB:OK or FAIL.

    Nothing but the bytes ends the wait for them.
    """
    client = _connected(module)
    arguments.link_id(command)
    topic = _topic(module, command)
    longest = module.firmware.mqtt.longest_raw
    phase = Counted(arguments.number(command, 2, 1, longest, arguments.LENGTH))
    qos, retain = _qos_and_retain(command)
    client.hush()
    try:
        yield from ask(module, phase)
        while not phase.done:
            yield None
    finally:
        client.unhush()
    module.trace("data", bytes(phase.data))
    yield module.timing.command
    if (yield from client.publish(topic, bytes(phase.data), qos, retain)):
        return b"+MQTTPUB:OK\r\n"
    return client.unsaid[:-2] + b"+MQTTPUB:FAIL\r\n"  # ESP-AT leaves out its CR LF


def subscribe(module, command):
    """AT+MQTTSUB=0,"filter",<QoS>"""
    client = _connected(module)
    arguments.link_id(command)
    topic_filter = _topic(module, command)
    qos = arguments.number(command, 2, 0, 2, arguments.QOS)
    command.at_most(3)
    dialect = module.firmware.mqtt
    if client.subscribed(topic_filter) and dialect.already_subscribed:
        module.write(dialect.already_subscribed)
        return None if dialect.ok_after_already else b""
    if len(client.filters) >= dialect.tracked_filters and dialect.table_full:
        module.write(dialect.table_full)
        return None
    if not (yield from client.subscribe(topic_filter, qos)):
        raise arguments.failure(arguments.SUBSCRIBE_FAILED)
    return None


def unsubscribe(module, command):
    """AT+MQTTUNSUB=0,"filter" """
    client = _connected(module)
    arguments.link_id(command)
    topic_filter = _topic(module, command)
    command.at_most(2)
    unknown = module.firmware.mqtt.not_subscribed
    if unknown and not client.subscribed(topic_filter):
        module.write(unknown)
        return
    if not (yield from client.unsubscribe(topic_filter)):
        raise arguments.failure(arguments.UNSUBSCRIBE_FAILED)


def subscriptions(module, command):
    """AT+MQTTSUB?: a line for each filter, quotes in them not escaped."""
    client = module.mqtt
    for topic_filter, qos in client.filters or ([b"", 0],):
        module.write(b'+MQTTSUB:0,%d,"%s",%d\r\n' % (client.state, topic_filter, qos))


COMMANDS = {
    "AT+MQTTPUB": {SET: publish},
    "AT+MQTTPUBRAW": {SET: publish_raw},
    "AT+MQTTSUB": {QUERY: subscriptions, SET: subscribe},
    "AT+MQTTUNSUB": {SET: unsubscribe},
}
