"""The names that the library leaves in RAM. MicroPython keeps each for ever, in tables of which
each has room for twice as many as the last: with the 631st it takes 4.5 KB more, in one piece,
which a heap in use may not have any more.
"""

import subprocess
from pathlib import Path

from fetch import micropython
from mpy import compiled, module

ROOT = Path(__file__).resolve().parents[2]
FIRST_TOO_MANY = 631
OF_A_PROGRAM = 20  # beside those that bench/figures.py has as well


def test_there_is_room_for_the_names_of_a_program(tmp_path):
    files = compiled(ROOT / "lib/atmqtt")
    for name in ("figures", "scripted"):  # it does what a program does, with a module of its own
        files |= module(ROOT / f"bench/{name}.py", under="bench")
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    done = subprocess.run(
        [micropython(), "-c", "import figures, micropython as m; m.qstr_info()"],
        cwd=tmp_path / "bench",
        capture_output=True,
        text=True,
        check=True,
    )
    names = int(done.stdout.partition("n_qstr=")[2].partition(",")[0])
    assert names + OF_A_PROGRAM < FIRST_TOO_MANY
