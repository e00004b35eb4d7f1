"""A real mosquitto on loopback for the tests that need one.

    from broker_fixture import mosquitto

    with mosquitto() as broker:
        paho_client.connect(broker.host, broker.port)

Two listeners: `port` takes anybody, `password_port` wants `USERNAME` and `PASSWORD`. With
`mosquitto(certificates=...)` there are those of `TlsPorts` and `WebPorts` too, which take anybody.
Everything (configuration, password file, log, persistence) lives in a temporary directory that
goes away with the broker. The program is `$MOSQUITTO`, else the `mosquitto` on PATH or in an sbin
directory; where there is none a test fails, it is never skipped.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:  # most callers need no certificates, nor the library that makes them
    from certificates import Certificates, Credentials

HOST = "127.0.0.1"
USERNAME = "tester"
PASSWORD = 's3cret, "quoted" \\ word'
START_TIMEOUT_S = 10.0
_START_ATTEMPTS = 5


class TlsPorts(NamedTuple):
    """Ports with TLS, by what the server shows there."""

    right: int
    expired: int
    wrong_name: int
    other: int
    client: int  # the right one, and the client must show a certificate `ca` signed


class WebPorts(NamedTuple):
    """Ports with WebSocket."""

    plain: int
    secure: int  # TLS, by the right server
    client: int  # that, and the client must show a certificate `ca` signed


class Mosquitto:
    """One mosquitto process that can be stopped and started again on the same ports.

    `tls` and `web` are its ports with TLS and with WebSocket, if it was given certificates.
    """

    host = HOST

    def __init__(
        self,
        directory: Path,
        extra: tuple[str, ...] = (),
        certificates: Certificates | None = None,
    ) -> None:
        self.directory = directory
        tls, web = len(TlsPorts._fields), len(WebPorts._fields)
        self.port, self.password_port, *ports = _free_ports(2 + tls + web)
        self._tls = TlsPorts(*ports[:tls]) if certificates else None
        self._web = WebPorts(*ports[tls:]) if certificates else None
        self._certificates = certificates
        self._extra = extra
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def tls(self) -> TlsPorts:
        """Raises RuntimeError when it was given no certificates."""
        if self._tls is None:
            raise RuntimeError("mosquitto was started without certificates")
        return self._tls

    @property
    def web(self) -> WebPorts:
        """Raises RuntimeError when it was given no certificates."""
        if self._web is None:
            raise RuntimeError("mosquitto was started without certificates")
        return self._web

    @property
    def log(self) -> str:
        """What the broker has written since its last start."""
        path = self.directory / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self) -> None:
        """Start it and return when all listeners accept connections.

        Raises RuntimeError with the log when it does not start, or runs already.
        """
        if self._process is not None:
            raise RuntimeError("mosquitto runs already")
        config = self.directory / "mosquitto.conf"
        config.write_text("\n".join(self._configuration()) + "\n")
        with (self.directory / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [program(), "-c", str(config)], stdout=log, stderr=log
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        # Written once all listeners are bound; a port that answers could belong to somebody else.
        while " running\n" not in self.log:
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"mosquitto did not start:\n{self.log}")
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop it; sessions and retained messages are lost unless `persistence true` was given."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _configuration(self) -> Iterator[str]:
        passwords = self.directory / "passwords"
        passwords.write_text(f"{USERNAME}:{_password_hash(PASSWORD)}\n")
        passwords.chmod(0o600)
        yield "user root"  # matters to root only, who would change to a user that cannot read this
        yield "per_listener_settings true"
        yield "log_dest stderr"
        yield "log_type all"
        yield "sys_interval 0"
        yield "set_tcp_nodelay true"
        yield f"persistence_location {self.directory}/"
        yield from _listener(self.port)
        yield f"listener {self.password_port} {HOST}"
        yield "allow_anonymous false"
        yield f"password_file {passwords}"
        if self._certificates is not None:
            yield from self._tls_configuration(self._certificates)
        yield from self._extra

    def _tls_configuration(self, certificates: Certificates) -> Iterator[str]:
        yield from _tls_listener(self.tls.right, certificates.right)
        yield from _tls_listener(self.tls.expired, certificates.expired)
        yield from _tls_listener(self.tls.wrong_name, certificates.wrong_name)
        yield from _tls_listener(self.tls.other, certificates.other)
        yield from _tls_listener(self.tls.client, certificates.right)
        yield from _client_wanted(certificates)
        yield from _listener(self.web.plain)
        yield "protocol websockets"
        yield from _tls_listener(self.web.secure, certificates.right)
        yield "protocol websockets"
        yield from _tls_listener(self.web.client, certificates.right)
        yield "protocol websockets"
        yield from _client_wanted(certificates)


@contextmanager
def mosquitto(*extra: str, certificates: Certificates | None = None) -> Iterator[Mosquitto]:
    """A running mosquitto.

    `extra` are configuration lines put at the end: global options, or a `listener` with its own.
    `certificates` open listeners with TLS and WebSocket.
    """
    with tempfile.TemporaryDirectory(prefix="mosquitto-") as name:
        broker = _started(Path(name), extra, certificates)
        try:
            yield broker
        finally:
            broker.stop()


@pytest.fixture(scope="session")
def mosquitto_broker() -> Iterator[Mosquitto]:
    """The plain broker, shared by all tests of a run: use topics and client ids of your own."""
    with mosquitto() as broker:
        yield broker


def program() -> str:
    """Path of the mosquitto program; raises FileNotFoundError with what to do about it."""
    chosen = os.environ.get("MOSQUITTO", "mosquitto")
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    found = shutil.which(chosen, path=path)
    if found is None:
        raise FileNotFoundError(
            f"no program {chosen!r}: install mosquitto, or set MOSQUITTO to its path"
        )
    return found


@contextmanager
def refusing_port() -> Iterator[int]:
    """A TCP port of the loopback interface where nobody listens: it is held, so nobody can."""
    with socket.socket() as held:
        held.bind((HOST, 0))
        yield held.getsockname()[1]


def _free_ports(count: int) -> list[int]:
    # of the loopback interface, that nobody listens on at this moment
    sockets = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in sockets]
    for listener in sockets:
        listener.close()
    return ports


def _listener(port: int) -> Iterator[str]:
    yield f"listener {port} {HOST}"
    yield "allow_anonymous true"


def _tls_listener(port: int, server: Credentials) -> Iterator[str]:
    yield from _listener(port)
    yield f"certfile {server.cert}"
    yield f"keyfile {server.key}"


def _client_wanted(certificates: Certificates) -> Iterator[str]:
    yield f"cafile {certificates.ca}"
    yield "require_certificate true"


def _started(
    directory: Path, extra: tuple[str, ...], certificates: Certificates | None
) -> Mosquitto:
    """Between choosing a free port and binding it somebody else may take it: then choose again."""
    for _ in range(_START_ATTEMPTS - 1):
        broker = Mosquitto(directory, extra, certificates)
        try:
            broker.start()
            return broker
        except RuntimeError:
            if "Address already in use" not in broker.log:
                raise
    broker = Mosquitto(directory, extra, certificates)
    broker.start()
    return broker


def _password_hash(password: str, salt: bytes = b"12 salt byte", rounds: int = 101) -> str:
    """A line of mosquitto's password file (PBKDF2, as mosquitto_passwd writes it)."""
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, rounds)
    return f"$7${rounds}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"
