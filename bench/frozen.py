"""RAM of a connected client on the Pico, with the library frozen into its firmware."""

import json
from pathlib import Path
from typing import Any

from bench.ram import CLIENTS
from firmware import frozen
from mpy import module
from pico import flash
from pico.board import Board

_HERE = Path(__file__).resolve().parent


def measure() -> dict[str, Any]:
    """What `figures` says there, with the same scripted module as on the unix port."""
    files: dict[str, bytes] = {}
    for name in ("figures", "scripted"):
        files |= module(_HERE / f"{name}.py", under="")
    image = flash.image(files)
    figures = {}
    for name, engines in CLIENTS.items():
        board = Board(frozen(), image)
        arguments = ["figures", *engines]  # a board's argv is empty
        output, error = board.exec(f"import sys\nsys.argv[:] = {arguments!r}\nimport figures")
        if error:
            raise RuntimeError(error)
        figures[f"resident_bytes.{name}.frozen"] = json.loads(output)["resident_bytes"]
    return figures
