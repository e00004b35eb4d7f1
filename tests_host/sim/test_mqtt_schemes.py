"""All ten schemes of AT+MQTTUSERCFG against mosquitto, over real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from test_tls import Host, Server, server_context

from atsim.mqttconfig import MqttConfig
from atsim.mqttdialect import esp_at_schemes
from broker_fixture import PASSWORD, USERNAME, Mosquitto, mosquitto
from certificates import NAME, OTHER_NAME, Certificates, certificates

__all__ = ["certificates", "server_context"]  # fixtures

OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"
LOST = b"+MQTTDISCONNECTED:0\r\n"
SCHEMES = {
    1: "plain",
    2: "right",
    3: "right",
    4: "client",
    5: "client",
    6: "web",
    7: "secure_web",
    8: "secure_web",
    9: "client_web",
    10: "client_web",
}


class Ports(NamedTuple):
    """Those of mosquitto, by what is there."""

    plain: int
    right: int
    expired: int
    wrong_name: int
    other: int
    client: int
    web: int
    secure_web: int
    client_web: int


@pytest.fixture(scope="module")
def broker(certificates: Certificates) -> Iterator[tuple[Mosquitto, Ports]]:
    with mosquitto(certificates=certificates) as running:
        yield running, Ports(running.port, *running.tls, *running.web)


@pytest.fixture
def ports(broker) -> Ports:
    return broker[1]


@pytest.fixture
def host(certificates) -> Host:
    client = certificates.client
    return Host(ca=certificates.ca, cert=client.cert, key=client.key)


def connect(host: Host, scheme: int, port: int, *settings: bytes) -> bytes:
    usercfg = b'AT+MQTTUSERCFG=0,%d,"scheme-%d","","",0,0,""' % (scheme, scheme)
    for line in (usercfg, *settings):
        assert host.say(line) == OK, line
    line = b'AT+MQTTCONN=0,"127.0.0.1",%d,0\r\n' % port
    said = host.write(line, OK, ERROR, LOST)
    if said.endswith(LOST):
        host.module.advance(6_000_000)  # of the module's, not of the wall's
    return said


def refused(host: Host, scheme: int, port: int, *settings: bytes) -> bool:
    said = connect(host, scheme, port, *settings)
    assert said.startswith((LOST, b"+MQTTCONNECTED:0,")), said
    return said == LOST


@pytest.mark.parametrize("scheme", SCHEMES)
def test_there_and_back(host, ports, scheme):
    port = getattr(ports, SCHEMES[scheme])
    path = b"/" if scheme >= 6 else b""
    fields = (scheme, port, path)
    said = connect(host, scheme, port)
    assert said == b'+MQTTCONNECTED:0,%d,"127.0.0.1","%d","%s",0\r\n' % fields + OK
    topic = b"scheme/%d" % scheme
    assert host.write(b'AT+MQTTSUB=0,"%s",1\r\n' % topic, OK) == OK
    for qos in range(3):
        line = b'AT+MQTTPUB=0,"%s","%d",%d,0\r\n' % (topic, qos, qos)
        message = b'+MQTTSUBRECV:0,"%s",1,%d\r\n' % (topic, qos)
        said = host.write(line, OK, message)
        for missing in {OK, message} - {text for text in (OK, message) if text in said}:
            said += host.read(missing)
        assert sorted(said) == sorted(OK + message)
    host.say(b'AT+MQTTPUBRAW=0,"%s",5000,1,0' % topic)
    said = host.write(b"x" * 5000, b"+MQTTPUB:OK\r\n")
    assert said.count(b"x") == 5000  # the broker acknowledges behind what it sends
    assert said.count(b"+MQTTSUBRECV:") >= 5
    assert host.write(b"AT+MQTTCLEAN=0\r\n", OK) == OK


@pytest.mark.parametrize("scheme", [3, 5])
@pytest.mark.parametrize("listener", ["expired", "wrong_name", "other"])
def test_servers_that_are_not_the_right_one(host, ports, listener, scheme):
    assert refused(host, scheme, getattr(ports, listener))


def test_nobody_checks_in_scheme_2(host, ports):
    assert not refused(host, 2, ports.expired)


def test_another_name(host, ports):
    name = b'AT+MQTTSNI=0,"%s"' % OTHER_NAME.encode()
    assert not refused(host, 3, ports.wrong_name, name)
    host.write(b"AT+MQTTCLEAN=0\r\n", OK)
    assert refused(host, 3, ports.right, name)


def test_a_client_certificate_is_wanted(host, ports):
    for scheme, port in ((2, ports.client), (3, ports.client), (7, ports.client_web)):
        assert refused(host, scheme, port)


def test_no_certificate_is_valid_in_1970(certificates, ports):
    assert refused(Host(ca=certificates.ca, knows_time=False), 3, ports.right)


def test_what_the_server_is_told(host, server_context):
    alpn = b'AT+MQTTALPN=0,2,"x-amzn","mqtt"'
    with Server(server_context) as server:
        refused(host, 3, server.port, alpn, b'AT+MQTTSNI=0,"%s"' % NAME.encode())
    assert (server.names, server.protocol) == ([NAME], "mqtt")


def told(host: str, sni: str = "") -> tuple[str, str]:
    """The name a server is told, and the one its certificate must be for."""
    config = MqttConfig(3, esp_at_schemes()[3], b"c", b"", b"", "")
    config.sni = sni
    options = config.tls_options(host, {}, 0)
    assert options is not None
    return options.sni, options.name


def test_names():
    assert told("broker.test") == ("broker.test", "broker.test")
    assert told("192.168.4.100") == ("", "192.168.4.100")
    assert told("192.168.4.100", "broker.test") == ("broker.test", "broker.test")


def test_a_password(host, broker):
    port = broker[0].password_port
    escaped = PASSWORD.replace("\\", "\\\\").replace('"', '\\"').replace(",", "\\,")
    right = b'AT+MQTTPASSWORD=0,"%s"' % escaped.encode()
    user = b'AT+MQTTUSERNAME=0,"%s"' % USERNAME.encode()
    assert refused(host, 1, port, user, b'AT+MQTTPASSWORD=0,"wrong"')
    assert not refused(host, 1, port, user, right)
