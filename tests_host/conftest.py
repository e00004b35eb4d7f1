"""Makes the tree importable for pytest, and lets it run coroutine tests."""

import asyncio
import inspect
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TEST_LIMIT_S = 60  # cancelling a coroutine that hangs shows where it hangs

sys.path[:0] = [str(ROOT / name) for name in ("lib", "simulator", "tests_host")]

import port  # noqa: E402 - needs the path above

port.install()


@pytest.fixture(scope="session")
def micropython():
    """The path of MicroPython's unix port, 64 bits."""
    try:
        return os.environ["MICROPYTHON"]
    except KeyError:
        pytest.fail("set MICROPYTHON to what `python3 tools/fetch.py micropython` prints")


@pytest.fixture(params=["cpython", "micropython"])
def interpreter(request):
    """The path of an interpreter: the test is run for each of the two."""
    return sys.executable if request.param == "cpython" else request.getfixturevalue("micropython")


def pytest_pyfunc_call(pyfuncitem):
    """Run `async def test_*` in a fresh event loop, as run_plain.py does on MicroPython."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    fixtures = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    asyncio.run(asyncio.wait_for(pyfuncitem.obj(**fixtures), TEST_LIMIT_S))
    return True
