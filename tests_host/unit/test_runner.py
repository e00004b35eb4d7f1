"""The helpers of plain tests, and the additions that the library relies on."""

import asyncio
import time

import micropython

from plain import raises, raises_async


def fail(error):
    raise error


async def fail_later(error):
    await asyncio.sleep_ms(0)
    raise error


def test_raises_returns_the_error():
    error = ValueError("topic is empty")
    assert raises(ValueError, "empty", fail, error) is error


def test_raises_notices_silence_other_text_and_other_kinds():
    raises(AssertionError, "ValueError was not raised", raises, ValueError, "", len, "")
    raises(AssertionError, "expected 'full'", raises, OSError, "full", fail, OSError("empty"))
    raises(TypeError, "kind", raises, ValueError, "", fail, TypeError("another kind"))


async def test_raises_async():
    await raises_async(ValueError, "late", fail_later(ValueError("too late")))
    silence = raises_async(ValueError, "", quiet())
    await raises_async(AssertionError, "was not raised", silence)


async def quiet():
    await asyncio.sleep_ms(0)


def test_ticks_survive_the_wrap():
    before = time.ticks_add(0, -5)
    after = time.ticks_add(before, 12)
    assert before > after
    assert time.ticks_diff(after, before) == 12
    assert time.ticks_diff(before, after) == -12


def test_ticks_run_at_their_rate():
    start_ms, start_us = time.ticks_ms(), time.ticks_us()
    time.sleep_ms(20)
    assert time.ticks_diff(time.ticks_ms(), start_ms) >= 19
    # The unix port counts whole milliseconds and may wake up to one early.
    assert time.ticks_diff(time.ticks_us(), start_us) >= 19_000


def test_schedule_runs_in_order_and_never_nested():
    calls = []

    def outer(_):
        micropython.schedule(calls.append, "second")
        micropython.schedule(calls.append, "third")
        for _ in range(100):  # time enough to run them inside, if that were allowed
            pass
        calls.append("first")

    micropython.schedule(outer, None)
    for _ in range(1000):
        if len(calls) == 3:
            break
        time.sleep_ms(1)
    assert calls == ["first", "second", "third"], calls


async def test_thread_safe_flag_wakes_its_waiter_and_clears_itself():
    flag = asyncio.ThreadSafeFlag()
    micropython.schedule(lambda _: flag.set(), None)
    await asyncio.wait_for_ms(flag.wait(), 5000)
    await raises_async(asyncio.TimeoutError, "", asyncio.wait_for_ms(flag.wait(), 10))
    flag.set()
    await asyncio.wait_for_ms(flag.wait(), 5000)
    flag.set()
    flag.clear()
    await raises_async(asyncio.TimeoutError, "", asyncio.wait_for_ms(flag.wait(), 10))
