"""Devices whose module holds certificates, and the servers they may meet."""

from __future__ import annotations

import ssl
from asyncio import StreamReader, StreamWriter, start_server
from collections.abc import Iterable, Iterator

from dut import HOST as BROKER_NAME
from dut import PORT, Device, Make
from loopthread import LoopThread
from wirepacket import read_packet

from broker_fixture import HOST, Mosquitto, TlsPorts
from certificates import NAME, Certificates

TLS_PORTS = TlsPorts(*range(8883, 8883 + len(TlsPorts._fields)))  # of NAME, for the module
HELLO_PORT = 8890
WEB_PORT, SECURE_WEB_PORT, CLIENT_WEB_PORT = WEB_PORTS = (
    8080,
    8443,
    8444,
)  # the last wants a client's
CONNACK = b"\x20\x02\0\0"


class HelloServer:
    """Takes any MQTT client and keeps what its TLS hello has asked for.

    names: by SNI. protocols: those it offers that the client wanted.
    """

    def __init__(self, certificates: Certificates) -> None:
        self.names: list[str | None] = []
        self.protocols: list[str | None] = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates.right.cert, certificates.right.key)
        context.set_alpn_protocols(["other", "mqtt"])
        context.sni_callback = lambda _, name, __: self.names.append(name)
        self._loop = LoopThread()
        server = self._loop.run(start_server(self._serve, HOST, 0, ssl=context))
        self.port: int = server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """End all connections and take no more."""
        self._loop.close()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        await read_packet(reader)
        self.protocols.append(writer.get_extra_info("ssl_object").selected_alpn_protocol())
        writer.write(CONNACK)
        await reader.read()
        writer.close()


def stored(certificates: Certificates) -> list[str]:
    """Options of atsim: the authority's certificate, and one of the module's own."""
    own = certificates.client
    return ["--ca", str(certificates.ca), "--cert", str(own.cert), "--key", str(own.key)]


def web_listeners(ports: Iterable[int], certificates: Certificates) -> Iterator[str]:
    """Lines for mosquitto: WebSocket on these, in the order of WEB_PORTS."""
    for seen, real in zip(WEB_PORTS, ports, strict=True):
        yield f"listener {real} 127.0.0.1"
        yield "protocol websockets"
        yield "allow_anonymous true"
        if seen != WEB_PORT:
            yield f"certfile {certificates.right.cert}"
            yield f"keyfile {certificates.right.key}"
        if seen == CLIENT_WEB_PORT:
            yield f"cafile {certificates.ca}"
            yield "require_certificate true"


def tls_device(
    make: Make,
    command: str,
    broker: Mosquitto,
    server: HelloServer,
    options: Iterable[str],
    web: Iterable[int] = (),
) -> Device:
    """It finds the broker's listeners at TLS_PORTS of NAME, the server at HELLO_PORT.

    web: listeners that are to be found at WEB_PORTS, if any are.
    """
    ports = {(NAME, seen): real for seen, real in zip(TLS_PORTS, broker.tls, strict=True)}
    ports |= {(NAME, seen): real for seen, real in zip(WEB_PORTS, web, strict=False)}
    ports[NAME, HELLO_PORT] = server.port
    ports[BROKER_NAME, PORT] = broker.port
    return Device(make, command, ports, *options)
