"""The mutant runner tells killed, surviving, stale and unstarted mutants apart."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENTRY = """
[[mutant]]
why = "for the test"
file = "tests_host/plain.py"
old = {old!r}
new = {new!r}
tests = "tests_host/unit/test_runner.py {more}"
"""
CHECK = "assert text in str(error)"


def run(tmp_path, *mutants, more=""):
    path = tmp_path / "mutants.toml"
    path.write_text("".join(ENTRY.format(old=old, new=new, more=more) for old, new in mutants))
    command = [sys.executable, ROOT / "tools" / "mutants.py", "--list", path]
    process = subprocess.run(command, capture_output=True, text=True)
    return process.returncode, process.stdout


KILLED = (CHECK, "assert True")


def test_a_test_that_notices_kills(tmp_path):
    status, output = run(tmp_path, KILLED)
    assert (status, output.splitlines()[-1]) == (0, "1 killed")


def test_everything_else_is_an_error(tmp_path):
    survived = (CHECK, "assert  text in str(error)")
    stale = [(CHECK, CHECK), ("no such text", ""), ("raise", "")]
    unstarted = (CHECK, "assert (")
    status, output = run(tmp_path, KILLED, survived, *stale, unstarted)
    assert (status, output.splitlines()[-1]) == (1, "1 killed, 3 stale, 1 survived, 1 unstarted")


def test_tests_that_fail_unbroken_prove_nothing(tmp_path):
    status, output = run(tmp_path, KILLED, more="tests_host/unit/no_such_file.py")
    assert status == 1
    assert output.startswith("these fail without any mutant")
