"""Real sockets under the module: how connecting ends, bytes both ways, TLS."""

import socket
import ssl
import time

import pytest
import trustme
from echo import echo_server

from atsim import net
from atsim.socketnet import SocketNet
from certificates import NAME, certificates

__all__ = ["certificates"]  # the fixture

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


@pytest.fixture
def server(certificates):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.right.cert, certificates.right.key)
    return context


def test_tls(server, certificates):
    sockets = SocketNet()
    options = net.TlsOptions(
        verify=True, ca=certificates.ca.read_bytes(), name=NAME, now=int(time.time())
    )
    with echo_server(server) as port:
        link = sockets.connect("127.0.0.1", port, options)
        assert settled(link, sockets) == net.OPEN
        assert talk(link, b"x" * 50_000) == b"X" * 50_000
        link.close()


def test_tls_without_verification(server):
    sockets = SocketNet()
    with echo_server(server) as port:
        link = sockets.connect("127.0.0.1", port, net.TlsOptions(name="another.test"))
        assert settled(link, sockets) == net.OPEN


def test_tls_failures(server):
    sockets = SocketNet()
    unknown = net.TlsOptions(verify=True, now=int(time.time()))
    with echo_server(server) as port:
        assert settled(sockets.connect("127.0.0.1", port, unknown), sockets) == net.TLS
    with echo_server() as plain:
        link = sockets.connect("127.0.0.1", plain, net.TlsOptions())
        assert settled(link, sockets) == net.TLS


@pytest.mark.parametrize(
    ("names", "name"),
    [
        (["*.test"], "broker.test"),
        (["first.test", "SECOND.test"], "second.TEST"),
        (["10.1.2.3"], "10.1.2.3"),
    ],
)
def test_names_that_fit(names, name):
    assert checked(names, name) == net.OPEN


@pytest.mark.parametrize(
    ("names", "name"),
    [
        (["*.test"], "a.broker.test"),
        (["*.test"], "test"),
        (["broker.test"], "notbroker.test"),
        (["10.1.2.3"], "10.1.2.4"),
    ],
)
def test_names_that_do_not(names, name):
    assert checked(names, name) == net.TLS


def checked(names: "list[str]", name: str) -> str:
    """How a connection ends that expects `name` from a server whose certificate is for `names`."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # mbedTLS looks at the common name of a certificate without alternative names only
    authority.issue_cert(*names, common_name=name).configure_cert(context)
    ca = authority.cert_pem.bytes()
    options = net.TlsOptions(verify=True, ca=ca, name=name, now=int(time.time()))
    sockets = SocketNet()
    with echo_server(context) as port:
        return settled(sockets.connect("127.0.0.1", port, options), sockets)


def test_a_name_that_cannot_be_one_is_unknown():
    sockets = SocketNet()
    assert settled(sockets.connect("a..b", 1), sockets) == net.DNS
