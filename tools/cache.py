"""The folder where fetched and built things are kept, and how they get into it.

An entry appears whole or not at all: it is made in a temporary folder beside its place and
renamed when complete, so an interrupted or failing run leaves nothing that looks finished.
"""

import fcntl
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def root() -> Path:
    """The cache folder: ``$ATMQTT_CACHE``, else ``atmqtt`` in the user's XDG cache folder."""
    chosen = os.environ.get("ATMQTT_CACHE")
    if chosen:
        return Path(chosen).expanduser().absolute()
    # The XDG specification: a relative $XDG_CACHE_HOME is invalid and must be ignored.
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "atmqtt"


def entry(name: str, make: Callable[[Path], None]) -> Path:
    """Return the cached folder ``name``; if it is not there yet, let ``make(folder)`` fill it.

    Of several processes asking at the same time one makes the entry and the others wait for it.
    Whatever ``make`` raises is passed on, and the cache stays as it was.
    """
    place = root() / name
    if place.is_dir():
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    with _locked(place):
        if not place.is_dir():
            _fill(place, make)
    return place


def _fill(place: Path, make: Callable[[Path], None]) -> None:
    prefix = f".{place.name}."
    for leftover in place.parent.glob(prefix + "*.part"):  # of a run that was killed
        shutil.rmtree(leftover)
    part = Path(tempfile.mkdtemp(prefix=prefix, suffix=".part", dir=place.parent))
    try:
        make(part)
        part.chmod(0o755)  # mkdtemp makes private folders; a cache may be shared
        part.rename(place)
    finally:
        shutil.rmtree(part, ignore_errors=True)  # gone already unless make() failed


@contextmanager
def _locked(place: Path) -> Iterator[None]:
    with open(place.with_name(f".{place.name}.lock"), "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another process to make {place.name}", file=sys.stderr)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
