"""A message of QoS 1 or 2 whose connection is cut: at which packet, and what must come again.

All cases are for two devices, one before each broker; the others share them among themselves.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, get_args

import pytest
from _pytest.mark import ParameterSet
from cutter import Cut, Cutter, Ending, Share
from dut import CUT_PORT, MAKES, Device, Make
from paho.mqtt.enums import MessageType
from wirepacket import BROKER, CLIENT, Packet, Sender

HELLO = ["client CONNECT", "broker CONNACK"]
MESSAGE = b"under way when the connection is cut"
MARKER = b"what was to come has come"  # published last, at the same QoS


class Step(NamedTuple):
    """A packet of the exchange for one message."""

    sender: Sender
    kind: MessageType

    def __str__(self) -> str:
        return f"{self.sender} {self.kind.name}"


def exchange(qos: int, sender: Sender) -> list[Step]:
    """All packets for one message from `sender`, in their order (MQTT 4.3)."""
    receiver = BROKER if sender == CLIENT else CLIENT
    if qos == 1:
        return [Step(sender, MessageType.PUBLISH), Step(receiver, MessageType.PUBACK)]
    return [
        Step(sender, MessageType.PUBLISH),
        Step(receiver, MessageType.PUBREC),
        Step(sender, MessageType.PUBREL),
        Step(receiver, MessageType.PUBCOMP),
    ]


class Case(NamedTuple):
    """resets_host: the host is reset after the cut, and else just connects again."""

    qos: int
    steps: list[Step]
    at: int  # which of them the cut is at
    where: Share
    how: Ending
    resets_host: bool

    def __str__(self) -> str:
        after = "reset" if self.resets_host else "reconnect"
        kind = self.steps[self.at].kind.name
        return f"qos{self.qos}-{self.where}-{kind}-{self.how}-{after}"

    @property
    def cut(self) -> Cut:
        """What is asked of the relay."""
        sender, kind = self.steps[self.at]
        return Cut(sender, kind, where=self.where, how=self.how)

    @property
    def again(self) -> list[str]:
        """What passes on the next connection, without ids (MQTT 4.4).

        Who sends the message goes on behind the last answer it has got.
        """
        got = self.at + (self.where == "after")  # so many packets have arrived
        answered = got // 2 * 2
        words = [str(step) for step in self.steps[answered:]]
        return [word + " dup" if word.endswith("PUBLISH") else word for word in words]

    @property
    def copies(self) -> int:
        """How many times the PUBLISH arrives, on both connections."""
        first = self.at > 0 or self.where == "after"
        return first + any("PUBLISH" in word for word in self.again)


def cases(sender: Sender) -> Iterator[Case]:
    """All, for messages from this side."""
    for qos in (1, 2):
        steps = exchange(qos, sender)
        for at, where in itertools.product(range(len(steps)), get_args(Share)):
            yield Case(qos, steps, at, where, "fin", resets_host=False)
            yield Case(qos, steps, at, where, "rst", resets_host=False)
            yield Case(qos, steps, at, where, "fin", resets_host=True)


def devices_and_cases(sender: Sender) -> list[ParameterSet]:
    """Arguments for `bench` and `case`."""
    asyncio = [make for make in MAKES if make.style == "async"]
    thorough = [m for m in asyncio if (m.interpreter, m.firmware) == ("cpython", "esp-at")]
    brief = [make for make in asyncio if make not in thorough]
    blocking = [make for make in MAKES if make.style == "simple"]
    every = list(cases(sender))
    without_store = [case for case in every if not case.resets_host]
    chosen = list(itertools.product(thorough, every))
    chosen += taking_turns(brief, every) + taking_turns(blocking, without_store)
    return [pytest.param(make, case, id=f"{make}-{case}") for make, case in chosen]


def taking_turns(makes: Sequence[Make], cases: Sequence[Case]) -> list[tuple[Make, Case]]:
    """Each case on one of them."""
    return list(zip(itertools.cycle(makes), cases, strict=False))


class Client:
    """A device's client whose session the broker keeps, and the device a store where it can."""

    def __init__(self, device: Device, client_id: str, store: str) -> None:
        self._device = device
        self._client_id = client_id
        self._options: dict[str, Any] = {"clean_session": False}
        if device.make.style == "async":
            self._options["store"] = store

    def connect(self) -> bool:
        """Was there a session?"""
        return self._device.connect(self._client_id, CUT_PORT, **self._options)

    def resume(self, case: Case) -> None:
        """Connect again as the case wants it. The broker has kept the session."""
        if case.resets_host:
            self._device.reset_host()
            assert self.connect() is True
        else:
            assert self._device.call("reconnect") is True


def passed(packets: Sequence[Packet], connection: int, marker: bytes) -> list[str]:
    """What a connection's packets are, without ids, but for those of the message `marker`."""
    words: list[str] = []
    marked = 0
    for packet in packets:
        if packet.connection == connection:
            if is_message(packet, marker):
                marked = packet.packet_id
            elif not marked or packet.packet_id != marked:
                words.append(" ".join([packet.sender, packet.kind.name] + ["dup"] * packet.dup))
    return words


def finish(cutter: Cutter, case: Case, marker: bytes) -> None:
    """Return when the exchange for the message `marker` is over."""
    count = len(case.steps)

    def over(packets: Sequence[Packet]) -> bool:
        starts = [i for i, packet in enumerate(packets) if is_message(packet, marker)]
        exchange = [p for p in packets[starts[0] :] if p.packet_id == packets[starts[0]].packet_id]
        return len(exchange) == count

    cutter.until(over, "end of the last exchange")


def is_message(packet: Packet, payload: bytes) -> bool:
    """Is it the PUBLISH of this payload?"""
    return packet.kind == MessageType.PUBLISH and packet.data.endswith(payload)


def ids(packets: Sequence[Packet], marker: bytes) -> set[int]:
    """The ids of all messages but `marker`, on all connections."""
    publishes = [packet for packet in packets if packet.kind == MessageType.PUBLISH]
    return {packet.packet_id for packet in publishes if not packet.data.endswith(marker)}
