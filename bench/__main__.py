"""Command line of the figures: see the package."""

import argparse
import sys
import time
from multiprocessing import get_context
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(_ROOT / "tools"), str(_ROOT / "simulator")]

from bench import document, profile, report, rig  # noqa: E402 - needs the path above
from bench.budgets import broken  # noqa: E402
from bench.jobs import ENGINES, Figures, Job, all_jobs, merge  # noqa: E402

_WORKERS = 2


def main() -> int:
    """Returns the exit status."""
    groups = sorted({job.group for job in all_jobs()})
    parser = argparse.ArgumentParser(prog="python3 -m bench", description=__doc__)
    parser.add_argument("group", nargs="*", metavar="NAME", help=f"of: {', '.join(groups)}")
    parser.add_argument(
        "--profile",
        nargs="?",
        const="packets",
        choices=tuple(ENGINES),
        help="say where the time goes, with an engine (default: %(const)s)",
    )
    parser.add_argument(
        "--document", action="store_true", help="put bench/results.json into the documents"
    )
    parser.add_argument("--check", action="store_true", help="fail if a budget is broken")
    options = parser.parse_args()
    unknown = set(options.group) - set(groups)
    if unknown:
        parser.error(f"no such figures: {', '.join(sorted(unknown))}")
    if options.profile:
        print(profile.profile(options.profile))
        return 0
    if options.document:
        for path in document.update():
            print(f"updated {path.relative_to(_ROOT)}")
        return 0
    figures = run([job for job in all_jobs() if not options.group or job.group in options.group])
    print(report.table(figures))
    if not options.group:
        report.write(figures)
        print(f"written to {report.RESULTS.relative_to(_ROOT)}")
    over = broken(figures)
    print(f"{len(over)} of the budgets are broken" if over else "all budgets are met")
    return 1 if options.check and over else 0


def run(jobs: list[Job]) -> Figures:
    """The figures of all the jobs. Raises what a job raises.

    Each has a process of its own, forked from this one with a board that has started already.
    """
    figures: Figures = {}
    began = time.monotonic()
    rig.prepare()
    with get_context("fork").Pool(_WORKERS, maxtasksperchild=1) as pool:
        for number, (job, found) in enumerate(pool.imap_unordered(_done, jobs), 1):
            merge(figures, found)
            seconds = time.monotonic() - began
            progress = f"{number:2} of {len(jobs)}, {seconds:4.0f} s: {job.group} {job.name}"
            print(progress, file=sys.stderr)
    return figures


def _done(job: Job) -> tuple[Job, Figures]:
    return job, job.run()


if __name__ == "__main__":
    sys.exit(main())
