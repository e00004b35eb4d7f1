"""Connecting and disconnecting: credentials, refusals, sessions that the broker keeps."""

from __future__ import annotations

from typing import Any

import pytest
from dut import PASSWORD_PORT, REFUSED_PORT, Device, DeviceError
from farside import FarSide, Message

from broker_fixture import PASSWORD, USERNAME

NOT_AUTHORIZED = 5  # what mosquitto answers to a wrong password


def refusal(device: Device, name: str, port: int, **options: Any) -> DeviceError:
    with pytest.raises(DeviceError) as raised:
        device.connect(name, port, **options)
    return raised.value


def test_a_wrong_password_is_told_and_the_right_one_lets_in(device: Device, name: str) -> None:
    for _ in range(3):
        wrong = refusal(device, name, PASSWORD_PORT, username=USERNAME, password="wrong")
        assert (wrong.kind, wrong.code) == ("MQTTError", NOT_AUTHORIZED)
        assert PASSWORD not in str(wrong)
    device.connect(name, PASSWORD_PORT, username=USERNAME, password=PASSWORD)
    device.call("publish", name, b"in", qos=1)


def test_a_missing_password_is_told(device: Device, name: str) -> None:
    refused = refusal(device, name, PASSWORD_PORT)
    assert (refused.kind, refused.code) == ("MQTTError", NOT_AUTHORIZED)


def test_a_refused_port_is_told_and_another_one_works(device: Device, name: str) -> None:
    assert refusal(device, name, REFUSED_PORT).kind == "ATError"
    device.connect(name)
    device.call("publish", name, b"in", qos=1)


def test_the_broker_keeps_a_session_and_its_messages(
    device: Device, far: FarSide, name: str
) -> None:
    assert device.connect(name, clean_session=False) is False
    device.call("subscribe", name, qos=1)
    device.call("disconnect")
    far.publish(name, b"meanwhile", qos=1)
    assert device.connect(name, clean_session=False) is True
    assert device.receive() == [(name, b"meanwhile")]


def test_what_was_acknowledged_does_not_come_again(
    device: Device, far: FarSide, name: str
) -> None:
    device.connect(name, clean_session=False)
    device.call("subscribe", name, qos=1)
    far.publish(name, b"once", qos=2)
    assert device.receive() == [(name, b"once")]
    device.call("disconnect")
    assert device.connect(name, clean_session=False) is True
    far.publish(name, b"next", qos=1)
    assert device.receive() == [(name, b"next")]


def test_a_clean_session_forgets(device: Device, far: FarSide, name: str) -> None:
    device.connect(name, clean_session=False)
    device.call("subscribe", name, qos=1)
    device.call("disconnect")
    far.publish(name, b"missed", qos=1)
    assert device.connect(name, clean_session=True) is False
    device.call("subscribe", name, qos=1)
    far.publish(name, b"heard", qos=1)
    assert device.receive() == [(name, b"heard")]


def test_a_good_bye_while_messages_pour_in_is_no_protocol_error(
    device: Device, far: FarSide, name: str
) -> None:
    far.subscribe(name + "/will")
    for _ in range(3):
        device.connect(name, will=(name + "/will", b"vanished", 1, False))
        device.call("subscribe", name + "/flood", qos=1)
        for _ in range(20):
            far.publish(name + "/flood", b"drop" * 100)
        device.call("disconnect")
        assert device.call("stats")["protocol_errors"] == 0
    far.publish(name + "/will", b"none came")
    assert far.next() == Message(name + "/will", b"none came", 0, retain=False)
