"""Command line of the figures: see the package."""

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(_ROOT / "tools"), str(_ROOT / "simulator")]

_WORKERS = 2


def main() -> int:
    """Returns the exit status."""
    from bench import profile, report
    from bench.budgets import broken
    from bench.jobs import all_jobs

    groups = sorted({job.group for job in all_jobs()})
    parser = argparse.ArgumentParser(prog="python3 -m bench", description=__doc__)
    parser.add_argument("group", nargs="*", metavar="NAME", help=f"of: {', '.join(groups)}")
    parser.add_argument("--profile", action="store_true", help="say where the time goes")
    parser.add_argument("--check", action="store_true", help="fail if a budget is broken")
    options = parser.parse_args()
    unknown = set(options.group) - set(groups)
    if unknown:
        parser.error(f"no such figures: {', '.join(sorted(unknown))}")
    if options.profile:
        print(profile.profile())
        return 0
    figures = run([job for job in all_jobs() if not options.group or job.group in options.group])
    print(report.table(figures))
    if not options.group:
        report.write(figures)
        print(f"written to {report.RESULTS.relative_to(_ROOT)}")
    over = broken(figures)
    print(f"{len(over)} of the budgets are broken" if over else "all budgets are met")
    return 1 if options.check and over else 0


def run(jobs: list) -> dict:
    """The figures of all the jobs. Raises what a job raises."""
    figures = {}
    began = time.monotonic()
    with ProcessPoolExecutor(_WORKERS) as pool:
        futures = {pool.submit(job.run): job for job in jobs}
        for future in as_completed(futures):
            figures.update(future.result())
            job = futures[future]
            seconds = time.monotonic() - began
            print(f"{seconds:6.1f} s  {job.group} {job.name}", file=sys.stderr)
    return figures


if __name__ == "__main__":
    sys.exit(main())
