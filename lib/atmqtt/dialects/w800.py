# MIT license; Copyright (c) 2026 The atmqtt authors
"""WinnerMicro W800's own AT firmware: ESP-AT's commands, as its documents have them."""

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
    mqtt_payload_max,
    mqtt_published,
    mqtt_sessions,
    mqtt_started,
    mqtt_tcp,
    mqtt_topic_max,
    mqtt_user_max,
    mqtt_will_max,
)
from .esp_at_mqtt import (
    mqtt_says as _says,
)

name = "w800"
send_max = const(5760)
mqtt_optional = (b"LONGCLIENTID", b"LONGUSERNAME", b"LONGPASSWORD", b"ALPN")
mqtt_says = _says + ((b"ALREADY SUBSCRIBE", "said_enough"),)
