"""ESP-AT 2.1 on an ESP32-MINI-1: as 2.2, without AT+CMD?, AT+CWSTATE? and AT+CWRECONNCFG.

Of its AT+MQTT* is known: topics and wills have at most 64 bytes, AT+MQTTPUBRAW takes 1024; it can
be asked for its configuration. *Invented*: the end of AT+GMR's line "SDK version".
"""

from atsim.commands import mqttqueries
from atsim.firmware.esp_at_2_2 import YOUNGER, EspAt22
from atsim.firmware.esp_at_2_4 import Mqtt24


class Mqtt21(Mqtt24):
    """Limits of 2.1."""

    longest_topic = 64
    longest_will_topic = 64
    longest_raw = 1024


class EspAt21(EspAt22):
    """See the module's text."""

    name = "esp-at-2.1"
    version = (
        b"AT version:2.1.0.0(883f7f2 - Jul 24 2020 11:50:07)\r\n"
        b"SDK version:v4.0.1-193-ge7ac221b4\r\n"
        b"compile time(98b95fc):Oct 29 2020 11:23:25\r\n"
        b"Bin version:2.1.0(MINI-1)\r\n"
    )
    mqtt = Mqtt21()
    sysmsg_bits = 3  # status texts in passthrough came with 2.2
    younger = YOUNGER + ("AT+CMD", "AT+CWSTATE", "AT+CWRECONNCFG")

    def commands(self):
        """2.2's, with questions that it does not answer any more."""
        table = super().commands()
        mqttqueries.add(table)
        return table


FIRMWARE = EspAt21
