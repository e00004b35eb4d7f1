"""From the device, through a connection that is cut at each packet: nothing lost, nothing twice.

QoS 2 arrives exactly once, QoS 1 at least once, and only what must be is sent again.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from cutter import Cutter
from dut import Device, DeviceError
from farside import FarSide
from resuming import HELLO, MARKER, MESSAGE, Case, Client, devices_and_cases, ids, passed
from wirepacket import CLIENT


def publish_through(device: Device, cutter: Cutter, name: str, case: Case) -> None:
    """Return when the connection has been cut, and the device knows."""
    cutter.cut(case.cut)
    if device.make.style == "async":
        device.call("spawn", "publish", name, MESSAGE, qos=case.qos)
        cutter.until_cut()
    else:
        device.begin("publish", name, MESSAGE, qos=case.qos)
        cutter.until_cut()
        with contextlib.suppress(DeviceError):  # nobody connects again while the call waits
            device.outcome()
    device.call("wait_down")


@pytest.mark.parametrize(
    ("bench", "case"), devices_and_cases(CLIENT), indirect=["bench"], scope="session"
)
def test_a_message_arrives_through_a_cut(
    device: Device, cutter: Cutter, far: FarSide, name: str, case: Case, tmp_path: Path
) -> None:
    far.subscribe(name)
    client = Client(device, name, str(tmp_path / "store"))
    assert client.connect() is False
    publish_through(device, cutter, name, case)
    client.resume(case)
    if device.make.style == "async" and not case.resets_host:
        assert device.call("settle") == [("returned", None)]
    device.call("publish", name, MARKER, qos=case.qos)
    copies = 1 if case.qos == 2 else case.copies
    assert [far.next().payload for _ in range(copies + 1)] == [MESSAGE] * copies + [MARKER]
    assert passed(cutter.packets, 2, MARKER) == HELLO + case.again
    assert len(ids(cutter.packets, MARKER)) == 1
