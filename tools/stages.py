"""Runs shell commands as stages, side by side where their needs allow, and times them."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Stage:
    """One command, run once the stages it needs have passed."""

    name: str
    command: str
    needs: tuple[str, ...] = ()
    exports: str = ""
    """The environment variable that gets the command's output, for the stages that need it."""


@dataclass(frozen=True)
class Outcome:
    """How a stage ended, and after how many seconds."""

    stage: Stage
    passed: bool
    seconds: float
    output: str

    def __str__(self):
        verdict = "ok    " if self.passed else "FAILED"
        return f"{verdict} {self.seconds:6.1f} s  {self.stage.name}"


def run(stages: Sequence[Stage], folder: Path) -> bool:
    """Run the stages in `folder`, as many at once as there are processors.

    A stage is listed after those it needs. Each is shown when it ends, whole if it failed and by
    its last line if not; a table comes last. Returns True if every stage passed.
    """
    began = time.monotonic()
    processors = threading.Semaphore(max(2, os.cpu_count() or 1))
    futures: dict[str, Future[Outcome]] = {}

    def outcome_of(stage: Stage) -> Outcome:
        needs = [futures[name].result() for name in stage.needs]
        if not all(need.passed for need in needs):
            return Outcome(stage, False, 0, "not run: a stage it needs has failed")
        with processors:
            return _execute(stage, folder, needs)

    with ThreadPoolExecutor(len(stages)) as pool:
        for stage in stages:
            futures[stage.name] = pool.submit(outcome_of, stage)
        outcomes = []
        for future in as_completed(futures.values()):
            outcomes.append(future.result())
            _show(outcomes[-1])
    print(f"\n{'-' * 60}")
    for future in futures.values():
        print(future.result())
    passed = all(outcome.passed for outcome in outcomes)
    print(f"{'ok    ' if passed else 'FAILED'} {time.monotonic() - began:6.1f} s  in all")
    return passed


def _execute(stage: Stage, folder: Path, needs: Sequence[Outcome]) -> Outcome:
    """Run the command; what an exporting stage says beside its result goes to standard error."""
    began = time.monotonic()
    exported = {need.stage.exports: need.output.strip() for need in needs if need.stage.exports}
    process = subprocess.run(
        stage.command,
        shell=True,
        cwd=folder,
        env={**os.environ, **exported},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=None if stage.exports else subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    seconds = time.monotonic() - began
    return Outcome(stage, process.returncode == 0, seconds, process.stdout)


def _show(outcome: Outcome) -> None:
    lines = outcome.output.splitlines()
    print(outcome, *([": ", lines[-1]] if outcome.passed and lines else []), sep="")
    if not outcome.passed:
        print(*("    " + line for line in lines), sep="\n")
    sys.stdout.flush()
