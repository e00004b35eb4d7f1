"""The stages of the gate: nothing that failed, or was not run, passes unnoticed."""

import subprocess
import sys
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[2] / "tools"
SCRIPT = """
import sys
from pathlib import Path
from stages import Stage, run
stages = [
    Stage("first", "sleep 0.2; echo a value; echo chatter >&2", exports="VALUE"),
    Stage("second", 'echo "$VALUE of first"', needs=("first",)),
    Stage("apart", 'echo "[$VALUE]"'),
    {more}
]
sys.exit(0 if run(stages, Path(".")) else 1)
"""


def run(more=""):
    command = [sys.executable, "-c", SCRIPT.format(more=more)]
    process = subprocess.run(command, cwd=TOOLS, capture_output=True, text=True)
    return process.returncode, process.stdout


def test_an_exported_value_reaches_only_those_that_need_it():
    status, output = run()
    assert status == 0
    assert ": a value of first\n" in output
    assert ": []\n" in output
    assert "chatter" not in output


def test_a_failure_is_shown_whole_and_stops_what_needs_it():
    status, output = run(
        """Stage("bad", "echo one; echo two; exit 3"),
        Stage("dependent", "echo never", needs=("bad",)),"""
    )
    assert status == 1
    assert "    one\n    two\n" in output
    assert "never" not in output
    table = output[output.index("-----") :]
    failed = [line.split()[-1] for line in table.splitlines() if line.startswith("FAILED")]
    assert failed == ["bad", "dependent", "all"]
