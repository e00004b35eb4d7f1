# MIT license; Copyright (c) 2026 The atmqtt authors
"""Espressif ESP8266 NonOS AT 1.7, the factory firmware of an ESP-01: no MQTT of its own."""

from micropython import const

from ..header import FORMS, IPD
from .esp_at import block_max, escapes, host_max, line_max  # noqa: F401 - are the same

name = "nonos"
send_max = const(2048)
now = b"_CUR"  # AT+CWJAP_CUR; without it, and with _DEF, the flash is written
forms = tuple([form[:3] + (0,) if form[2] == IPD else form for form in FORMS])  # no CR LF assured
tls_slots = False
tls_names = False
tls_setup = (b"AT+CIPSSLSIZE=4096",)
setup = (b"AT+CIPMODE=0", b"AT+CIPDINFO=0")
mqtt_schemes = ()
