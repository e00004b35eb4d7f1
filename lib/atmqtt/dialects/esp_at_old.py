# MIT license; Copyright (c) 2026 The atmqtt authors
"""Espressif ESP-AT 2.0 to 2.3: as later ones, but for the longest send."""

from micropython import const

from .esp_at import (  # noqa: F401 - are the same
    block_max,
    escapes,
    forms,
    host_max,
    line_max,
    now,
    setup,
    tls_names,
    tls_setup,
    tls_slots,
)

name = "esp-at-old"
send_max = const(2048)
