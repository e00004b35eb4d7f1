"""Real sockets under the module: how connecting ends, bytes both ways, TLS."""

import socket
import ssl
import subprocess
import time

import pytest
from echo import echo_server

from atsim import net
from atsim.socketnet import SocketNet

LIMIT_S = 20


def settled(link: net.Link, sockets: SocketNet) -> str:
    """The state connecting ends in."""
    end = time.monotonic() + LIMIT_S
    while link.state == net.CONNECTING and time.monotonic() < end:
        sockets.poll(0)
        time.sleep(0.001)
    return link.state


def talk(link: net.Link, data: bytes) -> bytes:
    """Send all, and receive as many bytes."""
    answer = b""
    size = len(data)
    end = time.monotonic() + LIMIT_S
    while len(answer) < size and time.monotonic() < end:
        data = data[link.send(data) :]
        answer += link.recv(2920)
    return answer


def test_open_talk_close():
    sockets = SocketNet()
    with echo_server() as port:
        link = sockets.connect("127.0.0.1", port)
        assert settled(link, sockets) == net.OPEN
        assert (link.remote_ip, link.remote_port) == ("127.0.0.1", port)
        assert link.local_port
        assert sockets.due() is not None
        data = b"x" * 300_000  # more than fits into socket buffers
        assert talk(link, data) == data.upper()
        link.close()
        assert (link.state, link.send(b"x"), link.recv(1)) == (net.CLOSED, 0, b"")
        sockets.poll(0)
        assert sockets.due() is None


def test_bytes_before_the_peer_closes_are_not_lost():
    sockets = SocketNet()
    with socket.create_server(("127.0.0.1", 0)) as server:
        link = sockets.connect("127.0.0.1", server.getsockname()[1])
        assert settled(link, sockets) == net.OPEN
        connection, _ = server.accept()
        connection.sendall(b"bye")
        connection.close()
        answer = b""
        end = time.monotonic() + LIMIT_S
        while link.state == net.OPEN and time.monotonic() < end:
            answer += link.recv(1)
    assert (answer, link.state) == (b"bye", net.CLOSED)


def test_how_connecting_fails():
    sockets = SocketNet()
    with echo_server() as port:
        pass
    assert settled(sockets.connect("127.0.0.1", port), sockets) == net.REFUSED
    assert settled(sockets.connect("no.such.host.invalid", 1), sockets) == net.DNS
    assert settled(sockets.connect("255.255.255.255", 1), sockets) == net.UNREACHABLE
    assert sockets.due() is None


def test_mapped_names():
    with echo_server() as port:
        sockets = SocketNet({("broker.local", 1883): ("127.0.0.1", port)})
        assert settled(sockets.connect("broker.local", 1883), sockets) == net.OPEN
    assert sockets.resolve("broker.local") == "127.0.0.1"
    assert sockets.resolve("no.such.host.invalid") is None


def test_ping():
    sockets = SocketNet()
    assert sockets.ping("127.0.0.1") is not None
    assert sockets.ping("no.such.host.invalid") is None


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate and its key in one PEM file."""
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout -"
    command = f"openssl req -x509 {key} -days 2 -subj /CN=test"
    done = subprocess.run(command.split(), capture_output=True, check=True)
    path.write_bytes(done.stdout)
    return path


@pytest.fixture
def tls_port(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with echo_server(context) as port:
        yield port


def test_tls(tls_port, certificate):
    sockets = SocketNet()
    options = net.TlsOptions(verify=True, ca=certificate.read_bytes(), sni="test", alpn=("mqtt",))
    link = sockets.connect("127.0.0.1", tls_port, options)
    assert settled(link, sockets) == net.OPEN
    assert talk(link, b"x" * 50_000) == b"X" * 50_000
    link.close()


def test_tls_without_verification(tls_port):
    sockets = SocketNet()
    assert settled(sockets.connect("127.0.0.1", tls_port, net.TlsOptions()), sockets) == net.OPEN


def test_tls_failures(tls_port):
    sockets = SocketNet()
    unknown = net.TlsOptions(verify=True)
    assert settled(sockets.connect("127.0.0.1", tls_port, unknown), sockets) == net.TLS
    with echo_server() as plain:
        link = sockets.connect("127.0.0.1", plain, net.TlsOptions())
        assert settled(link, sockets) == net.TLS


def test_client_certificate(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.load_verify_locations(certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    pem = certificate.read_bytes()
    with echo_server(context) as port:
        sockets = SocketNet()
        link = sockets.connect("127.0.0.1", port, net.TlsOptions(cert=pem, key=pem))
        assert settled(link, sockets) == net.OPEN
        assert talk(link, b"me") == b"ME"
