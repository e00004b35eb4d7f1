"""ESP-AT 2.2 on an ESP32: the prompt comes in two writes, and what 2.3 and 2.4 added is missing.

Known of it: the prompt, the first line of AT+GMR, at most 2048 bytes per AT+CIPSEND, and from
which version on the commands below exist. *Invented*: the rest of AT+GMR. Everything else is taken
to be as in 2.4.
"""

from atsim.firmware import esp_at_2_4

YOUNGER = esp_at_2_4.YOUNGER + (
    "AT+SYSTIMESTAMP",
    "AT+CIPSTATE",
    "AT+CIPSENDL",
    "AT+CIPSENDLCFG",
    "AT+CIPSNTPINTV",
    "AT+MQTTALPN",
)


class EspAt22(esp_at_2_4.EspAt24):
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
    send_limit = 2048
    younger = YOUNGER


FIRMWARE = EspAt22
