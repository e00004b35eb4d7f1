"""From an independent publisher through the broker to the device."""

from __future__ import annotations

import pytest
from dut import Device
from farside import FarSide
from payloads import LARGE, PAYLOADS

BURST = 60  # messages: more than a client keeps, and more than a broker sends unacknowledged


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_every_payload_arrives_with_its_bytes(
    device: Device, far: FarSide, name: str, qos: int
) -> None:
    device.connect(name)
    device.call("subscribe", name, qos=qos)
    for payload in PAYLOADS:
        far.publish(name, payload, qos)
        assert device.receive() == [(name, payload)]


def test_a_burst_arrives_whole_and_in_order(device: Device, far: FarSide, name: str) -> None:
    burst = [(b"%d " % i) * (i * 5) for i in range(BURST)]  # 0 to 885 bytes
    device.connect(name)
    device.call("subscribe", name, qos=1)
    device.begin("receive", len(burst))
    for payload in burst:
        far.publish(name, payload, qos=1)
    assert device.received() == [(name, payload) for payload in burst]


def test_a_message_comes_at_the_lower_of_two_qualities(
    device: Device, far: FarSide, name: str
) -> None:
    device.connect(name)
    device.call("subscribe", name + "/#", qos=1)
    for qos in (2, 1, 0):
        far.publish(f"{name}/{qos}", b"%d" % qos, qos)
    expected = [(f"{name}/{qos}", b"%d" % qos) for qos in (2, 1, 0)]
    assert device.receive(3) == expected


def test_retained_messages_come_with_the_subscription(
    device: Device, far: FarSide, name: str
) -> None:
    far.publish(name, LARGE, qos=1, retain=True)
    device.connect(name)
    device.call("subscribe", name, qos=1)
    assert device.receive() == [(name, LARGE)]
    far.publish(name, b"", qos=1, retain=True)


def test_the_device_hears_itself(device: Device, name: str) -> None:
    device.connect(name)
    device.call("subscribe", name, qos=1)
    device.call("publish", name, LARGE, qos=1)
    assert device.receive() == [(name, LARGE)]
