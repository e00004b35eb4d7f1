"""What takes its time: all devices do it at once."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import pytest
from dut import MAKES, WIFI, Device, Make
from farside import FarSide, Message
from payloads import LARGE

from broker_fixture import Mosquitto

KEEPALIVE_S = 1  # the broker closes after one and a half of it
PINGS = 5  # two and a half intervals
LIMIT_S = 15


@pytest.fixture(scope="module")
def fleet(build: Callable[[Make], Device]) -> Iterator[list[Device]]:
    """One device of every make."""
    with ExitStack() as stack, ThreadPoolExecutor() as pool:
        yield [stack.enter_context(closing(device)) for device in pool.map(build, MAKES)]


def wait_for_pings(broker: Mosquitto, clients: list[str]) -> None:
    """Until the broker has heard PINGS PINGREQs of every client."""
    deadline = time.monotonic() + LIMIT_S
    while True:
        heard = re.findall(r"Received PINGREQ from (\S+)", broker.log)
        counts = {client: heard.count(client) for client in clients}
        if min(counts.values()) >= PINGS:
            return
        assert time.monotonic() < deadline, f"PINGREQs after {LIMIT_S} s: {counts}"
        time.sleep(0.05)


def test_a_silent_client_pings_and_stays_connected(
    fleet: list[Device], broker: Mosquitto, far: FarSide, name: str
) -> None:
    for device in fleet:
        device.connect(f"{name}-{device.make}", keepalive=KEEPALIVE_S)
        device.call("subscribe", name)
        device.begin("receive", 1)
    wait_for_pings(broker, [f"{name}-{device.make}" for device in fleet])
    far.publish(name, b"still there?")
    for device in fleet:
        assert device.received() == [(name, b"still there?")], device.make
        device.call("disconnect")


def test_a_module_that_was_reset_is_brought_up_and_connected_again(
    fleet: list[Device], far: FarSide, name: str
) -> None:
    clients = [f"{name}-{device.make}" for device in fleet]
    far.subscribe(name + "/will")
    for device, client in zip(fleet, clients, strict=True):
        device.connect(client, will=(name + "/will", client, 1, False))
        device.call("command", "AT+RST")
    wills = sorted(far.next() for _ in fleet)
    assert wills == sorted(
        Message(name + "/will", client.encode(), 1, retain=False) for client in clients
    )
    for device in fleet:
        device.begin("bring_up", *WIFI)
    for device in fleet:
        device.outcome()
    for device, client in zip(fleet, clients, strict=True):
        device.call("reconnect")
        device.call("subscribe", client, qos=1)
        device.call("publish", client, LARGE, qos=1)
        assert device.receive() == [(client, LARGE)]
