# MIT license; Copyright (c) 2026 The atmqtt authors
"""Espressif ESP-AT 2.x on an ESP8266: its MQTT has less memory, and no TLS."""

from micropython import const

from .esp_at_old import (  # noqa: F401 - are the same
    block_max,
    escapes,
    forms,
    host_max,
    line_max,
    mqtt_blank,
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

name = "esp8266"
mqtt_schemes = (0, 5)  # TCP and WebSocket
mqtt_buffer = const(512)
mqtt_payload_max = const(380)  # the whole packet has to fit into the buffer: 128 for the topic
