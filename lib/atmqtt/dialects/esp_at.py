# MIT license; Copyright (c) 2026 The atmqtt authors
"""Espressif ESP-AT 2.4 to 5.x."""

from micropython import const

from ..header import FORMS as forms  # noqa: F401, N811 - of the headers of blocks

name = "esp-at"
line_max = const(255)  # bytes of a command with its CR LF; 257 would run their tail as a command
escapes = b'\\",'  # each gets a backslash inside a quoted argument; the backslash comes first
host_max = const(64)  # bytes of a host name in CIPSTART
send_max = const(8192)  # bytes of one CIPSEND
block_max = const(2920)  # bytes of one +IPD
now = b""  # ends the names of commands whose settings are not to be written to flash
tls_slots = True  # CIPSSLCCONF tells which of several certificates to use
tls_names = True  # CIPSSLCSNI, CIPSSLCCN, CIPSSLCALPN
tls_setup = ()  # sent before each CIPSTART "SSL"

mqtt_schemes = range(10)  # ways to the broker: see scheme.py; none: no MQTT, or not known

# sent once after detection; a refusal only means that the firmware is older
setup = (
    b"AT+SYSSTORE=0",  # do not write the flash each time Wi-Fi is joined
    b"AT+SYSMSG=0",  # kept in flash by earlier owners: CONNECT, not +LINK_CONN
    b"AT+SYSMSGFILTER=0",
    b"AT+CIPMODE=0",
    b"AT+CIPDINFO=0",
)


def __getattr__(key: str):
    # with the packets engine there is no need of what describes the module's own MQTT
    if key[:5] != "mqtt_":
        raise AttributeError(key)
    from . import esp_at_mqtt

    value = getattr(esp_at_mqtt, key)
    globals()[key] = value
    return value
