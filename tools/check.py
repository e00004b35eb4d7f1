"""Everything that `make test` and `make lint` check.

    python3 tools/check.py test|lint ...

Needs nothing but Python's standard library, because setting up is a stage too.
"""

import argparse
import signal
import sys
from pathlib import Path

from stages import Stage, run

ROOT = Path(__file__).resolve().parent.parent
# Folders of tests_host that are stages of their own.
APART = ("sim", "e2e", "demo", "tools", "device", "bench")

PACKAGES = Stage("Python packages", f"make -s PYTHON={sys.executable} .venv/.test")


def pytest(*arguments: str) -> str:
    """The command that runs pytest."""
    return " ".join([".venv/bin/python -m pytest -q", *arguments])


def test_stages() -> list[Stage]:
    """`make test`, the most urgent first: on a fresh machine the firmware is compiled."""
    firmware = Stage(
        "Pico firmware",
        ".venv/bin/python tools/firmware.py",
        needs=(PACKAGES.name,),
        exports="PICO_UF2",
    )
    unix64 = Stage(
        "MicroPython", f"{sys.executable} tools/fetch.py micropython", exports="MICROPYTHON"
    )
    unix32 = Stage(
        "MicroPython, 32 bits",
        f"{sys.executable} tools/fetch.py micropython --bits 32",
        exports="MICROPYTHON32",
    )
    mosquitto = Stage(
        "mosquitto", f"{sys.executable} tools/fetch.py mosquitto", exports="MOSQUITTO"
    )
    tools = (PACKAGES.name, unix64.name, unix32.name, mosquitto.name)
    return [
        PACKAGES,
        firmware,
        unix64,
        unix32,
        mosquitto,
        Stage("end to end", pytest("-n 2 tests_host/e2e"), needs=tools),
        Stage("simulated module", pytest("tests_host/sim"), needs=tools),
        Stage(
            "unit, CPython",
            pytest("tests_host", *(f"--ignore tests_host/{folder}" for folder in APART)),
            needs=tools,
        ),
        Stage(
            "unit, MicroPython",
            "$MICROPYTHON -X heapsize=32M tests_host/run_plain.py",
            needs=(unix64.name,),
        ),
        Stage(
            "unit, MicroPython, 32 bits",
            "$MICROPYTHON32 -X heapsize=32M tests_host/run_plain.py",
            needs=(unix32.name,),
        ),
        Stage(
            "RAM, 32 bits",
            "$MICROPYTHON32 -X heapsize=1M bench/figures.py",
            needs=(unix32.name,),
        ),
        # Five at once: a demo waits most of its time, as for the access point.
        Stage("demo", pytest("-n 5 tests_host/demo"), needs=tools),
        Stage(
            "device tests, emulated Pico",
            pytest("tests_host/device"),
            needs=(*tools, firmware.name),
        ),
        Stage("bench", pytest("tests_host/bench"), needs=(*tools, firmware.name)),
        Stage("tools, emulated Pico", pytest("tests_host/tools"), needs=(*tools, firmware.name)),
        Stage(
            "quickstart on the emulated Pico",
            "PYTHONPATH=tools:simulator .venv/bin/python -m pico.smoke",
            needs=(PACKAGES.name, firmware.name),
        ),
    ]


def lint_stages() -> list[Stage]:
    """`make lint`; pyright reads the packages that the host code imports."""
    linters = Stage("linters", "make -s .venv/.lint", needs=(PACKAGES.name,))
    pyright = ".venv/bin/pyright"
    return [
        PACKAGES,
        linters,
        Stage("ruff", ".venv/bin/ruff check", needs=(linters.name,)),
        Stage("ruff, format", ".venv/bin/ruff format --check", needs=(linters.name,)),
        Stage("pyright, host", pyright, needs=(linters.name,)),
        Stage("pyright, rp2", f"{pyright} -p pyrightconfig-rp2.json", needs=(linters.name,)),
        Stage("pyright, stm32", f"{pyright} -p pyrightconfig-stm32.json", needs=(linters.name,)),
    ]


SUITES = {"test": test_stages, "lint": lint_stages}


def main() -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(description="Run the project's tests and linters.")
    parser.add_argument("suite", nargs="+", choices=sorted(SUITES))
    # Ctrl-C ends the stages as well, for they are of the same process group: do not wait for them.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    stages = [stage for suite in parser.parse_args().suite for stage in SUITES[suite]()]
    return 0 if run(list(dict.fromkeys(stages)), ROOT) else 1


if __name__ == "__main__":
    sys.exit(main())
