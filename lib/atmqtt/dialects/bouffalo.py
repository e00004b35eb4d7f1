# MIT license; Copyright (c) 2026 The atmqtt authors
"""Bouffalo BL602 and BL616, the vendor's own AT firmware: as ESP-AT, but for what is here.

Its certificates are files in the module's flash, which cannot be named yet.
"""

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
from .esp_at_mqtt import (  # noqa: F401
    mqtt_blank,
    mqtt_buffer,
    mqtt_host_max,
    mqtt_payload_max,
    mqtt_published,
    mqtt_says,
    mqtt_sessions,
    mqtt_started,
    mqtt_topic_max,
    mqtt_will_max,
)

name = "bouffalo"
send_max = const(2048)  # not known; the least that any firmware takes
mqtt_schemes = (0, 1)
mqtt_tcp = const(0)
mqtt_certificates = b'"",""'  # names of files; none
mqtt_id_max = const(23)
mqtt_user_max = const(128)
mqtt_long_max = const(0)
mqtt_optional = (b"CLIENTID", b"USERNAME", b"PASSWORD", b"ALPN", b"SNI")
