"""From the device to the broker: what an independent subscriber gets."""

from __future__ import annotations

import pytest
from dut import Device
from farside import FarSide, Message
from payloads import LARGE, PAYLOADS

TOPICS = ('rack 7, shelf "B"\\left', "/", ">", "größe/日本語/😀")


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_every_payload_arrives_with_its_bytes(
    device: Device, far: FarSide, name: str, qos: int
) -> None:
    far.subscribe(name)
    device.connect(name)
    for payload in PAYLOADS:
        device.call("publish", name, payload, qos=qos)
    assert [far.next() for _ in PAYLOADS] == [
        Message(name, payload, qos, retain=False) for payload in PAYLOADS
    ]


def test_topics_may_hold_what_at_commands_must_escape(
    device: Device, far: FarSide, name: str
) -> None:
    topics = [f"{name}/{topic}" for topic in TOPICS]
    far.subscribe(name + "/#")
    device.connect(name)
    for topic in topics:
        device.call("publish", topic, topic, qos=1)
    assert [far.next() for _ in topics] == [
        Message(topic, topic.encode(), 1, retain=False) for topic in topics
    ]


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_a_retained_message_waits_for_subscribers(
    device: Device, far: FarSide, name: str, qos: int
) -> None:
    device.connect(name)
    device.call("publish", name, LARGE, qos=qos, retain=True)
    device.call("disconnect")
    far.subscribe(name)
    assert far.next() == Message(name, LARGE, qos, retain=True)


def test_an_empty_retained_message_removes_the_retained_one(
    device: Device, far: FarSide, name: str
) -> None:
    device.connect(name)
    device.call("publish", name, "old", qos=1, retain=True)
    device.call("publish", name, b"", qos=1, retain=True)
    far.subscribe(name)
    far.publish(name, b"new")
    assert far.next() == Message(name, b"new", 0, retain=False)
