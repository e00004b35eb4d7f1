"""run_plain.py reports what failed, and does not pass when nothing was run."""

import subprocess
from pathlib import Path

import pytest

RUN_PLAIN = Path(__file__).resolve().parents[1] / "run_plain.py"
MIXED = """
import asyncio

def test_good():
    assert True

async def test_good_later():
    await asyncio.sleep(0)

def test_bad():
    assert 1 + 1 == 3

async def test_bad_later():
    await asyncio.sleep(0)
    raise ValueError("too late")

def helper():
    raise AssertionError("not a test")
"""


@pytest.fixture
def run(interpreter, tmp_path):
    def run_in(folder, **files):
        for name, text in files.items():
            (tmp_path / folder).mkdir(exist_ok=True)
            (tmp_path / folder / (name + ".py")).write_text(text)
        command = [interpreter, RUN_PLAIN, tmp_path / folder]
        process = subprocess.run(command, capture_output=True, text=True)
        return process.returncode, process.stdout + process.stderr

    return run_in


def test_failures_are_shown_and_counted(run):
    status, output = run("mixed", test_mixed=MIXED)
    assert (status, output.splitlines()[-1]) == (1, "2 passed, 2 failed")
    assert "test_mixed.py test_bad\n" in output
    assert "ValueError: too late" in output
    assert "not a test" not in output


def test_success(run):
    status, output = run("good", test_one="def test_it(): pass", test_two="def test_it(): pass")
    assert (status, output) == (0, "2 passed, 0 failed\n")


def test_no_tests_are_a_failure(run):
    assert run("empty", helper="def test_it(): pass") == (1, "0 passed, 0 failed\n")


def test_a_file_that_cannot_be_imported_is_a_failure(run):
    status, output = run(
        "broken", test_a="import nothing_of_the_kind", test_b="def test_it(): pass"
    )
    assert (status, output.splitlines()[-1]) == (1, "1 passed, 1 failed")
    assert "ImportError" in output or "ModuleNotFoundError" in output
