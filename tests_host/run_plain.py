"""Runs plain tests without pytest: for the unix port of MicroPython.

    micropython tests_host/run_plain.py [FILE or FOLDER ...]

A plain test is a module-level `def test_*()` or `async def test_*()` without arguments, in a
file `test_*.py`; it fails by raising. Without arguments tests_host/unit is run. The exit
status is 0 only if there were tests and all of them passed.
"""

import asyncio
import os
import sys

HERE = __file__.rpartition("/")[0] or "."
TEST_LIMIT_S = 60  # a test that hangs must fail, not stop the run

for name in ("", "/../simulator", "/../lib"):
    sys.path.insert(0, HERE + name)

import port  # noqa: E402 - needs the path above

port.install()


async def _nothing():
    pass


_coroutine = _nothing()
COROUTINE = type(_coroutine)
_coroutine.close()

FOLDER = 0x4000


def find(path: str) -> "list[str]":
    """The test files at `path`: itself, or all of a folder and the folders in it."""
    if not os.stat(path)[0] & FOLDER:
        return [path]
    files = []
    for entry in sorted(os.listdir(path)):
        below = path + "/" + entry
        if os.stat(below)[0] & FOLDER:
            files.extend(find(below))
        elif entry.startswith("test_") and entry.endswith(".py"):
            files.append(below)
    return files


def load(file: str):
    """Import a test file by its path."""
    folder, _, name = file.rpartition("/")
    sys.path.insert(0, folder or ".")
    try:
        return __import__(name[: -len(".py")])
    finally:
        sys.path.pop(0)


def run(test) -> None:
    """Run one test function; an unfinished task of an earlier test must not meet it."""
    result = test()
    if isinstance(result, COROUTINE):
        asyncio.new_event_loop()
        asyncio.run(asyncio.wait_for(result, TEST_LIMIT_S))


def show(title: str, error: BaseException) -> None:
    """Print a failure with its traceback."""
    print("FAILED", title)
    if sys.implementation.name == "micropython":
        sys.print_exception(error)
    else:
        import traceback

        traceback.print_exception(error, file=sys.stdout)


def run_file(file: str) -> "tuple[int, int]":
    """Run all tests of a file; returns how many passed and how many failed."""
    try:
        names = load(file).__dict__
    except Exception as error:
        show(file, error)
        return 0, 1
    passed = failed = 0
    for name in sorted(names):
        if name.startswith("test_") and callable(names[name]):
            try:
                run(names[name])
                passed += 1
            except Exception as error:
                failed += 1
                show(file + " " + name, error)
    return passed, failed


def main(paths: "list[str]") -> int:
    """Run everything, print the totals, return the exit status."""
    passed = failed = 0
    for path in paths:
        for file in find(path):
            good, bad = run_file(file)
            passed += good
            failed += bad
    print("%d passed, %d failed" % (passed, failed))
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or [HERE + "/unit"]))
