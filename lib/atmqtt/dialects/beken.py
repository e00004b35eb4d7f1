# MIT license; Copyright (c) 2026 The atmqtt authors
"""Beken BK72xx, as its documents have it. Arguments without quotes, of which a comma alone takes a
backslash; no argument may be empty.

It reconnects by itself, and says so in words of its own. With QoS 1 and 2 a publish that was not
acknowledged in time counts as done. Its TCP commands take no host names: its MQTT is all there is.
"""

from micropython import const

from .esp_at import (  # noqa: F401 - are the same
    forms,
    line_max,
    now,
    tls_names,
    tls_setup,
    tls_slots,
)
from .esp_at_mqtt import (  # noqa: F401
    mqtt_certificates,
    mqtt_id_max,
    mqtt_sessions,
    mqtt_tcp,
)

name = "beken"
block_max = const(4096)  # messages come whole: what a client keeps if not told otherwise
escapes = b","
host_max = const(64)
send_max = const(0)  # none: no packets engine
setup = ()
mqtt_schemes = (0,)  # its TLS has pre-shared keys only
mqtt_host_max = const(64)
mqtt_user_max = const(64)
mqtt_long_max = const(0)
mqtt_topic_max = const(127)
mqtt_will_max = const(64)
mqtt_payload_max = const(512)
mqtt_buffer = const(0x3FFFFFFF)  # parts of messages are not known of
mqtt_blank = b"-"  # a broker that wants no name ignores it
mqtt_optional = ()
mqtt_started = b"+MQTTCONN:OK"  # after an OK that says nothing
mqtt_published = b"+MQTTPUBRAW:OK"
mqtt_says = (
    (b"+TCMQTTRECONNECTING", "said_lost"),
    (b"+TCMQTTRECONNECTED", "said_back"),
    (b"+MQTTPUB:OK", "said_done"),  # the source says this, the documents say OK
    (b"+MQTTPUB:ERROR", "said_refused"),
    (b"+MQTTPUBRAW:ERROR", "said_refused"),
    (b"+MQTTCONN:ERROR", "said_refused"),
    (b"+MQTTDISCONN:", "said_enough"),  # there was nothing to clean; ERROR follows, or nothing
    (b"ALREADY SUBSCRIBE", "said_enough"),
)
