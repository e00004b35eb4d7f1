"""`make demo` proves what it says, and leaves nothing behind when it is interrupted."""

import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import demo as demo_tool  # noqa: E402 - needs the path above

MARK = "DEMO_TEST_MARK"  # an environment variable that all processes of one demo inherit


def start(*arguments, mark="", scratch=None):
    return subprocess.Popen(
        [sys.executable, ROOT / "tools" / "demo.py", *arguments],
        env={**os.environ, MARK: mark, "TMPDIR": str(scratch or "/tmp")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def left_over(mark):
    """Processes that carry the mark in their environment."""
    entry = f"{MARK}={mark}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if entry in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_bytes())
        except OSError:  # it has ended meanwhile, or is somebody else's
            continue
    return found


NATIVE = "native: the module's own MQTT"
NO_MQTT = "packets: the module has no MQTT commands, or none that are known"
SHORT = "packets: the module's MQTT sends 1024 bytes at most"


@pytest.mark.parametrize(
    ("arguments", "engine"),
    [
        (["--firmware", "esp-at"], NATIVE),
        (["--firmware", "esp-at", "--engine", "packets"], "packets: asked for"),
        (["--firmware", "esp-at-2.1"], SHORT),
        (["--firmware", "esp-at-2.1", "--engine", "native"], "native: asked for"),
        (["--firmware", "esp-at-2.4"], NATIVE),
        (["--firmware", "w800"], NATIVE),
        (["--firmware", "ln882h"], SHORT),
        (["--firmware", "ln882h", "--engine", "native"], "native: asked for"),
        (["--firmware", "beken"], NATIVE),
        (["--firmware", "beken-source"], NATIVE),
        (["--firmware", "air601"], NO_MQTT),
        (["--firmware", "nonos"], NO_MQTT),
        (["--cpython"], NATIVE),
    ],
)
def test_every_message_is_seen_by_the_other_side(arguments, engine, micropython, tmp_path):
    mark = uuid.uuid4().hex
    with start(*arguments, mark=mark, scratch=tmp_path) as demo:
        output, _ = demo.communicate(timeout=60)
    assert demo.returncode == 0, output
    last = output.splitlines()[-1]
    assert "proved: 3 messages out and 3 in, every one seen by the other side, bytes equal" in last
    assert f"; engine {engine} (" in last
    assert ("> AT+MQTTCONN=" in output) == engine.startswith("native")
    assert ("> AT+CIPSTART=" in output) == engine.startswith("packets")
    assert ' mqtt     > PUBLISH q1 id 2 "quickstart/readings"' in output
    assert "correct horse" not in output
    assert ("under CPython" in output) == ("--cpython" in arguments)
    assert left_over(mark) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("observed", "wanted", "said"),
    [
        (("packets", ""), "native", "not 'native'"),
        (("packets", "native: because"), "", "not 'native'"),
        (("native", ""), "", "not ''"),
        (("native", "native: "), "", "the engine was 'native'"),
    ],
)
def test_an_engine_that_nobody_chose_makes_the_demo_fail(observed, wanted, said):
    program = demo_tool.Observed()
    program.engine, program.reason = observed
    with pytest.raises(demo_tool.DemoError, match=said):
        demo_tool.engine_of(program, wanted)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", ["amqtt listens", "is ready on", "AT+CWJAP"])
def test_an_interrupted_demo_leaves_nothing_running(number, moment, micropython, tmp_path):
    mark = uuid.uuid4().hex
    with start(mark=mark, scratch=tmp_path) as demo:
        assert demo.stdout
        for line in demo.stdout:
            if moment in line:
                break
        demo.send_signal(number)
        output, _ = demo.communicate(timeout=30)
    assert demo.returncode == 130, output
    assert output.splitlines()[-1].endswith("stopped")
    assert left_over(mark) == []
    assert list(tmp_path.iterdir()) == []


def test_a_program_that_fails_makes_the_demo_fail(tmp_path):
    broken = tmp_path / "micropython"
    broken.write_text('#!/bin/sh\ncase $1 in -c) exec $REAL "$@";; esac\necho broken; exit 3\n')
    broken.chmod(0o755)
    environment = {**os.environ, "REAL": os.environ["MICROPYTHON"], "MICROPYTHON": str(broken)}
    command = [sys.executable, ROOT / "tools" / "demo.py"]
    demo = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert demo.returncode == 1
    assert demo.stdout.splitlines()[-1].endswith("FAILED: the program ended with status 3")
