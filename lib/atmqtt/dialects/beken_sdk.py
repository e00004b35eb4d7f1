# MIT license; Copyright (c) 2026 The atmqtt authors
"""Beken BK72xx, as its published source has it: the way over TCP is number 0, not 1."""

from micropython import const

from .beken import (  # noqa: F401 - are the same
    block_max,
    escapes,
    forms,
    host_max,
    line_max,
    mqtt_blank,
    mqtt_buffer,
    mqtt_certificates,
    mqtt_host_max,
    mqtt_id_max,
    mqtt_long_max,
    mqtt_optional,
    mqtt_payload_max,
    mqtt_published,
    mqtt_says,
    mqtt_schemes,
    mqtt_sessions,
    mqtt_started,
    mqtt_topic_max,
    mqtt_user_max,
    mqtt_will_max,
    now,
    send_max,
    setup,
    tls_names,
    tls_setup,
    tls_slots,
)

name = "beken-sdk"
mqtt_tcp = const(0)
