# MIT license; Copyright (c) 2026 The atmqtt authors
"""Lightning LN882H: after ESP-AT, with ways of its own. TCP only.

A refused AT+MQTTCONN ends with +MQTTDISCONNECTED and no ERROR; a filter that is subscribed to
already is told so, and no OK follows. The parts of a long message after the first come as
`,<length>,<data>`; how long the first one is, is not known: taken to be as on ESP-AT.
"""

from micropython import const

from ..header import FORMS, MESSAGE
from .w800 import (  # noqa: F401 - are the same
    block_max,
    escapes,
    host_max,
    line_max,
    mqtt_blank,
    mqtt_buffer,
    mqtt_certificates,
    mqtt_host_max,
    mqtt_published,
    mqtt_says,
    mqtt_started,
    mqtt_tcp,
    mqtt_topic_max,
    mqtt_user_max,
    mqtt_will_max,
    now,
    setup,
    tls_names,
    tls_setup,
    tls_slots,
)

name = "ln882h"
send_max = const(2048)  # not known; the least that any firmware takes
forms = FORMS + ((b",", b"n,", MESSAGE, 2),)
mqtt_schemes = (0,)
mqtt_id_max = const(236)
mqtt_long_max = const(0)
mqtt_payload_max = const(1024)
mqtt_optional = ()
mqtt_sessions = False
