"""A reset of the host or of the module while messages of all kinds are under way.

Where the reset comes is up to chance; what arrives is not.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from dut import MAKES, WIFI, Device
from farside import FarSide
from resuming import MARKER, Client

ASYNCIO = [make for make in MAKES if make.style == "async"]
DEVICES = [make for make in ASYNCIO if make.firmware in ("esp-at", "nonos")]

pytestmark = pytest.mark.parametrize("bench", DEVICES, indirect=True, ids=str)

PAYLOADS = [b"message %d" % number for number in range(6)]  # fewer than may be under way


def reset(device: Device, client: Client, who: str) -> None:
    """Reset and connect again: the broker has kept the session."""
    if who == "host":
        device.reset_host()
        assert client.connect() is True
    else:
        device.call("command", "AT+RST")
        device.call("bring_up", *WIFI)
        assert device.call("reconnect") is True


def once_each(received: list[bytes]) -> list[bytes]:
    """Without repetitions, in the order of the first ones."""
    return list(dict.fromkeys(received))


@pytest.mark.parametrize("qos", [1, 2])
@pytest.mark.parametrize("who", ["host", "module"])
def test_what_was_being_published_arrives(
    device: Device, far: FarSide, name: str, who: str, qos: int, tmp_path: Path
) -> None:
    far.subscribe(name)
    client = Client(device, name, str(tmp_path / "store"))
    client.connect()
    for payload in PAYLOADS:
        device.call("spawn", "publish", name, payload, qos=qos)
    reset(device, client, who)
    if who == "module":
        assert device.call("settle") == [("returned", None)] * len(PAYLOADS)
    device.call("publish", name, MARKER, qos=qos)
    received = []
    while MARKER not in received:
        received.append(far.next().payload)
    assert once_each(received) == [*PAYLOADS, MARKER]
    if qos == 2:
        assert received == [*PAYLOADS, MARKER]


@pytest.mark.parametrize("qos", [1, 2])
@pytest.mark.parametrize("who", ["host", "module"])
def test_what_was_being_received_arrives(
    device: Device, far: FarSide, name: str, who: str, qos: int, tmp_path: Path
) -> None:
    client = Client(device, name, str(tmp_path / "store"))
    client.connect()
    device.call("subscribe", name, qos=qos)
    for payload in PAYLOADS:
        far.publish(name, payload, qos)
    taken = device.receive(3)
    reset(device, client, who)
    device.call("collect")
    far.publish(name, MARKER, qos)
    received = [payload for _, payload in taken] + device.call("collect_until", MARKER)
    assert once_each(received) == [*PAYLOADS, MARKER]
    if qos == 2:
        assert received == [*PAYLOADS, MARKER]
