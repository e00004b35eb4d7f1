"""Stand-in for MicroPython's `micropython` module.

`RingIO` is left out on purpose: the library then uses its ring in plain Python, so both
rings are under test (the other one on the unix port).
"""

import signal
import threading
import traceback
from collections import deque

_SCHEDULE_DEPTH = 8  # rp2, stm32 and esp32
_SIGNAL = signal.SIGUSR2

_scheduled: deque = deque()
_running = False


def const(value):
    """The value itself."""
    return value


def heap_lock() -> None:
    """Nothing: CPython cannot forbid allocation."""


def heap_unlock() -> int:
    """Nothing is locked, so the depth left is 0."""
    return 0


def schedule(function, argument, /) -> None:
    """Call `function(argument)` soon, in the main thread, between two bytecodes.

    As on a board: in order, never nested, from any thread; an exception is printed and
    goes no further; RuntimeError when the queue is full.
    """
    if len(_scheduled) >= _SCHEDULE_DEPTH:
        raise RuntimeError("schedule queue full")
    _scheduled.append((function, argument))
    main = threading.main_thread().ident
    assert main is not None  # it is running
    signal.pthread_kill(main, _SIGNAL)


def _run_scheduled(_signal, _frame):
    """A Python signal handler is what CPython runs between two bytecodes."""
    global _running
    if _running:
        return
    _running = True
    try:
        while _scheduled:
            function, argument = _scheduled.popleft()
            try:
                function(argument)
            except Exception:
                traceback.print_exc()
    finally:
        _running = False


signal.signal(_SIGNAL, _run_scheduled)
