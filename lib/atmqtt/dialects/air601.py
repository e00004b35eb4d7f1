# MIT license; Copyright (c) 2026 The atmqtt authors
"""OpenLuat Air601 (WinnerMicro W800 family): ESP-AT's TCP commands, no MQTT of its own.

Also what a module is taken for that answers AT but has none of ESP-AT's own commands.
"""

from micropython import const

from .esp_at import (  # noqa: F401 - are the same
    block_max,
    escapes,
    forms,
    host_max,
    line_max,
    now,
    tls_names,
    tls_setup,
    tls_slots,
)

name = "air601"
send_max = const(5760)
setup = (b"AT+CIPMODE=0",)  # it may have been left in passthrough
mqtt_schemes = ()
