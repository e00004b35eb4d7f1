"""Air601: ESP-AT's TCP and Wi-Fi commands on another chip, no AT+MQTT*.

Known of it: no MQTT commands, `+IPD` data is followed by CRLF, at most 5760 bytes per CIPSEND,
echo is on after a reset. *Invented*, because no real text is known: the answer to AT+GMR, and
which of ESP-AT's younger commands are missing. Everything else is taken to be as in ESP-AT.
"""

from atsim.commands import basic, receiving, sending, services, tcp, tls, wifi
from atsim.firmware.base import Firmware

MISSING = (
    "AT+CMD",
    "AT+SYSMSG",
    "AT+SYSLOG",
    "AT+SYSSTORE",
    "AT+SYSRAM",
    "AT+SYSTIMESTAMP",
    "AT+CWINIT",
    "AT+CWSTATE",
    "AT+CWRECONNCFG",
    "AT+CIPSENDL",
    "AT+CIPSENDLCFG",
)


class Air601(Firmware):
    """See the module's text."""

    name = "air601"
    version = b"AT version:V1.0.3(Air601)\r\nSDK version:V1.00.10\r\n"  # invented
    send_limit = 5760

    def commands(self):
        """ESP-AT's groups but MQTT, less what is MISSING."""
        table = {}
        for group in (basic, wifi, tcp, tls, receiving, sending, services):
            table.update(group.COMMANDS)
        for name in MISSING:
            del table[name]
        return table


FIRMWARE = Air601
