"""Where the time goes: by function on the board, and between board and module.

Nothing is changed on the board. The host looks each few microseconds which function's bytecode
the innermost frame on the stack is in, C functions count for who calls them.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from os.path import commonprefix
from statistics import mean

from bench.model import Sending, publish_packet
from bench.rig import Rig, Settings, Step, library
from pico.processor import Processor

_MESSAGES = 20
_EVERY_NS = 20e3
_SHOWN = 30
_LONGEST = 2048  # bytes of bytecode in one function
_PREFIX = 12  # bytes of it by which it is found in its file
_STACK = 1024  # bytes of it that are looked at
_RAM_END = 0x20042000
_SLEEP = "(sleeps)"


class Sampler:
    """Looks, while the rig's last window is open, which function its board runs."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._processor = rig.board.processor
        self._samples: list[list[int] | None] = []
        self._look()

    def _look(self) -> None:
        if self._rig.last_is_open:
            self._samples.append(None if self._processor.asleep else self._words())
        self._rig.board.after_ns(_EVERY_NS, self._look)

    def _words(self) -> list[int]:
        """The registers that may hold a bytecode pointer, and the stack, innermost first."""
        registers = self._processor.registers
        sp = registers[13]
        stack = range(sp, min(sp + _STACK, _RAM_END), 4)
        return [*registers[4:8], *self._processor.words(stack)]

    def shares(self, functions: dict[int, str]) -> Counter[str]:
        """Samples in each function, whose bytecode begins at these addresses."""
        code = _Code(functions, self._processor)
        found: Counter[str] = Counter()
        for words in self._samples:
            found[_SLEEP if words is None else code.innermost(words)] += 1
        return found


class _Code:
    """Which function an address is in."""

    def __init__(self, functions: dict[int, str], processor: Processor) -> None:
        self._functions = functions
        self._starts = sorted(functions)
        self._ends = [self._end(start, processor) for start in self._starts]

    @staticmethod
    def _end(start: int, processor: Processor) -> int:
        """The bytecode in RAM is as it was in the file: it ends where the two differ."""
        memory = processor.memory(start, _LONGEST)
        lengths = [0]
        for file in library().values():
            at = file.find(memory[:_PREFIX])
            while at >= 0:
                lengths.append(len(commonprefix([memory, file[at:]])))
                at = file.find(memory[:_PREFIX], at + 1)
        return start + max(lengths)

    def innermost(self, words: list[int]) -> str:
        """The function that the first address in its bytecode tells of."""
        for word in words:
            i = bisect_right(self._starts, word) - 1
            if i >= 0 and word < self._ends[i]:
                return self._functions[self._starts[i]]
        return "(C and frozen functions called by nobody of the library)"


def profile(engine: str) -> str:
    """Tables for receiving and for publishing messages of 64 bytes."""
    messages = [publish_packet(b"p" * 64)] * _MESSAGES
    _, received = _sampled(engine, ["receive", _MESSAGES], messages)
    rig, published = _sampled(engine, ["publish", _MESSAGES, 64], [])
    return "\n\n".join(
        [
            _table("receiving", received),
            _table("publishing", published),
            _gaps(rig.module.sendings[-_MESSAGES:]),
        ]
    )


def _sampled(engine: str, step: list, packets: Sequence[bytes]) -> tuple[Rig, Counter[str]]:
    rig = Rig(engine)
    rig.expect([Step("", packets=packets)] * 2)
    sampler = Sampler(rig)
    output = rig.execute(f"profiler.run({tuple(Settings(engine=engine))!r}, {step!r})")
    lines = (line.split() for line in output.splitlines())
    return rig, sampler.shares({int(address): name for name, address in lines})


def _table(title: str, shares: Counter[str]) -> str:
    def us(samples: int) -> float:
        return samples * _EVERY_NS / 1000 / _MESSAGES

    busy = shares.total() - shares.pop(_SLEEP, 0)
    lines = [f"{title}: us of a message's {us(busy):.0f} us"]
    lines += [f"{us(n):8.0f}  {name}" for name, n in shares.most_common(_SHOWN)]
    return "\n".join(lines)


def _gaps(sendings: Sequence[Sending]) -> str:
    pairs = zip(sendings, sendings[1:], strict=False)
    gaps = {
        "from its result to the first byte of the next command": [
            later.began - earlier.sent for earlier, later in pairs
        ]
    }
    if sendings[0].prompt:
        key = "from `>` to the first byte of the data"
        gaps[key] = [one.data_began - one.prompt for one in sendings]
    lines = [f"{mean(gap) / 1000:8.0f}  {name}" for name, gap in gaps.items()]
    return "\n".join(["publishing: us for which the wire is silent because of the host", *lines])
