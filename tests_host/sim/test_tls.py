"""TLS as a host sees it: AT commands on one side, mosquitto or a TLS server on the other.

The module lives in this process: its time goes on without the wall's, its sockets are real.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_ends import JOINED, atsim, tcp_host
from testbench import joined

from atsim import cli
from atsim.commands.certificates import provisioned
from atsim.module import Module
from atsim.socketnet import SocketNet
from broker_fixture import Mosquitto, mosquitto
from certificates import HOST, NAME, OTHER_NAME, Certificates, certificates

__all__ = ["certificates"]  # the fixture

OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"
PROMPT = b"\r\nOK\r\n\r\n>"
CONNECT = b"\x10\x0f\x00\x04MQTT\x04\x02\x00<\x00\x03tls"
CONNACK = b"\x20\x02\x00\x00"
SECOND = 1_000_000
LIMIT_S = 20
STEP_US = 1_000
NONE, SHOW, CHECK, BOTH = range(4)  # AT+CIPSSLCCONF


@pytest.fixture(scope="module")
def broker(certificates: Certificates) -> Iterator[Mosquitto]:
    with mosquitto(certificates=certificates) as running:
        yield running


class Host:
    """A module that is online and knows the time, and what a host does with it."""

    def __init__(self, *, knows_time: bool = True, **files: Path) -> None:
        stored = provisioned(**{kind: path.read_bytes() for kind, path in files.items()})
        self.module = Module(SocketNet(), boot_log=False, certificates=stored)
        self.module.power_on()
        self.module.advance(2 * SECOND)
        self.say(b"ATE0")
        self.say(b"AT+CWMODE=1")
        self.module.feed(b'AT+CWJAP="atsim","password"\r\n')
        assert joined(self.module.advance(10 * SECOND)).endswith(OK)
        if knows_time:
            self.say(b"AT+SYSTIMESTAMP=%d" % time.time())

    def say(self, line: bytes) -> bytes:
        """A command that needs no network, and its answer."""
        self.module.feed(line + b"\r\n")
        return joined(self.module.advance(SECOND))

    def write(self, data: bytes, *ends: bytes) -> bytes:
        """What the module says until one of `ends`, while the network does its part."""
        self.module.feed(data)
        return self.read(*ends)

    def read(self, *ends: bytes) -> bytes:
        said = b""
        limit = time.monotonic() + LIMIT_S
        while not said.endswith(ends):
            assert time.monotonic() < limit, said
            said += joined(self.module.advance(STEP_US))
            time.sleep(STEP_US / 1e6)
        return said

    def start(self, port: int, auth: int = NONE, *settings: bytes) -> bytes:
        """Open a TLS link."""
        for line in (b"AT+CIPSSLCCONF=%d,0,0" % auth, *settings):
            assert self.say(line) == OK, line
        return self.write(b'AT+CIPSTART="SSL","%s",%d\r\n' % (HOST.encode(), port), OK, ERROR)

    def store(self, namespace: str, key: str, value: bytes) -> None:
        """Write to the module's manufacturing data."""
        line = f'AT+SYSMFG=2,"{namespace}","{key}",8,{len(value)}'
        assert self.say(line.encode()) == PROMPT
        assert self.write(value, OK) == OK

    def greet(self) -> bytes:
        """MQTT's CONNECT, and what comes of it."""
        assert self.say(b"AT+CIPSEND=%d" % len(CONNECT)) == PROMPT
        sent = b"\r\nRecv %d bytes\r\n\r\nSEND OK\r\n" % len(CONNECT)
        said = self.write(CONNECT, b"\r\n+IPD,4:" + CONNACK + b"\r\n", b"CLOSED\r\n")
        assert said.startswith(sent)
        return said[len(sent) :]


OPEN = b"CONNECT\r\n" + OK
ACCEPTED = b"\r\n+IPD,4:" + CONNACK + b"\r\n"
SNI = b'AT+CIPSSLCSNI="%s"' % NAME.encode()


@pytest.mark.parametrize("listener", ["right", "expired", "wrong_name", "other"])
def test_any_server_will_do_unless_it_is_checked(broker, listener):
    host = Host(knows_time=False)
    assert host.start(getattr(broker.tls, listener), NONE, SNI) == OPEN
    assert host.greet() == ACCEPTED


def test_the_right_server_passes_the_check(broker, certificates):
    host = Host(ca=certificates.ca)
    assert host.start(broker.tls.right, CHECK, SNI) == OPEN
    assert host.greet() == ACCEPTED
    assert host.say(b"AT+CIPSTATE?").startswith(b'+CIPSTATE:0,"SSL","127.0.0.1",')


@pytest.mark.parametrize("listener", ["expired", "wrong_name", "other"])
def test_others_do_not(broker, certificates, listener):
    host = Host(ca=certificates.ca)
    host.say(b"AT+SYSLOG=1")  # ESP-AT 4.1 gives no code either
    assert host.start(getattr(broker.tls, listener), CHECK, SNI) == ERROR
    assert host.say(b"AT+CIPSTATE?") == OK
    assert host.start(broker.tls.right, CHECK, SNI) == OPEN  # nothing is left of it


def test_a_check_without_a_ca_fails(broker):
    assert Host().start(broker.tls.right, CHECK) == ERROR


def test_the_name_is_compared_when_one_was_given(broker, certificates):
    host = Host(ca=certificates.ca)
    assert host.start(broker.tls.wrong_name, CHECK) == OPEN
    host.say(b"AT+CIPCLOSE")
    common_name = b'AT+CIPSSLCCN="%s"'
    assert host.start(broker.tls.wrong_name, CHECK, common_name % NAME.encode()) == ERROR
    good = (SNI, common_name % OTHER_NAME.encode())  # it goes before the SNI
    assert host.start(broker.tls.wrong_name, CHECK, *good) == OPEN


def test_a_module_that_does_not_know_the_time_accepts_no_certificate(broker, certificates):
    host = Host(ca=certificates.ca, knows_time=False)
    assert host.say(b"AT+CIPSNTPTIME?").endswith(b" 1970" + OK)
    assert host.start(broker.tls.right, CHECK) == ERROR
    host.say(b"AT+SYSTIMESTAMP=%d" % time.time())
    assert host.start(broker.tls.right, CHECK) == OPEN
    host.module.reset()
    host.module.advance(10 * SECOND)
    host.say(b"ATE0")
    assert host.start(broker.tls.right, CHECK) == ERROR  # forgotten


def test_the_modules_own_clock_decides(broker, certificates):
    """What has expired for the rest of the world has not for a module that lives in the past."""
    host = Host(ca=certificates.ca, knows_time=False)
    host.say(b"AT+SYSTIMESTAMP=%d" % (time.time() - 10 * 86400))
    assert host.start(broker.tls.expired, CHECK) == OPEN


def test_client_certificate(broker, certificates):
    own = {"cert": certificates.client.cert, "key": certificates.client.key}
    host = Host(ca=certificates.ca, **own)
    assert host.start(broker.tls.client, BOTH, SNI) == OPEN
    assert host.greet() == ACCEPTED
    host.say(b"AT+CIPCLOSE")
    assert host.start(broker.tls.client, SHOW) == OPEN
    host.say(b"AT+CIPCLOSE")
    assert host.start(broker.tls.client, CHECK) == ERROR  # the broker refuses


def test_client_certificates_that_are_no_use(broker, certificates):
    other = {"cert": certificates.other_client.cert, "key": certificates.other_client.key}
    assert Host(**other).start(broker.tls.client, SHOW) == ERROR
    mixed = {"cert": certificates.client.cert, "key": certificates.other_client.key}
    assert Host(**mixed).start(broker.tls.client, SHOW) == ERROR
    assert Host().start(broker.tls.client, SHOW) == ERROR


def test_passive_receiving(broker):
    host = Host()
    host.say(b"AT+CIPRECVMODE=1")
    assert host.start(broker.tls.right) == OPEN
    host.say(b"AT+CIPSEND=%d" % len(CONNECT))
    assert host.write(CONNECT, b"\r\n+IPD,4\r\n").endswith(b"SEND OK\r\n\r\n+IPD,4\r\n")
    assert host.say(b"AT+CIPRECVLEN?") == b"+CIPRECVLEN:4\r\n" + OK
    assert host.say(b"AT+CIPRECVDATA=100") == b"+CIPRECVDATA:4," + CONNACK + OK
    assert host.say(b"AT+CIPCLOSE") == b"CLOSED\r\n" + OK


def test_certificates_written_by_the_host(broker, certificates):
    """As a host does it, each under the number that AT+CIPSSLCCONF then names."""
    files = {"ca": certificates.ca}
    files.update(cert=certificates.client.cert, key=certificates.client.key)
    host = Host()
    for kind, path in files.items():
        host.store(f"client_{kind}", f"client_{kind}.1", path.read_bytes())
    assert host.start(broker.tls.client, BOTH) == ERROR  # number 0 is not there
    host.say(b"AT+CIPSSLCCONF=3,1,1")
    line = b'AT+CIPSTART="SSL","127.0.0.1",%d\r\n' % broker.tls.client
    assert host.write(line, OK, ERROR) == OPEN


class Server:
    """A TLS server for one client: what the client's hello held, and what became of it."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.names: list[str | None] = []
        self.protocol: str | None = None
        self.cipher = ""
        self.version: str | None = None
        context.sni_callback = lambda _, name, __: self.names.append(name)
        self._context = context
        self._listener = socket.create_server((HOST, 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection, contextlib.suppress(OSError):  # a client that refuses
            with self._context.wrap_socket(connection, server_side=True) as client:
                self.protocol = client.selected_alpn_protocol()
                self.cipher = (client.cipher() or ("",))[0]
                self.version = client.version()
                client.recv(1)

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(LIMIT_S)
        self._listener.close()


@pytest.fixture
def server_context(certificates):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.right.cert, certificates.right.key)
    context.set_alpn_protocols(["other", "mqtt"])
    return context


def test_what_the_server_is_told(server_context):
    host = Host()
    settings = (SNI, b'AT+CIPSSLCALPN=2,"x-amzn","mqtt"', b"AT+CIPSSLCCIPHER=2,0x1234,0xc02b")
    with Server(server_context) as server:
        assert host.start(server.port, NONE, *settings) == OPEN
        host.say(b"AT+CIPCLOSE")
    assert server.names == [NAME]
    assert server.protocol == "mqtt"
    assert server.cipher == "ECDHE-ECDSA-AES128-GCM-SHA256"
    assert server.version == "TLSv1.2"


def test_what_it_is_not_told(server_context):
    host = Host()
    settings = (SNI, b'AT+CIPSSLCSNI=""', b'AT+CIPSSLCALPN=1,"mqtt"', b"AT+CIPSSLCALPN=0")
    with Server(server_context) as server:
        assert host.start(server.port, NONE, *settings) == OPEN
        host.say(b"AT+CIPCLOSE")
    assert (server.names, server.protocol) == ([None], None)


def test_no_cipher_in_common(server_context):
    with Server(server_context) as server:
        assert Host().start(server.port, NONE, b"AT+CIPSSLCCIPHER=1,0x1234") == ERROR


@pytest.mark.parametrize("name", [b".", b"a..b", b"n" * 64])
def test_a_name_that_cannot_be_one(broker, name):
    assert Host().start(broker.tls.right, NONE, b'AT+CIPSSLCSNI="%s"' % name) == ERROR


@pytest.mark.parametrize("pem", [b"\xff\x00", b"no PEM"])
def test_what_is_no_certificate_shows_when_connecting(broker, pem, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(pem)
    assert Host(ca=path).start(broker.tls.right, CHECK) == ERROR
    assert Host(cert=path, key=path).start(broker.tls.right, SHOW) == ERROR


def test_a_silent_server_does_not_stop_the_module():
    """While a handshake waits, the module goes on: it answers that it is busy."""
    host = Host()
    with socket.create_server((HOST, 0)) as silent:
        port = silent.getsockname()[1]
        host.module.feed(b'AT+CIPSTART="SSL","127.0.0.1",%d\r\n' % port)
        connection, _ = accepted(silent, host)
        assert host.write(b"AT\r\n", b"busy p...\r\n") == b"\r\nbusy p...\r\n"
        connection.close()
        assert host.read(OK, ERROR) == ERROR


def accepted(listener: socket.socket, host: Host) -> tuple[socket.socket, object]:
    """The connection, once its first bytes have come."""
    listener.setblocking(False)
    limit = time.monotonic() + LIMIT_S
    while time.monotonic() < limit:
        host.module.advance(STEP_US)
        time.sleep(STEP_US / 1e6)
        with contextlib.suppress(BlockingIOError):
            return listener.accept()
    raise TimeoutError


def test_a_certificate_needs_its_key(certificates, capsys):
    assert cli.main(["--tcp", "0", "--cert", str(certificates.client.cert)]) == 1
    assert "--key" in capsys.readouterr().err


def test_atsim(broker, certificates):
    """The program, with files."""
    options = ("--no-boot", "--ca", str(certificates.ca))
    options += ("--cert", str(certificates.client.cert), "--key", str(certificates.client.key))
    options += ("--connect-to", f"{NAME}:8883=127.0.0.1:{broker.tls.client}")
    with atsim("--tcp", "0", *options) as (_, where), tcp_host(where) as host:
        host.say(b"ATE0\r\n")
        host.say(b"AT+CWMODE=1\r\n")
        assert host.say(b'AT+CWJAP="home","secret"\r\n') == JOINED
        host.say(b"AT+CIPSNTPCFG=1,0\r\n")
        host.read(b"+TIME_UPDATED\r\n")
        host.say(b"AT+CIPSSLCCONF=3,0,0\r\n")
        host.say(SNI + b"\r\n")
        said = host.say(b'AT+CIPSTART="SSL","%s",8883\r\n' % NAME.encode())
        assert said == OPEN
        host.say(b"AT+CIPSEND=%d\r\n" % len(CONNECT), b">")
        assert host.say(CONNECT, ACCEPTED).endswith(ACCEPTED)
