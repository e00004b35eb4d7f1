"""The plain tests of the broker and its network, on MicroPython."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
PLAIN_TESTS = [HERE / "test_broker.py", HERE / "test_memorynet.py"]


def test_plain_tests_pass_on_micropython() -> None:
    interpreter = os.environ.get("MICROPYTHON")
    if not interpreter:
        pytest.fail("set MICROPYTHON to a MicroPython 1.25 (unix port)")
    command = [interpreter, HERE.parent / "run_plain.py", *PLAIN_TESTS]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stdout + result.stderr
    written = sum(len(re.findall(r"^def test_", path.read_text(), re.M)) for path in PLAIN_TESTS)
    assert result.stdout.splitlines()[-1] == f"{written} passed, 0 failed"
