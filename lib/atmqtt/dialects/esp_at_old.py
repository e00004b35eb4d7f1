# MIT license; Copyright (c) 2026 The atmqtt authors
"""Espressif ESP-AT 2.0 to 2.3: shorter arguments and sends than later ones."""

from micropython import const

from .esp_at import (  # noqa: F401 - are the same
    block_max,
    escapes,
    forms,
    host_max,
    line_max,
    mqtt_schemes,
    now,
    setup,
    tls_names,
    tls_setup,
    tls_slots,
)
from .esp_at_mqtt import (  # noqa: F401
    mqtt_blank,
    mqtt_buffer,
    mqtt_certificates,
    mqtt_host_max,
    mqtt_id_max,
    mqtt_long_max,
    mqtt_optional,
    mqtt_published,
    mqtt_says,
    mqtt_sessions,
    mqtt_started,
    mqtt_tcp,
)

name = "esp-at-old"
send_max = const(2048)
mqtt_user_max = const(64)
mqtt_topic_max = const(64)  # as 2.0 documents it
mqtt_will_max = const(64)
mqtt_payload_max = const(1024)  # 2.0 fails beyond
