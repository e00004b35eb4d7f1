"""WinnerMicro's own AT firmware for the W800: Air601's commands, and AT+MQTT* after ESP-AT's.

Known of it: the MQTT commands, without AT+MQTTSNI; `ALREADY SUBSCRIBE` and `ALREADY FULL
SUBSCRIBE` on the AT port; wills of 128 bytes, ten filters; the refusals `CMD FORMAT ERR` and
`CMD PARSE ERR`; `busy ...`; at most 5760 bytes per AT+CIPSEND; it can be asked for its
configuration.

*Invented*: what makes it say which refusal; that OK follows the two texts, and no packet is sent;
that its schemes are those without WebSocket; the answer to AT+GMR. The rest is taken to be as in
Air601 and ESP-AT.
"""

from atsim import syntax
from atsim.commands import mqtt, mqttqueries
from atsim.firmware.air601 import Air601
from atsim.mqttdialect import MqttDialect, esp_at_schemes

WITHOUT_WEBSOCKET = 5


class MqttW800(MqttDialect):
    """See the module's text."""

    schemes = {n: scheme for n, scheme in esp_at_schemes().items() if n <= WITHOUT_WEBSOCKET}
    already_subscribed = b"ALREADY SUBSCRIBE\r\n"
    table_full = b"ALREADY FULL SUBSCRIBE\r\n"


class W800(Air601):
    """See the module's text."""

    name = "w800"
    version = b"AT version:V1.0.0(W800)\r\nSDK version:V2.00.00\r\n"
    busy = b"\r\nbusy ...\r\n"
    busy_sending = busy
    mqtt = MqttW800()

    def commands(self):
        """Air601's and MQTT's."""
        table = super().commands()
        table.update(mqtt.COMMANDS)
        del table["AT+MQTTSNI"]
        mqttqueries.add(table)
        return table

    def refusal(self, failure):
        """Lines that are no command, arguments that are none, and the rest."""
        if syntax.NO_AT_PREFIX in failure.codes:
            return b"\r\nCMD FORMAT ERR\r\n"
        if any(code >> 16 == syntax.BAD_ARGUMENT >> 16 for code in failure.codes):
            return b"\r\nCMD PARSE ERR\r\n"
        return self.error


FIRMWARE = W800
