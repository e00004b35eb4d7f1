"""What the other tests do not show of the simulator's broker on real ports."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import pytest
from farside import FarSide, Message
from otherbroker import OtherBroker, now_us

from atsim import brokerwire as wire

LIMIT_S = 10
PINGREQ, PINGRESP = b"\xc0\x00", b"\xd0\x00"
ACCEPTED = wire.encode(wire.CONNACK, 0, b"\0\0")
FLOOD = 20  # messages
SIZE = 900_000  # bytes each: more than the network and the broker hold for one client


@pytest.fixture(scope="module")
def broker() -> Iterator[OtherBroker]:
    with contextlib.closing(OtherBroker()) as broker:
        broker.start()
        yield broker


def connect(broker: OtherBroker, client_id: str, keepalive: int) -> socket.socket:
    client = socket.create_connection((broker.host, broker.port), LIMIT_S)
    body = b"\0\4MQTT\4\x02" + wire.word(keepalive) + wire.prefixed(client_id.encode())
    client.sendall(wire.encode(wire.CONNECT, 0, body))
    assert client.recv(4) == ACCEPTED
    return client


def test_a_silent_client_is_dropped(broker: OtherBroker, name: str) -> None:
    with connect(broker, name, 1) as silent:
        assert silent.recv(1) == b""


def test_a_client_that_pings_is_kept(
    broker: OtherBroker, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [now_us()]
    monkeypatch.setattr("otherbroker.now_us", lambda: clock[-1])
    with connect(broker, name, keepalive=100) as client:  # 150 s of silence would be too long
        clock.append(clock[-1] + 100_000_000)
        client.sendall(PINGREQ)
        assert client.recv(2) == PINGRESP
        clock.append(clock[-1] + 100_000_000)
        with connect(broker, name + "-other", keepalive=0):  # has the broker look at the clock
            client.sendall(PINGREQ)
            assert client.recv(2) == PINGRESP


def test_its_end_ends_connections_and_its_start_finds_the_ports_free(
    broker: OtherBroker, name: str
) -> None:
    ports = broker.port, broker.password_port
    with contextlib.closing(FarSide(broker.port)) as far:
        far.publish(name, b"forgotten", qos=1, retain=True)
        broker.stop()
        far.until_lost()
        with pytest.raises(ConnectionRefusedError):
            far.reconnect()
        broker.start()
        assert (broker.port, broker.password_port) == ports
        far.reconnect()
        far.subscribe(name)
        far.publish(name, b"new", qos=1)
        assert far.next() == Message(name, b"new", 1, retain=False)


def test_who_does_not_read_loses_only_messages_of_qos_0(broker: OtherBroker, name: str) -> None:
    with (
        connect(broker, name, 0) as slow,
        contextlib.closing(FarSide(broker.port)) as far,
    ):
        slow.sendall(
            wire.encode(wire.SUBSCRIBE, 2, b"\0\1" + wire.prefixed(name.encode()) + b"\1")
        )
        assert slow.recv(5) == wire.encode(wire.SUBACK, 0, b"\0\1\1")
        for number in range(FLOOD):
            far.publish(name, bytes([number]) * SIZE, qos=0)
        far.publish(name, b"last", qos=1)
        last = wire.encode_publish(name.encode(), b"last", 1, False, packet_id=1)
        received = bytearray()
        while not received.endswith(last):
            data = slow.recv(1 << 20)
            assert data
            received += data
        assert SIZE < len(received) < FLOOD * SIZE
