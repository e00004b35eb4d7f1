"""The example that counts pulses: through a cut connection each count arrives exactly once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cutter import Cut, Cutter
from farside import FarSide
from paho.mqtt.enums import MessageType
from wirepacket import BROKER, CLIENT, Sender

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "exactly_once.py"
TOPIC = "exactly-once/pulses"
LIMIT_S = 60


@pytest.fixture
def uart(cutter: Cutter) -> Iterator[str]:
    """A module that finds the example's Wi-Fi, and behind the cutter its broker."""
    command = [sys.executable, "-m", "atsim", "--tcp", "0", "--no-pace", "--no-boot"]
    command += ["--join-ms", "0", "--ap", "office:correct horse"]
    command += ["--connect-to", f"broker.example:1883=127.0.0.1:{cutter.port}"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "simulator")}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as module:
        assert module.stdout
        yield module.stdout.readline().removeprefix("atsim: ready on ").strip()
        module.kill()


@pytest.mark.parametrize(
    ("sender", "kind", "where"),
    [(BROKER, MessageType.PUBREC, "before"), (CLIENT, MessageType.PUBREL, "after")],
)
def test_every_pulse_arrives_exactly_once(
    uart: str,
    interpreter: str,
    cutter: Cutter,
    far: FarSide,
    tmp_path: Path,
    sender: Sender,
    kind: MessageType,
    where,
) -> None:
    far.subscribe(TOPIC)
    cutter.cut(Cut(sender, kind, number=3, where=where))
    paths = [str(ROOT / "lib"), str(ROOT / "tests_host")]
    environment = {
        **os.environ,
        "ATMQTT_UART": uart,
        "PYTHONPATH": ":".join(paths),
        "MICROPYPATH": ":".join([*paths, ".frozen"]),
    }
    command = [interpreter, str(EXAMPLE)]
    printed = subprocess.check_output(
        command, cwd=tmp_path, env=environment, text=True, timeout=LIMIT_S
    )
    cutter.until_cut()
    arrived = [line for line in printed.splitlines() if line.startswith("arrived")]
    assert arrived == [f"arrived {TOPIC} {pulse}" for pulse in range(5)]
    assert printed.count("connected") == 2
    far.publish(TOPIC, b"no more", qos=2)
    received = [far.next().payload for _ in range(6)]
    assert received == [*(b"%d" % pulse for pulse in range(5)), b"no more"]
    assert list((tmp_path / "session").iterdir()) == []
