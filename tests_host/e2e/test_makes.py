"""The choice of devices: every pair of properties, and what they are."""

from __future__ import annotations

import itertools
from dataclasses import fields

import pytest
from dut import BROKERS, FIRMWARES, MAKES, RECEIVES, STYLES, Device, DeviceError, Make

VALUES = {
    "interpreter": ("cpython", "micropython"),
    "firmware": FIRMWARES,
    "style": STYLES,
    "receive": RECEIVES,
    "broker": BROKERS,
}
PAIRS = list(itertools.combinations([field.name for field in fields(Make)], 2))


@pytest.mark.parametrize("pair", PAIRS)
def test_every_pair_of_values_is_tested(pair: tuple[str, str]) -> None:
    present = {tuple(getattr(make, name) for name in pair) for make in MAKES}
    assert present == set(itertools.product(*(VALUES[name] for name in pair)))


def test_no_make_is_there_twice() -> None:
    assert len(set(MAKES)) == len(MAKES)


def test_a_module_that_is_read_actively_refuses_anything_else(device: Device) -> None:
    if device.make.receive == "passive":
        assert device.call("command", "AT+CIPRECVMODE?")
    else:
        with pytest.raises(DeviceError, match="CIPRECVMODE"):
            device.call("command", "AT+CIPRECVMODE=1")
