"""Devices on both interpreters, both firmwares and in both styles, and a broker between them and
an independent client."""

from __future__ import annotations

import contextlib
import sys
import uuid
from collections.abc import Callable, Iterator

import pytest
from device import MAKES, Device, DeviceError, Make
from farside import FarSide

from broker_fixture import Mosquitto, free_ports, mosquitto


@pytest.fixture(scope="session")
def broker() -> Iterator[Mosquitto]:
    with mosquitto() as running:
        yield running


@pytest.fixture(scope="session")
def build(broker: Mosquitto, request: pytest.FixtureRequest) -> Callable[[Make], Device]:
    """Makes a device whose module finds the broker."""
    ports = broker.port, broker.password_port, free_ports(1)[0]

    def build(make: Make) -> Device:
        if make.interpreter == "cpython":
            return Device(make, sys.executable, ports)
        return Device(make, request.getfixturevalue("micropython"), ports)

    return build


class Bench:
    """Holds a device from test to test, and a new one after it broke."""

    def __init__(self, make: Make, build: Callable[[Make], Device]) -> None:
        self._make = make
        self._build = build
        self._device: Device | None = None

    def device(self) -> Device:
        """The device."""
        if self._device is None or not self._device.alive:
            self.clear()
            self._device = self._build(self._make)
        return self._device

    def clear(self) -> None:
        """End the device."""
        if self._device is not None:
            self._device.close()
            self._device = None


@pytest.fixture(scope="session", params=MAKES, ids=str)
def bench(request: pytest.FixtureRequest, build: Callable[[Make], Device]) -> Iterator[Bench]:
    bench = Bench(request.param, build)
    yield bench
    bench.clear()


@pytest.fixture
def device(bench: Bench, request: pytest.FixtureRequest) -> Iterator[Device]:
    """A device that has joined Wi-Fi; the test connects it."""
    failures = request.session.testsfailed
    device = bench.device()
    yield device
    if request.session.testsfailed > failures:
        bench.clear()  # who knows what it is up to
    else:
        with contextlib.suppress(DeviceError):  # the test has ended its connection
            device.call("disconnect")


@pytest.fixture
def far(broker: Mosquitto) -> Iterator[FarSide]:
    """The independent client."""
    far = FarSide(broker.port)
    yield far
    far.close()


@pytest.fixture
def name() -> str:
    """A topic, or client id, that no other test uses."""
    return "e2e-" + uuid.uuid4().hex[:12]
