"""ESP-AT 2.4 on an ESP32: what 3.x and 4.x added is missing.

Known of it: from which version on the commands below exist, and that a will has at most 64 bytes.
*Invented*: AT+GMR, that no boot text stands on the AT port, and that AT+CMD? is 4.1's list without
the younger commands. Certificates for TLS are in flash partitions that AT+SYSFLASH writes, which
is not simulated: Module(certificates=...) gives them. Everything else is taken to be as in 4.1.
"""

from atsim.firmware.esp_at import EspAt
from atsim.mqttdialect import MqttDialect

YOUNGER = (
    "AT+SYSMFG",
    "AT+SYSMSGFILTER",
    "AT+SYSMSGFILTERCFG",
    "AT+TRANSINTVL",
    "AT+CWINIT",
    "AT+CIPSTARTEX",
    "AT+CIPRECVTYPE",
    "AT+CIPSSLCCIPHER",
    "AT+MQTTLONGCLIENTID",
    "AT+MQTTLONGUSERNAME",
    "AT+MQTTLONGPASSWORD",
    "AT+MQTTSNI",
)


class Mqtt24(MqttDialect):
    """Limits of 2.4."""

    longest_will = 64  # until 2023-11
    resend_us = 1_000_000  # until 2025-03


class EspAt24(EspAt):
    """See the module's text."""

    name = "esp-at-2.4"
    version = (
        b"AT version:2.4.0.0(4c6eb5e - ESP32 - May 20 2022 03:11:58)\r\n"
        b"SDK version:v4.3.3\r\n"
        b"compile time(5cac8f8):May 20 2022 12:04:09\r\n"
        b"Bin version:2.4.0(WROOM-32)\r\n"
    )
    mqtt = Mqtt24()
    time_updated = b""  # since 3
    younger = YOUNGER

    def commands(self):
        """4.1's, less the younger ones."""
        table = super().commands()
        return {name: table[name] for name in table if name not in self.younger}

    def listing(self):
        """4.1's, less the younger ones."""
        return tuple([row for row in super().listing() if row[0] not in self.younger])

    def boot_text(self, module, cause):
        """The AT port is not the boot ROM's."""
        return []


FIRMWARE = EspAt24
