"""Lightning's LN882H: after ESP-AT, and not quite.

Known of its AT+MQTT*: over TCP only; an AT+MQTTCONN that fails ends with +MQTTDISCONNECTED and
nothing else; each reconnection brings an OK nobody asked for; a second SUBSCRIBE to a filter ends
with `ALREADY SUBSCRIBE` and no OK, UNSUBSCRIBE from an unknown one with `NO UNSUBSCRIBE` and OK;
the parts of a long message after the first have no head but `,<length>,`; AT+MQTTPUBRAW takes 1024
bytes; sessions are never kept.

*Invented*: which of ESP-AT's other commands are missing (those that Air601 lacks, and what is
younger than 2.4 of MQTT's), the size of its buffer, the answer to AT+GMR. The rest is taken to be
as in ESP-AT.
"""

from atsim.commands import mqtt
from atsim.firmware.air601 import Air601
from atsim.mqttdialect import MqttDialect, Scheme

MISSING = (
    "AT+MQTTLONGCLIENTID",
    "AT+MQTTLONGUSERNAME",
    "AT+MQTTLONGPASSWORD",
    "AT+MQTTALPN",
    "AT+MQTTSNI",
)


class MqttLn882h(MqttDialect):
    """See the module's text."""

    schemes = {1: Scheme()}
    longest_raw = 1024
    keeps_sessions = False
    error_after_refusal = False
    already_subscribed = b"ALREADY SUBSCRIBE\r\n"
    ok_after_already = False
    not_subscribed = b"NO UNSUBSCRIBE\r\n"

    def connected(self, text, again):
        """With an OK too many after a reconnection."""
        return super().connected(text, again) + (b"\r\nOK\r\n" if again else b"")

    def message(self, topic, data, first):
        """One head for all parts."""
        return super().message(topic, data, first) if first else b",%d,%s\r\n" % (len(data), data)


class Ln882h(Air601):
    """See the module's text."""

    name = "ln882h"
    version = b"AT version:1.0.0(LN882H)\r\nSDK version:2.0.0\r\n"
    send_limit = 2048  # invented
    mqtt = MqttLn882h()

    def timing(self):
        """A failed attempt is over with its event."""
        timing = super().timing()
        timing.mqtt_wake = 100_000
        return timing

    def commands(self):
        """Air601's and MQTT's, less what is MISSING."""
        table = super().commands()
        table.update(mqtt.COMMANDS)
        for name in MISSING:
            del table[name]
        return table


FIRMWARE = Ln882h
