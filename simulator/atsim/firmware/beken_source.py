"""Beken's BK7238 as its source code has it, where that is not what the documents say.

Known of it: answers without the empty line before them; schemes 0 and 1 instead of 1 and 2; quotes
are part of a string; AT+MQTTCONN? answers +MQTTCONNSTATE; AT+MQTTPUB ends with +MQTTPUB:OK or
+MQTTPUB:ERROR instead of OK and ERROR; messages come as +MQTTSUBREV, in quotes and cut off at a
NUL; a second SUBSCRIBE to a filter is OK.

*Invented*: the fields behind the state in +MQTTCONNSTATE; that other commands than AT+MQTT* take
quotes away; that UNSUBSCRIBE from an unknown filter is OK; and what beken says of itself.
"""

from atsim.firmware.beken import Beken, MqttBeken, bare
from atsim.mqttdialect import Scheme


class MqttBekenSource(MqttBeken):
    """See the module's text."""

    schemes = {0: Scheme(), 1: Scheme(tls=True)}
    decode = staticmethod(bare)
    published = b"+MQTTPUB:OK\r\n"
    not_published = b"+MQTTPUB:ERROR,-1\r\n"
    already_subscribed = b""
    not_subscribed = b""

    def message(self, topic, data, first):
        """The payload as a C string."""
        text = data.split(b"\0")[0]
        return b'+MQTTSUBREV:"%s",%d,"%s"\r\n' % (topic, len(data), text)

    def state(self, client, port):
        """AT+MQTTCONN?"""
        fields = (self.word(client), client.host, port, client.reconnect)
        return ("+MQTTCONNSTATE:%s,%s,%s,%d\r\n" % fields).encode()


class BekenSource(Beken):
    """See the module's text."""

    name = "beken-source"
    ok = b"OK\r\n"
    error = b"ERROR\r\n"
    prompt = b"OK\r\n>"
    mqtt = MqttBekenSource()


FIRMWARE = BekenSource
