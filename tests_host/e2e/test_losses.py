"""Connections that end without a good-bye: the will, the error, and connecting again."""

from __future__ import annotations

import pytest
from dut import WIFI, Device, DeviceError
from farside import FarSide, Message
from payloads import LARGE

from broker_fixture import Mosquitto


def assert_lost(device: Device, name: str) -> None:
    """The program is told as soon as it wants something."""
    with pytest.raises(DeviceError, match="lost|not connected|closed"):
        device.call("publish", name, b"nobody gets this", qos=1)


def assert_works(device: Device, name: str) -> None:
    """Messages go both ways."""
    device.call("subscribe", name + "/again", qos=1)
    device.call("publish", name + "/again", LARGE, qos=1)
    assert device.receive() == [(name + "/again", LARGE)]


@pytest.mark.parametrize("qos", [0, 1])
def test_the_will_is_published_when_the_link_is_cut(
    device: Device, far: FarSide, name: str, qos: int
) -> None:
    far.subscribe(name)
    device.connect(name, will=(name, LARGE, qos, False))
    device.call("command", "AT+CIPCLOSE")
    assert far.next() == Message(name, LARGE, qos, retain=False)
    assert_lost(device, name)
    device.call("reconnect")
    assert_works(device, name)


def test_a_retained_will_waits_for_subscribers(device: Device, far: FarSide, name: str) -> None:
    far.subscribe(name)
    device.connect(name, will=(name, b"vanished", 1, True))
    device.call("command", "AT+CIPCLOSE")
    assert far.next() == Message(name, b"vanished", 1, retain=False)
    assert_lost(device, name)
    far.subscribe(name)  # only now: the broker learns of the loss later than the device
    assert far.next() == Message(name, b"vanished", 1, retain=True)


def test_the_connection_is_lost_with_the_network(device: Device, far: FarSide, name: str) -> None:
    far.subscribe(name)
    device.connect(name, will=(name, b"vanished", 1, False))
    device.call("command", "AT+CWQAP")
    assert far.next() == Message(name, b"vanished", 1, retain=False)
    assert_lost(device, name)
    device.call("join", *WIFI)
    device.call("reconnect")
    assert_works(device, name)


def test_a_good_bye_publishes_no_will(device: Device, far: FarSide, name: str) -> None:
    far.subscribe(name)
    device.connect(name, will=(name, b"vanished", 1, False))
    device.call("disconnect")
    far.publish(name, b"none came")
    assert far.next() == Message(name, b"none came", 0, retain=False)


def test_another_client_of_the_same_id_takes_the_connection(
    device: Device, broker: Mosquitto, name: str
) -> None:
    device.connect(name)
    rival = FarSide(broker.port, client_id=name)
    assert_lost(device, name)
    rival.close()
    device.call("reconnect")
    assert_works(device, name)


def test_a_broker_that_was_restarted_is_found_again(
    device: Device, broker: Mosquitto, name: str
) -> None:
    device.connect(name)
    broker.stop()
    try:
        assert_lost(device, name)
        with pytest.raises(DeviceError):
            device.call("reconnect")
    finally:
        broker.start()
    device.call("reconnect")
    assert_works(device, name)
