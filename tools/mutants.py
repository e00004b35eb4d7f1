"""Breaks the code one line at a time; the tests must notice every time.

    python tools/mutants.py [WORD ...]

The files of tests_host/mutants list the breakages: an array of tables `mutant`, each with

    why     what a user would suffer
    file    the file to break
    old     the text to replace, which must occur exactly once
    new     what to put there
    tests   the arguments for pytest: the tests that must notice

A word selects the mutants whose `why`, `file` or `tests` contain it. The exit status is 0 only
if every mutant was killed: a test failed. A mutant that survives, that no longer fits the code,
or that does not even let the tests start is an error, and so are tests that fail without it.
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import fetch

ROOT = Path(__file__).resolve().parent.parent
LISTS = sorted((ROOT / "tests_host" / "mutants").glob("*.toml"))
COPIED = ("lib", "simulator", "tests_host", "examples", "tools", "pyproject.toml")
LIMIT_S = 180  # a mutant may make the code run for ever
NOTICED = 1  # pytest: tests were run and some failed; 2 to 5 say that none could be run


@dataclass(frozen=True)
class Mutant:
    """One breakage; the fields are those of the list."""

    why: str
    file: str
    old: str
    new: str
    tests: str

    def apply(self, tree: Path) -> None:
        """Break the copy of the project at `tree`; ValueError if it does not fit the code."""
        path = tree / self.file
        text = path.read_text() if path.is_file() else ""
        if text.count(self.old) != 1:
            raise ValueError(f"`old` occurs {text.count(self.old)} times in {self.file}")
        if self.old == self.new:
            raise ValueError("`old` and `new` are the same")
        path.write_text(text.replace(self.old, self.new))

    def matches(self, word: str) -> bool:
        """True if a word of the command line selects it."""
        return word in self.why or word in self.file or word in self.tests


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant: killed, hung, survived, stale or unstarted."""

    mutant: Mutant
    fate: str
    seconds: float = 0
    detail: str = ""

    @property
    def good(self) -> bool:
        """True if the tests noticed; tests that never end are noticed too."""
        return self.fate in ("killed", "hung")

    def __str__(self):
        line = f"{self.fate:9} {self.seconds:6.1f} s  {self.mutant.file}: {self.mutant.why}"
        return line if self.good else f"{line}\n{self.detail}"


def judge(mutant: Mutant) -> Verdict:
    """Apply the mutant to a copy of the project and run its tests there."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        tree = Path(folder)
        copy_project(tree)
        try:
            mutant.apply(tree)
            status, output = run_tests(tree, mutant.tests)
        except ValueError as error:
            return Verdict(mutant, "stale", detail=f"    {error}")
        except subprocess.TimeoutExpired:
            return Verdict(mutant, "hung", time.monotonic() - began)
    fate = {0: "survived", NOTICED: "killed"}.get(status, "unstarted")
    return Verdict(mutant, fate, time.monotonic() - began, output)


def copy_project(tree: Path) -> None:
    """Copy what the tests need to `tree`."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tree)


def run_tests(tree: Path, tests: str) -> tuple[int, str]:
    """Run pytest in `tree`; returns its exit status and the end of its output."""
    # The project is installed in place: without PYTHONPATH, `atsim` would be the unbroken one.
    path = os.pathsep.join(str(tree / name) for name in ("lib", "simulator"))
    environment = dict(os.environ, PYTHONPATH=path, PYTHONDONTWRITEBYTECODE="1")
    process = subprocess.run(
        [sys.executable, "-m", "pytest", "-qx", "-p", "no:cacheprovider", *shlex.split(tests)],
        cwd=tree,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=LIMIT_S,
    )
    return process.returncode, "\n".join(process.stdout.splitlines()[-20:])


def failing_unbroken(tests: str) -> str:
    """The output of tests that fail with no mutant at all, else nothing."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        copy_project(Path(folder))
        status, output = run_tests(Path(folder), tests)
    return f"these fail without any mutant: {tests}\n{output}" if status else ""


def run(mutants: list[Mutant]) -> bool:
    """Judge them all, as many at once as there are processors; True if all were noticed."""
    counts: Counter[str] = Counter()
    good = True
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        suites = dict.fromkeys(mutant.tests for mutant in mutants)
        for problem in filter(None, pool.map(failing_unbroken, suites)):
            print(problem)
            good = False
        if not good:
            return False
        for future in as_completed([pool.submit(judge, mutant) for mutant in mutants]):
            verdict = future.result()
            print(verdict, flush=True)
            counts[verdict.fate] += 1
            good = good and verdict.good
    print(", ".join(f"{count} {fate}" for fate, count in sorted(counts.items())))
    return good


def load(path: Path, words: Iterable[str]) -> list[Mutant]:
    """The mutants of the list that the words select; all without words."""
    mutants = [Mutant(**entry) for entry in tomllib.loads(path.read_text())["mutant"]]
    words = list(words)
    return [m for m in mutants if not words or any(m.matches(word) for word in words)]


def main() -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("word", nargs="*", help="only mutants that mention it")
    parser.add_argument("--list", type=Path, help="a list in the place of those in the project")
    options = parser.parse_args()
    lists = [options.list] if options.list else LISTS
    mutants = [mutant for path in lists for mutant in load(path, options.word)]
    if not mutants:
        print("no mutant is selected", file=sys.stderr)
        return 1
    os.environ.setdefault("MICROPYTHON", str(fetch.micropython()))
    return 0 if run(mutants) else 1


if __name__ == "__main__":
    sys.exit(main())
