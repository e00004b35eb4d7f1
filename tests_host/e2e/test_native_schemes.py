"""The ways from the module's own MQTT to a broker: TCP, TLS and WebSocket, and who is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import NamedTuple

import pytest
from dut import HOST as BROKER_NAME
from dut import PORT, Bench, Device, DeviceError, Make
from farside import FarSide, Message
from payloads import LARGE
from tlsrig import (
    HELLO_PORT,
    TLS_PORTS,
    WEB_PORTS,
    HelloServer,
    stored,
    tls_device,
)

from broker_fixture import Mosquitto, mosquitto
from certificates import NAME, OTHER_NAME, Certificates, certificates

__all__ = ["certificates"]  # the fixture

MAKE = Make("cpython", "esp-at", "async", "passive", "mosquitto")
MAKES = [
    MAKE,
    Make("micropython", "esp-at-2.1", "async", "passive", "mosquitto"),
    Make("cpython", "w800", "async", "passive", "mosquitto"),
]
ANYBODY = {"verify": False}
KNOWN = {"verify": True}
WEB: dict[str, object] = {"path": "/mqtt"}


class Way(NamedTuple):
    """A number of AT+MQTTUSERCFG, a port of the broker that takes nothing less, and how to ask."""

    scheme: int
    port: int
    options: dict[str, object]


WAYS = (
    Way(1, PORT, {}),
    Way(2, TLS_PORTS.expired, {"tls": ANYBODY}),
    Way(3, TLS_PORTS.right, {"tls": KNOWN}),
    Way(4, TLS_PORTS.client, {"tls": {**ANYBODY, "cert": True}}),
    Way(5, TLS_PORTS.client, {"tls": {**KNOWN, "cert": True}}),
    Way(6, WEB_PORTS.plain, WEB),
    Way(7, WEB_PORTS.secure, {**WEB, "tls": ANYBODY}),
    Way(8, WEB_PORTS.secure, {**WEB, "tls": KNOWN}),
    Way(9, WEB_PORTS.client, {**WEB, "tls": {**ANYBODY, "cert": True}}),
    Way(10, WEB_PORTS.client, {**WEB, "tls": {**KNOWN, "cert": True}}),
)
WITHOUT_WEB = "w800"  # as simulated: not known of the module, so it is asked and refuses

every_make = pytest.mark.parametrize("bench", MAKES, indirect=True, ids=str)
one_make = pytest.mark.parametrize("bench", [MAKE], indirect=True, ids=str)


@pytest.fixture(scope="module")
def broker(certificates: Certificates) -> Iterator[Mosquitto]:
    with mosquitto(certificates=certificates) as broker:
        yield broker


@pytest.fixture(scope="module")
def server(certificates: Certificates) -> Iterator[HelloServer]:
    with closing(HelloServer(certificates)) as server:
        yield server


@pytest.fixture(scope="module")
def fresh(
    interpreters: Callable[[str], str],
    broker: Mosquitto,
    server: HelloServer,
    certificates: Certificates,
) -> Callable[[Make], Device]:
    """Makes a device; its module holds the right authority's certificate and one of its own."""

    def fresh(make: Make) -> Device:
        interpreter = interpreters(make.interpreter)
        return tls_device(make, interpreter, broker, server, stored(certificates))

    return fresh


@pytest.fixture(scope="module")
def bench(request: pytest.FixtureRequest, fresh: Callable[[Make], Device]) -> Iterator[Bench]:
    bench = Bench(request.param, lambda make, _: fresh(make))
    yield bench
    bench.clear()


def connect(device: Device, name: str, port: int, **options: object) -> None:
    host = BROKER_NAME if port == PORT else NAME
    device.connect(name, port, host, engine="native", **options)


@every_make
@pytest.mark.parametrize("way", WAYS, ids=lambda way: str(way.scheme))
def test_messages_go_both_ways(device: Device, far: FarSide, name: str, way: Way) -> None:
    if device.make.firmware == WITHOUT_WEB and "path" in way.options:
        with pytest.raises(DeviceError, match=r"MQTTError: AT\+MQTTUSERCFG refused"):
            connect(device, name, way.port, **way.options)
        return
    far.subscribe(f"{name}/out")
    connect(device, name, way.port, **way.options)
    state = device.call("command", "AT+MQTTCONN?")[0]
    assert state.startswith(b"+MQTTCONN:0,4,%d," % way.scheme)
    device.call("subscribe", f"{name}/in/#", qos=1)
    device.call("publish", f"{name}/out", LARGE[:1024], qos=1)
    assert far.next() == Message(f"{name}/out", LARGE[:1024], 1, retain=False)
    far.publish(f"{name}/in", LARGE, qos=1)
    far.publish(f"{name}/in/next", b"next", qos=1)
    assert device.receive(2) == [(f"{name}/in", LARGE), (f"{name}/in/next", b"next")]


@one_make
@pytest.mark.parametrize("listener", ["expired", "other", "wrong_name", "client"])
def test_refused(device: Device, far: FarSide, name: str, listener: str) -> None:
    far.subscribe(name)
    with pytest.raises(DeviceError, match="MQTTError: refused by the broker, or"):
        connect(device, name, getattr(TLS_PORTS, listener), tls=KNOWN)
    with pytest.raises(DeviceError, match="not connected"):
        device.call("publish", name, b"nobody gets this", qos=1)
    connect(device, name, PORT)
    device.call("publish", name, b"without TLS", qos=1)
    assert far.next() == Message(name, b"without TLS", 1, retain=False)


@one_make
def test_a_server_may_be_of_the_name_that_was_asked_for(device: Device, name: str) -> None:
    connect(device, name, TLS_PORTS.wrong_name, tls={"sni": OTHER_NAME})
    device.call("publish", name, b"in", qos=1)


@one_make
@pytest.mark.parametrize(
    ("options", "told", "chosen"),
    [
        ({}, NAME, None),
        ({"sni": OTHER_NAME}, OTHER_NAME, None),
        ({"alpn": ("x-amzn-mqtt-ca", "mqtt")}, NAME, "mqtt"),
    ],
    ids=["host", "sni", "alpn"],
)
def test_what_the_server_is_told(
    device: Device,
    server: HelloServer,
    name: str,
    options: dict[str, object],
    told: str,
    chosen: str | None,
) -> None:
    connect(device, name, HELLO_PORT, tls={**ANYBODY, **options})
    assert (server.names[-1], server.protocols[-1]) == (told, chosen)


def test_the_time_is_learnt_first(fresh: Callable[[Make], Device], name: str) -> None:
    with closing(fresh(MAKE)) as device:
        connect(device, name, TLS_PORTS.right, tls=ANYBODY)
        assert device.call("command", "AT+CIPSNTPCFG?")[0].startswith(b"+CIPSNTPCFG:0")
        device.call("disconnect")
        connect(device, name, TLS_PORTS.right, tls=KNOWN)
        assert device.call("command", "AT+CIPSNTPCFG?")[0].startswith(b"+CIPSNTPCFG:1")
