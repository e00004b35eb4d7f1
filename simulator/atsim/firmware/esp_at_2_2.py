"""ESP-AT 2.2 on an ESP32: the prompt comes in two writes, and what 2.3 to 4.1 added is missing.

Known of it: the prompt, the first line of AT+GMR, at most 2048 bytes per AT+CIPSEND, and from
which version on the commands below exist. *Invented*: the rest of AT+GMR, that no boot text stands
on the AT port, and that AT+CMD? is 4.1's list without the younger commands. Everything else is
taken to be as in 4.1.
"""

from atsim.firmware.esp_at import EspAt

YOUNGER = (
    "AT+SYSTIMESTAMP",
    "AT+SYSMFG",
    "AT+SYSMSGFILTER",
    "AT+SYSMSGFILTERCFG",
    "AT+TRANSINTVL",
    "AT+CWINIT",
    "AT+CIPSTATE",
    "AT+CIPSTARTEX",
    "AT+CIPSENDL",
    "AT+CIPSENDLCFG",
    "AT+CIPRECVTYPE",
    "AT+CIPSSLCCIPHER",
    "AT+CIPSNTPINTV",
    "AT+MQTTLONGCLIENTID",
    "AT+MQTTLONGUSERNAME",
    "AT+MQTTLONGPASSWORD",
    "AT+MQTTALPN",
    "AT+MQTTSNI",
)


class EspAt22(EspAt):
    """See the module's text."""

    name = "esp-at-2.2"
    version = (
        b"AT version:2.2.0.0-dev(ca41ec4 - ESP32 - Sep 16 2020 11:28:17)\r\n"
        b"SDK version:v4.0.1-193-ge7ac221b4\r\n"
        b"compile time(98b95fc):Sep 17 2020 10:12:17\r\n"
        b"Bin version:2.2.0(WROOM-32)\r\n"
    )
    ok_before_prompt = b"\r\nOK\r\n"
    prompt = b"\r\n>"
    time_updated = b""  # since 3
    send_limit = 2048
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


FIRMWARE = EspAt22
