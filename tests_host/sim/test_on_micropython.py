"""The core, the in-process UART and the log run unchanged on MicroPython, with the same result."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SIMULATOR = HERE.parents[1] / "simulator"


def run(interpreter: str, variable: str) -> str:
    process = subprocess.run(
        [interpreter, str(HERE / "session.py")],
        env={**os.environ, variable: str(SIMULATOR)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


def test_same_session_on_both(micropython):
    here = run(sys.executable, "PYTHONPATH")
    assert "CONNACK" in here and "+CIPRECVDATA" in here and "WIFI GOT IP" in here
    assert "PUBCOMP" in here and '+MQTTSUBRECV:0,"t/2",486,x' in here and "+MQTTPUB:OK" in here
    assert run(micropython, "MICROPYPATH") == here
