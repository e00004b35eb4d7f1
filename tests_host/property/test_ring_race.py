"""The ring in plain Python, interrupted by its writer at every single bytecode of the reader."""

import sys

import atmqtt.ringio
from atmqtt.ringio import RingIO

SIZE = 7


class Interrupts:
    """Calls a function before every n-th bytecode that RingIO's own methods execute."""

    def __init__(self, function, every: int):
        self._function = function
        self._every = every
        self._count = 0
        self._inside = False

    def __enter__(self):
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_):
        sys.settrace(None)

    def _trace(self, frame, event, _argument):
        if frame.f_code.co_filename != atmqtt.ringio.__file__ or self._inside:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            self._count += 1
            if self._count % self._every == 0:
                self._inside = True
                self._function()
                self._inside = False
        return self._trace


def run(every: int, burst: int) -> tuple[bytes, int]:
    """Read 2000 bytes in small steps while interrupts write; what was read, and how many came."""
    data = bytes(i * 7 + (i >> 8) & 255 for i in range(2000))
    ring = RingIO(SIZE)
    put = interrupts = 0

    def interrupt():
        nonlocal put, interrupts
        interrupts += 1
        put += ring.write(data[put : put + burst], len(data[put : put + burst]))

    out = bytearray()
    buf = bytearray(16)
    with Interrupts(interrupt, every):
        step = 0
        while len(out) < len(data):
            step += 1
            waiting = ring.any()
            assert 0 <= waiting <= SIZE
            n = ring.readinto(buf, step % 9)
            assert n <= SIZE
            out += buf[:n]
    assert bytes(out) == data, (every, burst)
    return bytes(out), interrupts


def test_interrupts_at_every_bytecode_lose_and_double_nothing():
    for every in (1, 2, 3, 5, 7, 11, 13, 29, 61):
        for burst in (1, 2, 6, 7, 20):
            _, interrupts = run(every, burst)
            assert interrupts > 100
