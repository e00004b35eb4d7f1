"""TLS by the module: which servers are accepted, and what a server is told and shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from dut import MAKES, Bench, Device, DeviceError, Make
from farside import FarSide, Message
from payloads import LARGE
from tlsrig import HELLO_PORT, TLS_PORTS, HelloServer, stored, tls_device

from broker_fixture import Mosquitto, mosquitto
from certificates import NAME, OTHER_NAME, Certificates, certificates

__all__ = ["certificates"]  # the fixture

MAKES_WITH_TLS = [make for make in MAKES if make.firmware != "air601"]
KNOWING_NAMES = [make for make in MAKES_WITH_TLS if make.firmware != "nonos"]
NOT_KNOWING_NAMES = [make for make in MAKES_WITH_TLS if make.firmware == "nonos"]
SERVERS = TLS_PORTS._asdict()

knowing_names = pytest.mark.parametrize("bench", KNOWING_NAMES, indirect=True, ids=str)
not_knowing_names = pytest.mark.parametrize("bench", NOT_KNOWING_NAMES, indirect=True, ids=str)
brand_new = pytest.mark.parametrize("make", MAKES_WITH_TLS[::4], ids=str)
every_make = pytest.mark.parametrize("bench", MAKES_WITH_TLS, indirect=True, ids=str)


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
    interpreters: Callable[[str], str], broker: Mosquitto, server: HelloServer
) -> Callable[..., Device]:
    """Makes a device; atsim's options say what its module holds."""

    def fresh(make: Make, *options: str) -> Device:
        return tls_device(make, interpreters(make.interpreter), broker, server, options)

    return fresh


@pytest.fixture(scope="module")
def bench(
    request: pytest.FixtureRequest, fresh: Callable[..., Device], certificates: Certificates
) -> Iterator[Bench]:
    """Its module holds the right authority's certificate and one of its own."""
    bench = Bench(request.param, lambda make, _: fresh(make, *stored(certificates)))
    yield bench
    bench.clear()


def connect(device: Device, name: str, server: str, **options: object) -> None:
    device.connect(name, SERVERS[server], NAME, tls=options)


def assert_refused(device: Device, far: FarSide, name: str, server: str, **options) -> None:
    """The module does not go on, and what comes next finds it as it was."""
    far.subscribe(name)
    with pytest.raises(DeviceError) as raised:
        connect(device, name, server, **options)
    assert raised.value.kind == "ATError"
    with pytest.raises(DeviceError, match="not connected"):
        device.call("publish", name, b"nobody gets this", qos=1)
    device.connect(name)
    device.call("publish", name, b"without TLS", qos=1)
    assert far.next() == Message(name, b"without TLS", 1, retain=False)


@every_make
def test_messages_go_both_ways(device: Device, far: FarSide, name: str) -> None:
    far.subscribe(name + "/out")
    connect(device, name, "right")
    device.call("subscribe", name + "/in", qos=1)
    device.call("publish", name + "/out", LARGE, qos=1)
    assert far.next() == Message(name + "/out", LARGE, 1, retain=False)
    for payload in (LARGE, b"", LARGE):
        far.publish(name + "/in", payload, qos=1)
        assert device.receive() == [(name + "/in", payload)]


@every_make
@pytest.mark.parametrize("wrong", ["expired", "other"])
def test_a_server_with_a_wrong_certificate_is_refused(
    device: Device, far: FarSide, name: str, wrong: str
) -> None:
    assert_refused(device, far, name, wrong)


@knowing_names
@pytest.mark.parametrize("options", [{}, {"sni": ""}], ids=["sni", "no-sni"])
def test_a_server_of_another_name_is_refused(
    device: Device, far: FarSide, name: str, options: dict[str, str]
) -> None:
    assert_refused(device, far, name, "wrong_name", **options)


@knowing_names
def test_a_server_may_be_of_the_name_that_was_asked_for(device: Device, name: str) -> None:
    connect(device, name, "wrong_name", sni=OTHER_NAME)
    device.call("publish", name, b"in", qos=1)


@not_knowing_names
def test_where_names_cannot_be_checked_any_will_do(device: Device, name: str) -> None:
    connect(device, name, "wrong_name")
    device.call("publish", name, b"in", qos=1)


@not_knowing_names
@pytest.mark.parametrize("options", [{"sni": NAME}, {"alpn": ("mqtt",)}, {"ciphers": (0xC02B,)}])
def test_what_the_firmware_cannot_do_is_a_wrong_call(
    device: Device, name: str, options: dict[str, object]
) -> None:
    with pytest.raises(DeviceError) as raised:
        connect(device, name, "right", **options)
    assert raised.value.kind == "ValueError"


@every_make
@pytest.mark.parametrize("any_server", ["right", "expired", "wrong_name", "other"])
def test_without_a_check_any_server_will_do(device: Device, name: str, any_server: str) -> None:
    connect(device, name, any_server, verify=False)
    device.call("publish", name, b"in", qos=1)


@every_make
def test_a_certificate_is_shown_to_a_server_that_wants_one(device: Device, name: str) -> None:
    connect(device, name, "client", cert=True)
    device.call("publish", name, b"in", qos=1)


@every_make
def test_who_shows_none_is_refused(device: Device, far: FarSide, name: str) -> None:
    assert_refused(device, far, name, "client")


@brand_new
def test_the_time_is_learnt_first(
    fresh: Callable[..., Device], make: Make, certificates: Certificates, name: str
) -> None:
    with closing(fresh(make, *stored(certificates))) as device:
        connect(device, name, "right", verify=False)
        assert device.call("command", "AT+CIPSNTPCFG?")[0].startswith(b"+CIPSNTPCFG:0")
        device.call("disconnect")
        connect(device, name, "right")
        assert device.call("command", "AT+CIPSNTPCFG?")[0].startswith(b"+CIPSNTPCFG:1")


@knowing_names
@pytest.mark.parametrize(
    ("options", "told", "chosen"),
    [
        ({}, NAME, None),
        ({"sni": OTHER_NAME}, OTHER_NAME, None),
        ({"sni": ""}, None, None),
        ({"alpn": ("x-amzn-mqtt-ca", "mqtt")}, NAME, "mqtt"),
    ],
    ids=["host", "sni", "no-sni", "alpn"],
)
def test_what_the_server_is_told(
    device: Device,
    server: HelloServer,
    name: str,
    options: dict[str, object],
    told: str | None,
    chosen: str | None,
) -> None:
    device.connect(name, HELLO_PORT, NAME, tls={"verify": False, **options})
    assert (server.names[-1], server.protocols[-1]) == (told, chosen)


@not_knowing_names
def test_a_firmware_without_sni_names_nobody(
    device: Device, server: HelloServer, name: str
) -> None:
    device.connect(name, HELLO_PORT, NAME, tls={})
    assert server.names[-1] is None


@brand_new
def test_without_an_authority_every_server_is_refused(
    fresh: Callable[..., Device], make: Make, far: FarSide, name: str
) -> None:
    with closing(fresh(make)) as device:
        assert_refused(device, far, name, "right")
