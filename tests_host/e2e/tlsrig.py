"""Devices whose module holds certificates, and the servers they may meet."""

from __future__ import annotations

import ssl
from asyncio import StreamReader, StreamWriter, start_server
from collections.abc import Iterable

from dut import HOST as BROKER_NAME
from dut import PORT, Device, Make
from loopthread import LoopThread
from wirepacket import read_packet

from broker_fixture import HOST, Mosquitto, TlsPorts, WebPorts
from certificates import NAME, Certificates

TLS_PORTS = TlsPorts(*range(8883, 8883 + len(TlsPorts._fields)))  # of NAME, for the module
WEB_PORTS = WebPorts(8080, 8443, 8444)  # likewise
HELLO_PORT = 8890
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


def tls_device(
    make: Make,
    command: str,
    broker: Mosquitto,
    server: HelloServer,
    options: Iterable[str],
) -> Device:
    """It finds the broker at TLS_PORTS and WEB_PORTS of NAME, the server at HELLO_PORT."""
    ports = {(NAME, seen): real for seen, real in zip(TLS_PORTS, broker.tls, strict=True)}
    ports |= {(NAME, seen): real for seen, real in zip(WEB_PORTS, broker.web, strict=True)}
    ports[NAME, HELLO_PORT] = server.port
    ports[BROKER_NAME, PORT] = broker.port
    return Device(make, command, ports, *options)
