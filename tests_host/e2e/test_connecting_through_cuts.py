"""A connection that is cut while it is made, and requests that a cut leaves without an answer."""

from __future__ import annotations

import pytest
from cutter import Cut, Cutter, Ending, Share
from dut import CUT_PORT, MAKES, Device, DeviceError
from farside import FarSide
from paho.mqtt.enums import MessageType
from resuming import HELLO, MARKER, MESSAGE, passed
from wirepacket import BROKER, CLIENT, Sender

ESP_AT = [make for make in MAKES if make.firmware == "esp-at"]
ASYNCIO = [make for make in ESP_AT if make.style == "async"]

# ... and has the broker a session then?
CUTS = [
    (CLIENT, MessageType.CONNECT, "before", False),
    (CLIENT, MessageType.CONNECT, "within", False),
    (CLIENT, MessageType.CONNECT, "after", True),
    (BROKER, MessageType.CONNACK, "before", True),
    (BROKER, MessageType.CONNACK, "within", True),
]


@pytest.mark.parametrize("bench", ESP_AT, indirect=True, ids=str)
@pytest.mark.parametrize("how", ["fin", "rst"])
@pytest.mark.parametrize(("sender", "kind", "where", "kept"), CUTS)
def test_a_cut_before_the_broker_has_answered_is_told(
    device: Device,
    cutter: Cutter,
    name: str,
    sender: Sender,
    kind: MessageType,
    where: Share,
    how: Ending,
    kept: bool,
) -> None:
    cutter.cut(Cut(sender, kind, where=where, how=how))
    with pytest.raises(DeviceError) as raised:
        device.connect(name, CUT_PORT, clean_session=False)
    cutter.until_cut()
    assert raised.value.kind == "MQTTError"
    assert device.call("reconnect") is kept
    device.call("publish", name, MARKER, qos=1)
    assert passed(cutter.packets, 2, MARKER) == HELLO


@pytest.mark.parametrize("bench", ASYNCIO, indirect=True, ids=str)
@pytest.mark.parametrize(("sender", "kind", "where"), [cut[:3] for cut in CUTS])
def test_a_message_arrives_once_through_two_cuts(
    device: Device,
    cutter: Cutter,
    far: FarSide,
    name: str,
    sender: Sender,
    kind: MessageType,
    where: Share,
) -> None:
    far.subscribe(name)
    device.connect(name, CUT_PORT, clean_session=False)
    cutter.cut(Cut(BROKER, MessageType.PUBREC))
    device.call("spawn", "publish", name, MESSAGE, qos=2)
    device.call("wait_down")
    cutter.cut(Cut(sender, kind, where=where))
    with pytest.raises(DeviceError):
        device.call("reconnect")
    assert device.call("reconnect") is True
    assert device.call("settle") == [("returned", None)]
    device.call("publish", name, MARKER, qos=2)
    assert [far.next().payload for _ in range(2)] == [MESSAGE, MARKER]


@pytest.mark.parametrize("bench", ASYNCIO, indirect=True, ids=str)
@pytest.mark.parametrize("where", ["before", "within", "after"])
@pytest.mark.parametrize("sender", [CLIENT, BROKER])
@pytest.mark.parametrize("word", ["SUBSCRIBE", "UNSUBSCRIBE"])
def test_what_was_asked_for_in_vain_is_not_asked_again(
    device: Device, cutter: Cutter, name: str, word: str, sender: Sender, where: Share
) -> None:
    answer = {"SUBSCRIBE": MessageType.SUBACK, "UNSUBSCRIBE": MessageType.UNSUBACK}[word]
    device.connect(name, CUT_PORT, clean_session=False)
    cutter.cut(Cut(sender, MessageType[word] if sender == CLIENT else answer, where=where))
    device.call("spawn", word.lower(), name + "/commands")
    device.call("wait_down")
    (outcome,) = device.call("settle")
    if (sender, where) == (BROKER, "after"):
        assert outcome[0] == "returned"
    else:
        assert outcome[:2] == ("raised", "MQTTError")
    assert device.call("reconnect") is True
    device.call("publish", name, MARKER, qos=1)
    assert passed(cutter.packets, 2, MARKER) == HELLO
    assert device.call("subscribe", name + "/commands", qos=1) == 1
