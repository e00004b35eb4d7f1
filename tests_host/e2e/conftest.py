"""Devices of every make, the two brokers, and an independent client on a broker's other side."""

from __future__ import annotations

import contextlib
import sys
import uuid
from collections.abc import Callable, Iterator

import pytest
from cutter import Cutter
from dut import (
    CUT_PORT,
    HOST,
    MAKES,
    PASSWORD_PORT,
    PORT,
    REFUSED_PORT,
    Bench,
    Device,
    DeviceError,
    Make,
)
from farside import FarSide
from otherbroker import OtherBroker

from broker_fixture import Mosquitto, mosquitto, refusing_port

Broker = Mosquitto | OtherBroker


@pytest.fixture(scope="session")
def brokers() -> Iterator[dict[str, Broker]]:
    """Two implementations of MQTT that share no code."""
    with mosquitto() as real, contextlib.closing(OtherBroker()) as other:
        other.start()
        yield {"mosquitto": real, "atsim": other}


@pytest.fixture(scope="session")
def cutters(brokers: dict[str, Broker]) -> Iterator[dict[str, Cutter]]:
    """One in front of each broker."""
    with contextlib.ExitStack() as stack:
        yield {
            name: stack.enter_context(contextlib.closing(Cutter(broker.port)))
            for name, broker in brokers.items()
        }


@pytest.fixture
def broker_name(request: pytest.FixtureRequest) -> str:
    """The broker of the test's device; mosquitto where it has none, or several."""
    if "bench" in request.fixturenames:
        return request.getfixturevalue("bench").make.broker
    return "mosquitto"


@pytest.fixture
def broker(brokers: dict[str, Broker], broker_name: str) -> Broker:
    return brokers[broker_name]


@pytest.fixture
def cutter(cutters: dict[str, Cutter], broker_name: str) -> Cutter:
    """Before the broker, at CUT_PORT of the device. It has recorded nothing yet."""
    cutter = cutters[broker_name]
    cutter.reset()
    return cutter


@pytest.fixture(scope="session")
def interpreters(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """The path of an interpreter by its name."""

    def path(name: str) -> str:
        return sys.executable if name == "cpython" else request.getfixturevalue("micropython")

    return path


@pytest.fixture(scope="session")
def build(
    brokers: dict[str, Broker],
    cutters: dict[str, Cutter],
    interpreters: Callable[[str], str],
) -> Iterator[Callable[..., Device]]:
    """Makes a device whose module finds a broker, mosquitto unless another is named."""

    def build(make: Make, broker_name: str = "mosquitto") -> Device:
        broker = brokers[broker_name]
        ports = {
            (HOST, PORT): broker.port,
            (HOST, PASSWORD_PORT): broker.password_port,
            (HOST, REFUSED_PORT): refusing,
            (HOST, CUT_PORT): cutters[broker_name].port,
        }
        return Device(make, interpreters(make.interpreter), ports)

    with refusing_port() as refusing:
        yield build


@pytest.fixture(scope="session", params=MAKES, ids=str)
def bench(request: pytest.FixtureRequest, build: Callable[..., Device]) -> Iterator[Bench]:
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
def far(broker: Broker) -> Iterator[FarSide]:
    """The independent client."""
    far = FarSide(broker.port)
    yield far
    far.close()


@pytest.fixture
def name() -> str:
    """A topic, or client id, that no other test uses."""
    return "e2e-" + uuid.uuid4().hex[:12]
