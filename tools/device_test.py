"""Runs the scripts of tests_device on a board, through mpremote.

    python tools/device_test.py PORT [NAME ...] [--wiring pico] [--ssid ... --broker ...]

PORT is what ``mpremote connect`` takes. The library and what the scripts need is copied to the
board first, as .mpy files, unless it is there. $ATMQTT_PASSWORD is the password of the network.

A script has passed when the last line it printed is `passed` and mpremote's status is 0, which
by itself tells nothing: it is 0 after sys.exit(3) as well. After `resetting` the board resets
itself, and the script is run again when it is back.
"""

import argparse
import ast
import os
import runpy
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mpy
from remote import Remote, RemoteError, Run

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "tests_device"
OWN = "lib/atmqtt"  # the library's folder on the board
_PASSED, _RESETTING = "passed", "resetting"
_MOST_RESTARTS = 3


def wirings() -> list[str]:
    """The boards whose wiring is known."""
    return sorted(path.stem for path in (SCRIPTS / "target_wiring").glob("*.py"))


def needs(script: Path) -> list[str]:
    """The names of target_wiring that a script cannot do without, from its docstring."""
    documentation = ast.get_docstring(ast.parse(script.read_text())) or ""
    return documentation.rpartition("Needs: ")[2].split() if "Needs: " in documentation else []


def files(wiring: str) -> dict[str, bytes]:
    """What the scripts need on the board: path -> content."""
    board = mpy.module(SCRIPTS / "target_wiring" / f"{wiring}.py")
    found = {"lib/target_wiring.mpy": next(iter(board.values()))}
    for source in sorted((SCRIPTS / "support").glob("*.py")):
        found |= mpy.module(source)
    return found | mpy.compiled(ROOT / "lib" / "atmqtt")


@dataclass(frozen=True)
class Outcome:
    """How a script ended."""

    name: str
    passed: bool
    seconds: float
    lines: tuple[str, ...]

    def __str__(self) -> str:
        verdict = "ok    " if self.passed else "FAILED"
        note = self.lines[-2] if self.passed and len(self.lines) > 1 else ""
        return f"{verdict} {self.seconds:6.1f} s  {self.name:<16} {note}".rstrip()


def run(remote: Remote, script: Path, place: Mapping[str, object], limit_s: float) -> Outcome:
    """Run one script on the board, to its end."""
    began = time.monotonic()
    restarts = 0
    while True:
        done = _once(remote, script, {**place, "restarts": restarts}, limit_s)
        last = done.lines[-1] if done.lines else ""
        if _RESETTING not in done.lines or restarts == _MOST_RESTARTS:
            break
        restarts += 1
        remote.await_return()
    passed = done.status == 0 and last == _PASSED
    name = script.stem.removeprefix("test_")
    return Outcome(name, passed, time.monotonic() - began, done.lines)


def _once(remote: Remote, script: Path, place: Mapping[str, object], limit_s: float) -> Run:
    with tempfile.NamedTemporaryFile("w", suffix=".py") as prelude:  # only its owner can read it
        prelude.write("import place\n")
        for name, value in place.items():
            prelude.write(f"place.{name} = {value!r}\n")
        prelude.flush()
        return remote.follow(
            ("run", prelude.name, "run", str(script)), lambda line: line == _RESETTING, limit_s
        )


def chosen(folder: Path, names: Sequence[str]) -> list[Path]:
    """The scripts of these names, with `test_` or without; all if there are none.

    :raises ValueError: there is no such script.
    """
    if not names:
        return sorted(folder.glob("test_*.py"))
    scripts = [folder / f"test_{name.removeprefix('test_')}.py" for name in names]
    for script in scripts:
        if not script.is_file():
            raise ValueError(f"no script {script.name} in {folder.name}")
    return scripts


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.partition(":")
    return host, int(port or 1883)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("port", metavar="PORT", help="of the board, as mpremote connect takes it")
    parser.add_argument("names", metavar="NAME", nargs="*", help="scripts to run (default: all)")
    parser.add_argument("--wiring", choices=wirings(), default="pico", help="of the board")
    parser.add_argument("--ssid", default="office", help="the network (default: %(default)s)")
    parser.add_argument(
        "--broker",
        metavar="HOST[:PORT]",
        type=_address,
        default="broker.example",
        help="as the module reaches it (default: %(default)s)",
    )
    parser.add_argument("--folder", type=Path, default=SCRIPTS, help="of the scripts")
    parser.add_argument(
        "--limit", metavar="S", type=float, default=300, help="seconds for a script"
    )
    return parser.parse_intermixed_args()  # names may follow options


def test(options: argparse.Namespace) -> bool:
    """Run what is asked for and print how it went; returns whether all was well."""
    scripts = chosen(options.folder, options.names)
    if not scripts:
        raise ValueError(f"no scripts in {options.folder}")
    wiring: dict[str, Any] = runpy.run_path(str(SCRIPTS / f"target_wiring/{options.wiring}.py"))
    host, port = options.broker
    place = {
        "ssid": options.ssid,
        "password": os.environ.get("ATMQTT_PASSWORD", "correct horse"),
        "broker": host,
        "port": port,
    }
    began = time.monotonic()
    remote = Remote(options.port)
    copied = remote.install(files(options.wiring), OWN)
    what = "copied" if copied else "is there already"
    print(f"       {time.monotonic() - began:6.1f} s  the library {what}", flush=True)
    failures = 0
    for script in scripts:
        missing = [name for name in needs(script) if not wiring.get(name)]
        if missing and not options.names:
            print(f"not run           {script.stem}: {options.wiring} has no {missing[0]}")
            continue
        outcome = run(remote, script, place, options.limit)
        print(outcome, flush=True)
        if not outcome.passed:
            failures += 1
            print(*("    " + line for line in outcome.lines), sep="\n", flush=True)
    verdict = f"FAILED: {failures} of {len(scripts)} scripts" if failures else "ok    "
    print(f"{verdict} {time.monotonic() - began:6.1f} s  in all")
    return not failures


def main() -> int:
    """Command line; returns the exit status."""
    try:
        return 0 if test(_arguments()) else 1
    except (RemoteError, ValueError) as error:
        print(f"device_test: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
