"""MicroPython's additions to `time`: ticks that wrap, and short sleeps.

Ticks wrap at 2**30 as on every 32-bit board, so that arithmetic which forgets the wrap
fails here as it would there.
"""

import time

_PERIOD = 1 << 30
_MASK = _PERIOD - 1
_HALF = _PERIOD >> 1


def ticks_ms() -> int:
    """Milliseconds from an arbitrary start, 0 .. 2**30 - 1."""
    return time.monotonic_ns() // 1_000_000 & _MASK


def ticks_us() -> int:
    """Microseconds from an arbitrary start, 0 .. 2**30 - 1."""
    return time.monotonic_ns() // 1_000 & _MASK


def ticks_add(ticks: int, delta: int) -> int:
    """`ticks` moved by `delta`; OverflowError where the result could not be compared."""
    if not -_HALF < delta < _HALF:
        raise OverflowError("ticks interval overflow")
    return ticks + delta & _MASK


def ticks_diff(later: int, earlier: int) -> int:
    """Signed distance, -2**29 .. 2**29 - 1."""
    return (later - earlier + _HALF & _MASK) - _HALF


def sleep_ms(ms: int) -> None:
    """Block for `ms` milliseconds; zero or less returns at once."""
    time.sleep(max(ms, 0) / 1_000)


def sleep_us(us: int) -> None:
    """Block for `us` microseconds; zero or less returns at once."""
    time.sleep(max(us, 0) / 1_000_000)
