"""The module's own MQTT: messages that come while publishes are under way."""

from __future__ import annotations

import pytest
from dut import Device, native_makes
from farside import FarSide, Message

MAKES = native_makes("cpython")[::2] + native_makes("micropython")[1::2]

# what the module says around a publish, in lines of their own
LOOKALIKE = b'\r\nOK\r\n\r\n>+MQTTPUB:OK\r\n+MQTTSUBRECV:0,"t",3,abc\r\n'
OUT = [b"out %d" % i + LOOKALIKE * (i % 8) for i in range(40)]
IN = [b"in %d" % i + LOOKALIKE * (i % 3 * 30) for i in range(30)]  # up to 3000 bytes: in parts


@pytest.mark.parametrize(
    "bench", MAKES, indirect=True, ids=[f"{make.interpreter}-{make.firmware}" for make in MAKES]
)
def test_all_are_delivered(device: Device, far: FarSide, name: str) -> None:
    far.subscribe(f"{name}/out")
    device.connect(name, engine="native", tx_queue=64, tx_bytes=65536)
    device.call("subscribe", f"{name}/#", qos=1)
    device.call("collect")
    device.begin("publish_all", f"{name}/out", OUT)  # and hears each of them itself
    for i, payload in enumerate(IN):
        far.publish(f"{name}/in/{i}", payload, qos=1)  # no two to one topic: see joining.py
    device.outcome()
    assert sorted(far.next() for _ in OUT) == sorted(  # qualities overtake each other
        Message(f"{name}/out", payload, i % 3, retain=False) for i, payload in enumerate(OUT)
    )
    far.publish(f"{name}/last", b"last")
    collected = device.call("collect_until", b"last")
    assert [payload for payload in collected if payload.startswith(b"in")] == IN
    assert sorted(collected) == sorted([*IN, *OUT, b"last"])
