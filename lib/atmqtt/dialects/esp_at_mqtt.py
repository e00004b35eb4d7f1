# MIT license; Copyright (c) 2026 The atmqtt authors
"""The MQTT of Espressif's ESP-AT 2.4 to 5.x. Loaded where it is asked what it can do."""

from micropython import const

mqtt_tcp = const(1)  # number of the first of them
mqtt_host_max = const(128)  # bytes
mqtt_id_max = const(256)  # of the client id; what does not fit into a line goes another way
mqtt_user_max = const(0)  # of user name and password in a line; 0: as much as fits
mqtt_long_max = const(1024)  # of each of the three after a prompt (AT+MQTTLONG...); 0: not at all
mqtt_topic_max = const(128)  # of a topic or filter
mqtt_will_max = const(128)  # of the will's topic, and of its payload
mqtt_payload_max = const(0)  # of AT+MQTTPUBRAW; 0: as much as fits into the module's memory
mqtt_buffer = const(1024)  # of a packet that comes whole: see joining.py
mqtt_certificates = b"0,0"  # of the client and of the CA, as AT+MQTTUSERCFG has them
mqtt_sessions = True  # can it ask for clean_session=False?
mqtt_blank = b""  # what stands for no user name, no password
mqtt_optional = None  # commands that not every version has: AT+CMD? tells
mqtt_started = b"OK"  # ends AT+MQTTCONN well
mqtt_published = b"+MQTTPUB:OK"  # ends AT+MQTTPUBRAW well
mqtt_says = (  # lines that come by themselves, and who in told.py they are for
    (b"+MQTTDISCONNECTED", "said_lost"),
    (b"+MQTTCONNECTED", "said_back"),
    (b"+MQTTPUB:FAIL", "said_refused"),
)
