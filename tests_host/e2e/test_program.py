"""What the program under test offers to tests of loss: calls that go on, cuts, a reset of it."""

from __future__ import annotations

import pytest
from cutter import Cut, Cutter, Ending
from dut import CUT_PORT, MAKES, Device
from farside import FarSide, Message
from paho.mqtt.enums import MessageType
from wirepacket import BROKER, CLIENT

pytestmark = pytest.mark.parametrize(
    "bench", [make for make in MAKES if make.style == "async"], indirect=True, ids=str
)


def test_calls_that_were_spawned_are_told_one_by_one(
    device: Device, cutter: Cutter, name: str
) -> None:
    device.connect(name, CUT_PORT)
    cutter.cut(Cut(BROKER, MessageType.PUBACK, number=2))
    for payload in (b"acknowledged", b"not acknowledged"):
        device.call("spawn", "publish", name, payload, qos=1)
    device.call("wait_down")
    (first, second) = device.call("settle")
    assert first == ("returned", None)
    assert second[:2] == ("raised", "MQTTError")
    device.call("reconnect")
    device.call("spawn", "publish", name, b"whole", qos=1)
    assert device.call("settle") == [("returned", None)]


@pytest.mark.parametrize("how", ["fin", "rst"])
def test_a_cut_between_packets_is_where_it_was_asked_for(
    device: Device, cutter: Cutter, far: FarSide, name: str, how: Ending
) -> None:
    far.subscribe(name)
    device.connect(name, CUT_PORT)
    cutter.cut(Cut(CLIENT, MessageType.PUBLISH, where="after", how=how))
    device.call("spawn", "publish", name, b"went out", qos=1)
    device.call("wait_down")
    assert far.next() == Message(name, b"went out", 1, retain=False)
    assert [str(packet) for packet in cutter.packets] == [
        "1 client CONNECT",
        "1 broker CONNACK",
        "1 client PUBLISH #1",
    ]
    device.call("settle")


def test_a_reset_of_the_host_takes_the_connection_along(
    device: Device, cutter: Cutter, far: FarSide, name: str
) -> None:
    far.subscribe(name)
    device.connect(name, CUT_PORT, will=(name, b"vanished", 1, False))
    device.reset_host()
    device.connect(name, CUT_PORT)
    assert far.next() == Message(name, b"vanished", 1, retain=False)
    device.call("publish", name, b"back", qos=1)
    assert far.next() == Message(name, b"back", 1, retain=False)
    assert [str(packet) for packet in cutter.packets if packet.connection == 2] == [
        "2 client CONNECT",
        "2 broker CONNACK",
        "2 client PUBLISH #1",
        "2 broker PUBACK #1",
    ]
