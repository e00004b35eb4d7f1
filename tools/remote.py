"""A board as mpremote, an unchanged one, reaches it: scripts are run, files are put in place."""

import hashlib
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_LIMIT_S = 300
_LEAVE_S = 2  # after the awaited line: mpremote ends by itself where the board leaves the bus
_RETURN_S = 60  # for a board to come back from a reset

# Run on the board: `folders` are made; what is in them is printed as size and path.
_LIST = """
import os
for folder in folders:
    try:
        os.mkdir(folder)
    except OSError:
        pass  # it is there
    for name, kind, _, size in os.ilistdir(folder):
        if kind == 0x8000:
            print(size, folder + "/" + name)
with open(stamp, "a+") as file:
    file.seek(0)
    print(file.read(), stamp)
"""


class RemoteError(Exception):
    """mpremote failed; the text is what it printed."""


@dataclass(frozen=True)
class Run:
    """What a command of mpremote printed, and its status; None: it was ended from here."""

    lines: tuple[str, ...]
    status: int | None


class Remote:
    """The board at `port`, as ``mpremote connect`` takes it."""

    def __init__(self, port: str) -> None:
        self._port = port

    def call(self, *arguments: str | Path) -> str:
        """Run one mpremote command; return what it printed. Raises RemoteError."""
        run = self.follow(arguments, lambda line: False)
        if run.status != 0:
            raise RemoteError("\n".join(run.lines))
        return "\n".join(run.lines)

    def follow(
        self,
        arguments: "tuple[str | Path, ...]",
        last: Callable[[str], bool],
        limit_s: float = _LIMIT_S,
    ) -> Run:
        """Run a command of which nothing more is wanted after a line that is `last`.

        It is ended then, and when `limit_s` seconds are over.
        """
        command = (sys.executable, "-u", "-m", "mpremote", "connect", self._port, *arguments)
        lines = []
        ended = False
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            limit = threading.Timer(limit_s, process.kill)
            limit.start()
            assert process.stdout
            for line in process.stdout:
                lines.append(line.rstrip())
                if last(lines[-1]):
                    ended = _end(process)
                    break
            process.wait()
            over = not limit.is_alive()
            limit.cancel()
        if over:
            lines.append(f"not done after {limit_s:g} s")
        return Run(tuple(lines), None if ended or over else process.returncode)

    def await_return(self) -> None:
        """Wait until the board answers again. Raises RemoteError."""
        end = time.monotonic() + _RETURN_S
        while True:
            try:
                self.call("exec", "pass")
                return
            except RemoteError:
                if time.monotonic() > end:
                    raise

    def install(self, files: Mapping[str, bytes], own: str) -> bool:
        """Put files in place: path on the board -> content. Returns whether they were not there.

        What makes that quick is a file with their digest; sizes are compared all the same.

        :param own: the folder in which nothing else stays.
        """
        stamp, digest = own + "/digest", _digest(files)
        wanted = {path: str(len(content)) for path, content in files.items()} | {stamp: digest}
        folders = sorted({folder for path in files for folder in _folders(path)})
        settings = f"folders = {folders!r}\nstamp = {stamp!r}\n"
        listing = self.call("exec", settings + _LIST).splitlines()
        there = {path: value for value, path in (line.rsplit(" ", 1) for line in listing)}
        strangers = [path for path in there if path.startswith(own + "/") and path not in wanted]
        if not strangers and all(there.get(path) == value for path, value in wanted.items()):
            return False
        for path in strangers:
            self.call("fs", "rm", ":" + path)
        self._copy({**files, stamp: digest.encode()})
        return True

    def _copy(self, files: Mapping[str, bytes]) -> None:
        """Copy in this order; mpremote leaves out what is there already."""
        with tempfile.TemporaryDirectory() as folder:
            arguments = []
            for number, (path, content) in enumerate(files.items()):
                source = Path(folder, str(number))
                source.write_bytes(content)
                arguments += ["fs", "cp", str(source), ":" + path, "+"]
            self.call(*arguments[:-1])


def installed(files: Mapping[str, bytes], own: str) -> dict[str, bytes]:
    """What the board holds after `Remote.install`: for an image of its filesystem."""
    return {**files, own + "/digest": _digest(files).encode()}


def _digest(files: Mapping[str, bytes]) -> str:
    total = hashlib.sha256()
    for path, content in sorted(files.items()):
        total.update(f"{path} {len(content)} ".encode() + content)
    return total.hexdigest()


def _folders(path: str) -> list[str]:
    """The folders a file on the board is in, but for the root."""
    return [str(parent) for parent in PurePosixPath(path).parents if parent.name]


def _end(process: "subprocess.Popen[str]") -> bool:
    """See to it that the process ends; was that necessary?"""
    try:
        process.communicate(timeout=_LEAVE_S)
        return False
    except subprocess.TimeoutExpired:
        process.kill()
        return True
