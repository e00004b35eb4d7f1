"""To the device, through a connection that is cut at each packet: nothing lost, nothing twice.

QoS 2 reaches the application exactly once, QoS 1 at least once.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from cutter import Cutter
from dut import Device
from farside import FarSide
from resuming import HELLO, MARKER, MESSAGE, Case, Client, devices_and_cases, finish, ids, passed
from wirepacket import BROKER


@pytest.mark.parametrize(
    ("bench", "case"), devices_and_cases(BROKER), indirect=["bench"], scope="session"
)
def test_a_message_arrives_through_a_cut(
    device: Device, cutter: Cutter, far: FarSide, name: str, case: Case, tmp_path: Path
) -> None:
    client = Client(device, name, str(tmp_path / "store"))
    client.connect()
    device.call("subscribe", name, qos=case.qos)
    device.call("collect")
    cutter.cut(case.cut)
    device.begin("wait_down")
    far.publish(name, MESSAGE, case.qos)
    cutter.until_cut()
    device.outcome()
    before: list[bytes] = device.call("collected") if case.resets_host else []
    client.resume(case)
    if case.resets_host:
        device.call("collect")
    far.publish(name, MARKER, case.qos)
    received = before + device.call("collect_until", MARKER)
    assert received.pop() == MARKER
    assert set(received) == {MESSAGE}
    assert len(received) <= (1 if case.qos == 2 else case.copies)
    device.begin("wait_down")  # the blocking style acknowledges only while a call waits
    finish(cutter, case, MARKER)
    packets = cutter.packets
    cutter.reset()
    device.outcome()
    assert passed(packets, 2, MARKER) == HELLO + case.again
    assert len(ids(packets, MARKER)) == 1
