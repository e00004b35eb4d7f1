"""The relay that cuts: exactly where it was asked to, once, and it says what it has seen.

First between two sockets of the test, then between an independent client and either broker.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from cutter import HOST, Cut, Cutter, Ending, Share
from dut import BROKERS
from farside import FarSide, Lost, Message
from paho.mqtt.enums import MessageType
from payloads import PAYLOADS
from wirepacket import BROKER, CLIENT, Sender

from atsim import brokerwire as wire
from broker_fixture import refusing_port

LIMIT_S = 10
PINGREQ, PINGRESP = b"\xc0\x00", b"\xd0\x00"
PUBREC = wire.encode_ack(wire.PUBREC, 7)
LARGE = wire.encode_publish(b"t", b"x" * 3_000_000, 2, False, packet_id=7)  # more than is buffered


class Ends(NamedTuple):
    """Who the relay takes for the client, and who for the broker."""

    client: socket.socket
    broker: socket.socket


class Line:
    """A relay with a listener of the test behind it."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._sockets = contextlib.ExitStack()
        self.cutter = Cutter(listener.getsockname()[1])

    def connect(self) -> Ends:
        client = socket.create_connection((HOST, self.cutter.port), LIMIT_S)
        broker, _ = self._listener.accept()
        broker.settimeout(LIMIT_S)
        return Ends(self._sockets.enter_context(client), self._sockets.enter_context(broker))

    def close(self) -> None:
        self._sockets.close()
        self.cutter.close()


@pytest.fixture
def line() -> Iterator[Line]:
    with socket.create_server((HOST, 0)) as listener:
        listener.settimeout(LIMIT_S)
        with contextlib.closing(Line(listener)) as line:
            yield line


def rest(end: socket.socket) -> tuple[bytes, str]:
    """What still comes, and how it ends."""
    received = b""
    try:
        while data := end.recv(65536):
            received += data
    except ConnectionResetError:
        return received, "rst"
    return received, "fin"


def exactly(end: socket.socket, count: int) -> bytes:
    received = b""
    while len(received) < count:
        received += end.recv(count - len(received))
    return received


@pytest.mark.parametrize("how", ["fin", "rst"])
@pytest.mark.parametrize("where", ["before", "within", "after"])
@pytest.mark.parametrize("packet", [PUBREC, LARGE], ids=["PUBREC", "LARGE"])
@pytest.mark.parametrize("sender", [CLIENT, BROKER])
def test_both_sides_get_what_came_before_and_then_the_end(
    line: Line, sender: Sender, packet: bytes, where: Share, how: Ending
) -> None:
    ends = line.connect()
    near, far = (ends.client, ends.broker) if sender == CLIENT else (ends.broker, ends.client)
    far.sendall(PINGRESP)
    assert exactly(near, 2) == PINGRESP
    line.cutter.cut(Cut(sender, MessageType(packet[0] & 0xF0), where=where, how=how))
    near.sendall(PINGREQ + packet)
    share = {"before": b"", "within": packet[: len(packet) // 2], "after": packet}[where]
    assert rest(far) == (PINGREQ + share, how)
    assert rest(near) == (b"", how)
    line.cutter.until_cut()


def test_what_comes_after_a_cut_is_lost(line: Line) -> None:
    ends = line.connect()
    line.cutter.cut(Cut(CLIENT, where="after"))
    ends.client.sendall(PINGREQ + PUBREC)
    line.cutter.until_cut()
    ends.client.sendall(PINGREQ)
    ends.broker.sendall(PINGRESP)
    assert rest(ends.broker) == (PINGREQ, "fin")
    assert rest(ends.client) == (b"", "fin")
    assert [packet.data for packet in line.cutter.packets] == [PINGREQ]


def test_a_cut_is_made_once_and_the_next_connection_is_whole(line: Line) -> None:
    line.cutter.cut(Cut(CLIENT, MessageType.PINGREQ))
    first = line.connect()
    first.client.sendall(PINGREQ)
    assert rest(first.client) == (b"", "fin")
    second = line.connect()
    second.client.sendall(PINGREQ * 2)
    assert exactly(second.broker, 4) == PINGREQ * 2
    assert [packet.connection for packet in line.cutter.packets] == [1, 2, 2]


@pytest.mark.parametrize(
    ("cut", "passed"),
    [
        (Cut(number=1), 0),
        (Cut(number=4), 3),
        (Cut(CLIENT, number=3), 4),
        (Cut(BROKER, number=2), 3),
        (Cut(kind=MessageType.PUBREC, number=2), 3),
        (Cut(CLIENT, MessageType.PUBREC), 2),
        (Cut(BROKER, MessageType.PINGRESP), 1),
    ],
)
def test_only_what_was_asked_for_is_counted(line: Line, cut: Cut, passed: int) -> None:
    ends = line.connect()
    line.cutter.cut(cut)
    sent = [(CLIENT, PINGREQ), (BROKER, PINGRESP), (CLIENT, PUBREC), (BROKER, PUBREC)]
    sent += [(CLIENT, PINGREQ)]
    for number, (sender, packet) in enumerate(sent):
        near, far = (ends.client, ends.broker) if sender == CLIENT else (ends.broker, ends.client)
        near.sendall(packet)
        if number == passed:
            assert rest(far) == (b"", "fin")
            return
        assert exactly(far, len(packet)) == packet


def test_an_end_is_handed_on(line: Line) -> None:
    ends = line.connect()
    ends.client.sendall(PINGREQ)
    ends.client.close()
    assert rest(ends.broker) == (PINGREQ, "fin")
    ends = line.connect()
    ends.broker.sendall(PINGRESP)
    ends.broker.close()
    assert rest(ends.client) == (PINGRESP, "fin")


def test_a_reset_forgets_packets_connections_and_cut(line: Line) -> None:
    ends = line.connect()
    ends.client.sendall(PINGREQ)
    assert exactly(ends.broker, 2) == PINGREQ
    line.cutter.cut(Cut(CLIENT))
    line.cutter.reset()
    assert (rest(ends.client), rest(ends.broker)) == ((b"", "fin"), (b"", "fin"))
    assert line.cutter.packets == []
    ends = line.connect()
    ends.client.sendall(PINGREQ)
    assert exactly(ends.broker, 2) == PINGREQ
    assert [str(packet) for packet in line.cutter.packets] == ["1 client PINGREQ"]


def test_without_a_broker_the_connection_ends_at_once() -> None:
    with refusing_port() as port, contextlib.closing(Cutter(port)) as cutter:
        with socket.create_connection((HOST, cutter.port), LIMIT_S) as client:
            assert rest(client) == (b"", "fin")


def test_waiting_in_vain_says_what_came(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cutter.LIMIT_S", 0.01)
    ends = line.connect()
    ends.client.sendall(PUBREC)
    assert exactly(ends.broker, len(PUBREC)) == PUBREC
    line.cutter.cut(Cut(BROKER))
    with pytest.raises(AssertionError, match=r"no cut .*1 client PUBREC #7"):
        line.cutter.until_cut()


@pytest.mark.parametrize(
    ("packet", "text"),
    [
        (wire.encode(wire.CONNACK, 0, b"\0\0"), "CONNACK"),
        (PINGREQ, "PINGREQ"),
        (wire.encode_publish(b"topic", b"payload", 0, True), "PUBLISH"),
        (wire.encode_publish(b"topic", b"p" * 200, 1, False, packet_id=65535), "PUBLISH #65535"),
        (wire.encode_publish(b"t", b"", 2, True, packet_id=1), "PUBLISH #1"),
        (wire.encode_publish(b"t", b"", 1, False, dup=True, packet_id=1), "PUBLISH dup #1"),
        (wire.encode_ack(wire.PUBREL, 258), "PUBREL #258"),
        (wire.encode(wire.SUBSCRIBE, 2, b"\x01\x00" + b"\0\1t\0" * 50), "SUBSCRIBE #256"),
        (wire.encode(wire.SUBACK, 0, b"\x00\x09\x00"), "SUBACK #9"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_packets_are_recorded_with_type_and_id(line: Line, packet: bytes, text: str) -> None:
    ends = line.connect()
    ends.client.sendall(packet)
    assert exactly(ends.broker, len(packet)) == packet
    (recorded,) = line.cutter.packets
    assert (str(recorded), recorded.data) == ("1 client " + text, packet)


# --- an independent client, and either broker


@pytest.fixture(params=BROKERS)
def broker_name(request: pytest.FixtureRequest) -> str:
    return request.param


def sent(cutter: Cutter, connection: int) -> list[str]:
    """What both sides have sent there."""
    packets = [packet for packet in cutter.packets if packet.connection == connection]
    return [str(packet).partition(" ")[2] for packet in packets]


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_messages_pass_unchanged(cutter: Cutter, name: str, qos: int) -> None:
    with contextlib.closing(FarSide(cutter.port)) as far:
        far.subscribe(name)
        for payload in PAYLOADS:
            far.publish(name, payload, qos)
        assert [far.next() for _ in PAYLOADS] == [
            Message(name, payload, qos, retain=False) for payload in PAYLOADS
        ]


def case_id(value: object) -> str | None:
    """Of a parameter: the names of packets, not their numbers."""
    if isinstance(value, MessageType):
        return value.name
    return "" if isinstance(value, list) else None


PUBLISH_AGAIN = ["client PUBLISH dup #1", "broker PUBREC #1"]
RELEASE = ["client PUBREL #1", "broker PUBCOMP #1"]


@pytest.mark.parametrize("how", ["fin", "rst"])
@pytest.mark.parametrize(
    ("sender", "kind", "where", "again"),
    [
        (CLIENT, MessageType.PUBLISH, "before", PUBLISH_AGAIN + RELEASE),
        (CLIENT, MessageType.PUBLISH, "within", PUBLISH_AGAIN + RELEASE),
        (BROKER, MessageType.PUBREC, "before", PUBLISH_AGAIN + RELEASE),
        (BROKER, MessageType.PUBREC, "within", PUBLISH_AGAIN + RELEASE),
        (CLIENT, MessageType.PUBREL, "before", RELEASE),
        (CLIENT, MessageType.PUBREL, "after", RELEASE),
        (BROKER, MessageType.PUBCOMP, "before", RELEASE),
        (BROKER, MessageType.PUBCOMP, "after", []),
    ],
    ids=case_id,
)
def test_a_message_published_through_a_cut_arrives_once(
    cutter: Cutter,
    far: FarSide,
    name: str,
    sender: Sender,
    kind: MessageType,
    where: Share,
    again: list[str],
    how: Ending,
) -> None:
    far.subscribe(name)
    cutter.cut(Cut(sender, kind, where=where, how=how))
    with contextlib.closing(FarSide(cutter.port, name, clean_session=False)) as client:
        with contextlib.suppress(Lost):
            client.publish(name, b"once", qos=2)
        cutter.until_cut()
        client.reconnect()
        client.until_published()
    cutter.until(lambda packets: packets[-1].kind == MessageType.DISCONNECT, "DISCONNECT")
    expected = ["client CONNECT", "broker CONNACK", *again, "client DISCONNECT"]
    assert sent(cutter, 2) == expected
    far.publish(name, b"no more", qos=2)
    assert [far.next().payload for _ in range(2)] == [b"once", b"no more"]


DELIVER_AGAIN = ["broker PUBLISH dup #1", "client PUBREC #1"]
RELEASE_AGAIN = ["broker PUBREL #1", "client PUBCOMP #1"]


@pytest.mark.parametrize("how", ["fin", "rst"])
@pytest.mark.parametrize(
    ("sender", "kind", "where", "again"),
    [
        (BROKER, MessageType.PUBLISH, "before", DELIVER_AGAIN + RELEASE_AGAIN),
        (BROKER, MessageType.PUBLISH, "within", DELIVER_AGAIN + RELEASE_AGAIN),
        (CLIENT, MessageType.PUBREC, "before", DELIVER_AGAIN + RELEASE_AGAIN),
        (CLIENT, MessageType.PUBREC, "after", RELEASE_AGAIN),
        (BROKER, MessageType.PUBREL, "before", RELEASE_AGAIN),
        (CLIENT, MessageType.PUBCOMP, "before", RELEASE_AGAIN),
        (CLIENT, MessageType.PUBCOMP, "after", []),
    ],
    ids=case_id,
)
def test_a_message_delivered_through_a_cut_arrives_once(
    cutter: Cutter,
    far: FarSide,
    name: str,
    sender: Sender,
    kind: MessageType,
    where: Share,
    again: list[str],
    how: Ending,
) -> None:
    cutter.cut(Cut(sender, kind, where=where, how=how))
    with contextlib.closing(FarSide(cutter.port, name, clean_session=False)) as client:
        client.subscribe(name)
        far.publish(name, b"once", qos=2)
        client.until_lost()
        cutter.until_cut()
        client.reconnect()
        expected = ["client CONNECT", "broker CONNACK", *again]
        client.until(lambda: len(sent(cutter, 2)) >= len(expected), f"{expected}")
        assert sent(cutter, 2) == expected
        far.publish(name, b"no more", qos=2)
        assert [client.next().payload for _ in range(2)] == [b"once", b"no more"]


@pytest.mark.parametrize("how", ["fin", "rst"])
def test_a_cut_is_no_good_bye(cutter: Cutter, far: FarSide, name: str, how: Ending) -> None:
    far.subscribe(name)
    cutter.cut(Cut(CLIENT, MessageType.PINGREQ, how=how))
    fields = [wire.prefixed(field) for field in (name.encode(), name.encode(), b"vanished")]
    connect = wire.encode(wire.CONNECT, 0, b"\0\4MQTT\4\x0e\0\0" + b"".join(fields))
    with socket.create_connection((HOST, cutter.port), LIMIT_S) as client:
        client.sendall(connect)
        assert exactly(client, 4) == wire.encode(wire.CONNACK, 0, b"\0\0")
        client.sendall(PINGREQ)
        assert far.next() == Message(name, b"vanished", 1, retain=False)
