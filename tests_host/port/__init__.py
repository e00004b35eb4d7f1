"""What MicroPython has and CPython lacks, so that `lib/` needs no CPython code.

    PYTHONPATH=lib:tests_host python3 -c "import port; port.install(); import atmqtt"

`install()` must run before anything imports `atmqtt`.
"""

import sys


def install() -> None:
    """Give CPython MicroPython's `micropython`, `machine`, ticks and asyncio additions.

    May be called again; does nothing under MicroPython itself.
    """
    if sys.implementation.name == "micropython":
        return
    import asyncio
    import time

    from . import clock, machine, micropython, park, waiting

    sys.modules.setdefault("micropython", micropython)
    sys.modules.setdefault("machine", machine)
    sys.modules.setdefault("atmqtt.park", park)
    for name in ("ticks_ms", "ticks_us", "ticks_add", "ticks_diff", "sleep_ms", "sleep_us"):
        setattr(time, name, getattr(clock, name))
    for name in ("sleep_ms", "wait_for_ms", "ThreadSafeFlag"):
        setattr(asyncio, name, getattr(waiting, name))
