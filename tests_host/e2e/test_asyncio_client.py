"""What umqtt.simple's API cannot say: granted QoS, retained flags, unsubscribing, events."""

from __future__ import annotations

import pytest
from dut import MAKES, Device
from farside import FarSide, Message

from broker_fixture import Mosquitto

pytestmark = pytest.mark.parametrize(
    "bench", [make for make in MAKES if make.style == "async"], indirect=True, ids=str
)


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_subscribe_returns_the_granted_qos(device: Device, name: str, qos: int) -> None:
    device.connect(name)
    assert device.call("subscribe", name + "/+/#", qos=qos) == qos


def test_retained_messages_are_marked(device: Device, far: FarSide, name: str) -> None:
    far.publish(name, b"old", qos=1, retain=True)
    device.connect(name)
    device.call("subscribe", name, qos=1)
    assert device.call("receive", 1) == [(name.encode(), b"old", True)]
    far.publish(name, b"new", qos=1, retain=True)
    assert device.call("receive", 1) == [(name.encode(), b"new", False)]


def test_nothing_comes_after_unsubscribing(device: Device, far: FarSide, name: str) -> None:
    device.connect(name)
    device.call("subscribe", name + "/a", qos=1)
    device.call("subscribe", name + "/b", qos=1)
    device.call("unsubscribe", name + "/a")
    far.publish(name + "/a", b"not wanted", qos=1)
    far.publish(name + "/b", b"wanted", qos=1)
    assert device.receive() == [(name + "/b", b"wanted")]


def test_a_lost_connection_is_told_without_asking(
    device: Device, broker: Mosquitto, name: str
) -> None:
    device.connect(name)
    assert device.call("connected") is True
    FarSide(broker.port, client_id=name).close()
    device.call("wait_down")
    assert device.call("connected") is False
    assert device.call("events") == ["up", "down"]


def test_publishes_at_the_same_time_all_arrive_in_order(
    device: Device, far: FarSide, name: str
) -> None:
    payloads = [b"%d" % i for i in range(9)]
    far.subscribe(name)
    device.connect(name, tx_queue=len(payloads))
    device.call("publish_all", name, payloads)
    received = [far.next() for _ in payloads]
    for qos in range(3):  # the order of those of one quality is assured
        assert [message for message in received if message.qos == qos] == [
            Message(name, payload, qos, retain=False) for payload in payloads[qos::3]
        ]
