"""A message longer than what is kept: skipped, told, acknowledged, and the next one is whole."""

from __future__ import annotations

import pytest
from cutter import Cutter
from dut import CUT_PORT, MAKES, Device
from farside import FarSide

LONGEST = 4096
LONG = bytes(range(256)) * 40  # 10 kB

async_makes = pytest.mark.parametrize(
    "bench", [make for make in MAKES if make.style == "async"], indirect=True, ids=str
)


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_it_is_skipped_and_acknowledged(
    device: Device, cutter: Cutter, far: FarSide, name: str, qos: int
) -> None:
    device.connect(name, CUT_PORT, clean_session=False)
    device.call("subscribe", name, qos=qos)
    for payload in (LONG, b"next", b"x" * LONGEST, b"x" * (LONGEST + 1), b"last"):
        far.publish(name, payload, qos)
    expected = [(name, payload) for payload in (b"next", b"x" * LONGEST, b"last")]
    assert device.receive(3) == expected
    assert device.call("stats")["oversize"] == 2
    device.begin("wait_down")  # the blocking style acknowledges only while a call waits
    done = {1: "client PUBACK", 2: "client PUBCOMP"}.get(qos, "broker PUBLISH")
    cutter.until(lambda packets: " ".join(map(str, packets)).count(done) == 5, done)
    cutter.reset()
    device.outcome()
    device.call("reconnect")
    far.publish(name, b"after all of them", qos)
    assert device.receive() == [(name, b"after all of them")]


@async_makes
def test_the_application_is_told(device: Device, far: FarSide, name: str) -> None:
    device.connect(name, max_payload=100, on_oversize=True)
    device.call("subscribe", name, qos=1)
    for size in (100, 101, len(LONG)):
        far.publish(name, LONG[:size], qos=1)
    far.publish(name, b"last", qos=1)
    assert device.receive(2) == [(name, LONG[:100]), (name, b"last")]
    assert device.call("oversize") == [(name.encode(), 101), (name.encode(), len(LONG))]
