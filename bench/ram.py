"""RAM, on the 32-bit unix port, whose heap has the blocks of an RP2040's."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fetch import micropython
from mpy import compiled, module

_HERE = Path(__file__).resolve().parent
_LIBRARY = _HERE.parent / "lib/atmqtt"
CLIENTS = {"packets": ("packets",), "native": ("native",), "both": ("packets", "native")}
"""What is measured, and the engines of the clients that are connected."""
_AMPLE = 1 << 20
_EXACT = 256  # bytes; how exactly the smallest heap is found


def measure() -> dict[str, Any]:
    """Resident RAM of a connected client, and the smallest heap in which it works."""
    program = micropython(bits=32)
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for form in ("py", "mpy"):
            place = Path(folder, form)
            _install(place, form)
            for name, engines in CLIENTS.items():
                answer = _connected(program, place, _AMPLE, engines)
                if answer is None:
                    raise RuntimeError(f"bench/figures.py fails with {_AMPLE} bytes of heap")
                figures[f"resident_bytes.{name}.{form}"] = json.loads(answer)["resident_bytes"]
            figures[f"min_heap_bytes.{form}"] = _smallest_heap(program, place)
    return figures


def _install(place: Path, form: str) -> None:
    """The library in its form, and beside it the program, which is not to cost more than it."""
    library = place / "lib/atmqtt"
    if form == "py":
        shutil.copytree(_LIBRARY, library, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        for path, content in compiled(_LIBRARY).items():
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_bytes(content)
    (place / "bench").mkdir()
    for name in ("figures", "scripted"):
        for path, content in module(_HERE / f"{name}.py", under="bench").items():
            (place / path).write_bytes(content)


def _connected(
    program: Path, place: Path, heap: int, engines: Sequence[str] = ("packets",)
) -> str | None:
    """What figures.py prints, None if it fails: with ample heap it does not."""
    command = [program, "-X", f"heapsize={heap}", "-m", "figures", *engines]
    try:
        done = subprocess.run(
            command, cwd=place / "bench", capture_output=True, text=True, check=True, timeout=30
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return None
    return done.stdout


def _smallest_heap(program: Path, place: Path) -> int:
    """By bisection."""
    fails, works = 0, _AMPLE
    while works - fails > _EXACT:
        heap = (fails + works) // 2 // _EXACT * _EXACT
        if _connected(program, place, heap) is None:
            fails = heap
        else:
            works = heap
    return works
