"""Names of error codes, against Espressif's own list."""

import json

from atmqtt import codes
from plain import raises
from rig.nativedesk import ERROR, Native

_FILE = __file__.rpartition("/unit/")[0] + "/data/at_mqtt_error_codes.json"
with open(_FILE) as _file:
    LISTED = json.load(_file)["codes"]


def test_every_code_of_mqtt():
    assert len(LISTED) == 82
    for number in LISTED:
        assert codes.name(0x010A0000 | int(number[2:], 16)) == LISTED[number]


def test_other_codes():
    assert codes.name(0x01090000) == "not supported"
    assert codes.name(0x01080002) == "argument cannot be read"
    assert codes.name(0x010A6053) == "failed"  # of a firmware later than the list
    for code in (None, 0, 5, 0x80, 0x02090000, 0x01010000, 0x01FF0000):
        assert codes.name(code) == ""


def test_of_an_error():
    with Native() as desk:
        desk.connect()
        task = desk.go(desk.client.subscribe("t"))
        desk.answers((b'AT+MQTTSUB=0,"t",0\r\n', b"ERR CODE:0x010a6006\r\n" + ERROR))
        error = raises(OSError, "AT+MQTTSUB refused", task.result)
        assert codes.name(error.code) == "AT_MQTT_NULL_LINK"
