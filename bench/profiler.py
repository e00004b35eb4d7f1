"""Runs on the board: where the bytecode of each function is, so that the host can tell by the
processor's registers and stack which function runs.
"""

import asyncio
import sys

from machine import mem32

import device

_BYTECODE = 12  # offset in MicroPython's mp_obj_fun_bc_t


def _plain():
    pass


def _generator():
    yield


def _functions():
    kinds = type(_plain), type(_generator)
    for module in list(sys.modules.values()):
        for key, value in list(module.__dict__.items()):
            if type(value) in kinds:
                yield key, value
            elif isinstance(value, type) and hasattr(value, "__dict__"):
                for method, function in list(value.__dict__.items()):
                    if type(function) in kinds:
                        yield "%s.%s" % (key, method), function


def run(settings, step):
    """Take a step twice, the first time to load the library; print names and addresses between."""

    async def take():
        taker = device.Device(*settings)
        await taker.start()
        name, *arguments = step
        await getattr(taker, name)(*arguments)
        await taker.modem.close()

    async def main():
        await take()
        for name, function in _functions():
            print(name, mem32[id(function) + _BYTECODE])
        await take()

    asyncio.run(main())
