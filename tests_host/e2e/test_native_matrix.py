"""The module's own MQTT: every firmware, quality and kind of payload, both ways.

On CPython all of them; on MicroPython each pair of two.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

import pytest
from dut import WITH_MQTT, Device, DeviceError, native_makes
from farside import FarSide, Message
from payloads import BYTES, LARGE

PAYLOADS: dict[str, str | bytes] = {
    "str": "größe 日本語 😀 \\",  # Beken's lines take no backslash
    "json": '{"place": "rack 7, shelf B", "celsius": [21.5, 21.75]}',
    "binary": BYTES,
    "empty": b"",
    "4 kB": LARGE,
}
QUALITIES = (0, 1, 2)

# bytes that a firmware sends at most, where that is less than the longest payload
LARGEST_SENT = {
    "esp-at-2.2": 1024,
    "esp-at-2.1": 1024,
    "ln882h": 1024,
    "beken": 512,
    "beken-source": 512,
}
CUT_AT_NUL = "beken-source"  # by the module, which tells the length of the whole all the same


def quality(firmware: str, kind: str) -> int:
    """One for each pair, so that all pairs with a quality are there too."""
    return (WITH_MQTT.index(firmware) + list(PAYLOADS).index(kind)) % len(QUALITIES)


def octets(kind: str) -> bytes:
    payload = PAYLOADS[kind]
    return payload.encode() if isinstance(payload, str) else payload


def on(interpreter: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("bench", native_makes(interpreter), indirect=True, ids=str)


@on("cpython")
@pytest.mark.parametrize("qos", QUALITIES)
@pytest.mark.parametrize("kind", PAYLOADS)
def test_there_and_back(device: Device, far: FarSide, name: str, kind: str, qos: int) -> None:
    assert_there_and_back(device, far, name, kind, qos)


@on("micropython")
@pytest.mark.parametrize("kind", PAYLOADS)
def test_on_micropython(device: Device, far: FarSide, name: str, kind: str) -> None:
    assert_there_and_back(device, far, name, kind, quality(device.make.firmware, kind))


@pytest.mark.parametrize(("values", "of"), [(WITH_MQTT, 0), (PAYLOADS, 1)])
def test_micropython_meets_every_pair(values: Iterable[str], of: int) -> None:
    pairs = {(cell[of], quality(*cell)) for cell in product(WITH_MQTT, PAYLOADS)}
    assert pairs == set(product(values, QUALITIES))


def assert_there_and_back(device: Device, far: FarSide, name: str, kind: str, qos: int) -> None:
    far.subscribe(f"{name}/out")
    device.connect(name, engine="native")
    device.call("subscribe", f"{name}/in/#", qos=qos)
    assert_sent(device, far, f"{name}/out", kind, qos)
    assert_received(device, far, f"{name}/in", octets(kind), qos)


def assert_sent(device: Device, far: FarSide, topic: str, kind: str, qos: int) -> None:
    largest = LARGEST_SENT.get(device.make.firmware, len(LARGE))
    if len(octets(kind)) > largest:
        with pytest.raises(DeviceError, match=f"ValueError: payload: .* {largest} bytes"):
            device.call("publish", topic, PAYLOADS[kind], qos=qos)
        return
    device.call("publish", topic, PAYLOADS[kind], qos=qos)
    assert far.next() == Message(topic, octets(kind), qos, retain=False)


def assert_received(device: Device, far: FarSide, topic: str, payload: bytes, qos: int) -> None:
    expected = [(topic, payload), (f"{topic}/next", b"next")]
    far.publish(topic, payload, qos)
    if device.make.firmware == CUT_AT_NUL and b"\0" in payload:
        device.call("wait_event", "lost")
        del expected[0]
    far.publish(f"{topic}/next", b"next", qos)  # another topic: what came in parts is complete
    assert device.receive(len(expected)) == expected
