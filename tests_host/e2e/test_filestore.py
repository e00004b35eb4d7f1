"""The example's store: what one program keeps, the next one finds."""

from __future__ import annotations

import subprocess
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"

BEGIN = f"""
import os
import sys
sys.path.append({str(EXAMPLES)!r})
from filestore import FileStore
folder = sys.argv[1]
store = FileStore(folder)

def error(function, *arguments):
    try:
        function(*arguments)
    except OSError:
        return "OSError"
    except Exception as er:
        return type(er).__name__
"""
WRITE = """
store[b"kept-1"] = b"old"
store[b"kept-1"] = bytearray(range(256))
store[b"empty"] = b""
store[b"gone"] = b"soon"
del store[b"gone"]
"""
READ = """
print(error(store.__getitem__, b"gone"))
print(sorted([(key, store[key]) for key in store]), b"empty" in store, b"gone" in store)
"""
INTERRUPTED = """
store[b"kept"] = b"old"
print(error(store.__setitem__, b"kept", 5))  # no bytes: it fails as a flash that is full does
print([(key, store[key]) for key in store])
"""
REFUSED = """
print(error(FileStore, folder + "/missing/store"))
os.mkdir(folder + "/unreadable")
print(error(store.__getitem__, b"unreadable"))
"""


def run(interpreter: str, tmp_path: Path, code: str) -> list[str]:
    """What a program prints that begins with this store and goes on with `code`."""
    program = tmp_path / "program.py"
    program.write_text(BEGIN + code)
    command = [interpreter, str(program), str(tmp_path / "store")]
    return subprocess.check_output(command, text=True).splitlines()


def test_the_next_program_finds_what_one_has_kept(interpreter: str, tmp_path: Path) -> None:
    assert run(interpreter, tmp_path, WRITE) == []
    entries = [(b"empty", b""), (b"kept-1", bytes(range(256)))]
    assert run(interpreter, tmp_path, READ) == ["KeyError", f"{entries} True False"]


def test_a_write_that_fails_leaves_what_was_there(interpreter: str, tmp_path: Path) -> None:
    printed = run(interpreter, tmp_path, INTERRUPTED)
    assert printed == ["TypeError", str([(b"kept", b"old")])]


def test_what_the_flash_refuses_is_told(interpreter: str, tmp_path: Path) -> None:
    assert run(interpreter, tmp_path, REFUSED) == ["OSError"] * 2
