"""One application file, unchanged: the same messages behind every firmware, by both engines."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from dut import HOST, PORT, ROOT, WITH_MQTT, Make, module_options, output, wifi
from farside import FarSide, Message

from broker_fixture import Mosquitto

APPLICATION = Path(__file__).with_name("application.py")
FOLDERS = [str(ROOT / name) for name in ("lib", "tests_host", "examples")]
LIMIT_S = 20  # an application that hangs is ended

UP = Message("state", b"up", 1, retain=False)
READINGS = (
    Message("readings/0", b"21.5", 0, retain=False),
    Message(
        "readings/1",
        b'{"place": "rack 7, shelf \\"B\\"", "celsius": [21.5, 21.75]}',
        1,
        retain=False,
    ),
    Message("readings/2", b"\r\nAT+RST\r\n\xff, \\", 2, retain=False),
    Message("readings/3", "größe 日本語 😀".encode(), 0, retain=False),
    Message("readings/4", b"", 1, retain=False),
    Message("readings/5", b"0123456789abcdef" * 32, 2, retain=False),
)
GONE = Message("state", b"", 1, retain=False)
COMMANDS = (b'{"lamp": 1, "say": "thanks, \\"again\\""}', b"\r\nOK\r\n> ,\xff", b"x" * 512)
GOODBYE = b"goodbye"

# firmware, the engine that is asked for, the engine that is used
RUNS = (
    *((firmware, "", "native") for firmware in WITH_MQTT),
    *((firmware, "packets", "packets") for firmware in WITH_MQTT if "beken" not in firmware),
    *((firmware, "", "packets") for firmware in ("air601", "nonos")),
)


@contextmanager
def process(*command: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        command,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            yield running
        finally:
            running.kill()


@contextmanager
def module(make: Make, broker_port: int) -> Iterator[str]:
    """A module of atsim; yields the name of its serial line."""
    options = module_options(make, {(HOST, PORT): broker_port})
    simulator = str(ROOT / "simulator")
    with process(sys.executable, "-m", "atsim", *options, PYTHONPATH=simulator) as running:
        yield output(running).readline().removeprefix("atsim: ready on ").strip()


@pytest.mark.parametrize(("firmware", "asked", "used"), RUNS)
def test_the_same_messages(
    firmware: str,
    asked: str,
    used: str,
    micropython: str,
    broker: Mosquitto,
    far: FarSide,
    name: str,
) -> None:
    for topic in ("state", "readings/+", "answers"):
        far.subscribe(f"{name}/{topic}")

    def told() -> Message:
        message = far.next()
        return message._replace(topic=message.topic.removeprefix(f"{name}/"))

    def command(payload: bytes) -> None:
        far.publish(f"{name}/commands/{len(payload)}", payload, qos=1)

    make = Make("micropython", firmware, "async", "passive", "mosquitto")
    with (
        module(make, broker.port) as uart,
        process(
            micropython,
            str(APPLICATION),
            name,
            *wifi(make),
            MICROPYPATH=os.pathsep.join([".frozen", *FOLDERS]),
            ATMQTT_UART=uart,
            ATMQTT_ENGINE=asked,
        ) as application,
    ):
        messages = [told() for _ in (UP, *READINGS)]
        assert sorted(messages) == sorted([UP, *READINGS])  # qualities overtake each other
        for payload in COMMANDS:
            command(payload)
            assert told() == Message("answers", payload, 2, retain=False)
        command(GOODBYE)
        assert told() == GONE
        printed, _ = application.communicate(timeout=LIMIT_S)
    assert application.returncode == 0
    engine, *received = printed.splitlines()
    assert engine == used
    assert [ast.literal_eval(line) for line in received] == [
        (f"{name}/commands/{len(payload)}".encode(), payload) for payload in (*COMMANDS, GOODBYE)
    ]
