"""What the figures may be: an RP2040 at 125 MHz, simulated; RAM on the 32-bit unix port."""

from collections.abc import Mapping
from dataclasses import dataclass
from operator import ge, le
from typing import Any

_BLOCK = 16  # bytes of heap are given out by


@dataclass(frozen=True)
class Budget:
    """A figure's bound: at most, or at least if ``least``."""

    figure: str
    bound: float
    least: bool = False

    def met(self, value: Any) -> bool:
        """Does the figure keep to it?"""
        return (ge if self.least else le)(value, self.bound)

    def __str__(self) -> str:
        return f"{'>=' if self.least else '<='} {self.bound:g}"


def _bytes_object(n: int) -> int:
    """Heap of a bytes object of n bytes: its head, and its data with a NUL, in whole blocks."""
    return _BLOCK + -(-(n + 1) // _BLOCK) * _BLOCK


# topic and payload that the application is handed (device.TOPIC, 64 bytes)
_HANDED = _bytes_object(len("bench/topic")) + _bytes_object(64)

BUDGETS = (
    *(Budget(f"resident_bytes.packets.{form}", 28 * 1024) for form in ("py", "mpy", "frozen")),
    *(Budget(f"resident_bytes.native.{form}", 24 * 1024) for form in ("py", "mpy", "frozen")),
    *(Budget(f"resident_bytes.both.{form}", 34 * 1024) for form in ("py", "mpy", "frozen")),
    Budget("min_heap_bytes.py", 72 * 1024),
    Budget("min_heap_bytes.mpy", 56 * 1024),
    *(
        budget
        for engine in ("packets", "native")
        for budget in (
            Budget(f"garbage_bytes.received.{engine}", _HANDED + 128),
            Budget(f"garbage_bytes.received_by_iteration.{engine}", _HANDED + 128 + 256),
            Budget(f"garbage_bytes.idle_second.{engine}", 0),
        )
    ),
    Budget("cpu_us.received.packets.64", 1500),
    Budget("cpu_us.received_by_iteration.packets.64", 2100),
    Budget("cpu_us.received.native.64", 1000),
    Budget("cpu_us.received_by_iteration.native.64", 1600),
    *(
        budget
        for engine in ("packets", "native")
        for flow in ("flow", "noflow")
        for budget in (
            *(
                Budget(f"receive_efficiency.{engine}.{flow}.115200.{size}", 0.99, least=True)
                for size in (16, 64, 512)
            ),
            Budget(f"receive_efficiency.{engine}.{flow}.921600.512", 0.97, least=True),
            *(
                Budget(f"lost_bytes.{engine}.{flow}.{baud}.{size}", 0)
                for baud in (115200, 460800, 921600, 2000000)
                for size in (16, 64, 512)
            ),
        )
    ),
    *(
        Budget(f"publish_efficiency.{engine}.{flow}.{baud}.64", bound, least=True)
        for engine, bounds in (("packets", (0.90, 0.65)), ("native", (0.93, 0.75)))
        for flow in ("flow", "noflow")
        for baud, bound in zip((115200, 921600), bounds, strict=True)
    ),
    *(
        Budget(f"undelivered_while_publishing.{engine}.{baud}", 0)
        for engine in ("packets", "native")
        for baud in (115200, 460800, 921600, 2000000)
    ),
    *(
        Budget(f"turnaround_us.{engine}.{how}", bound)
        for engine in ("packets", "native")
        for how, bound in (("queued", 1000), ("sequential", 1500))
    ),
    Budget("loop_held_us.115200", 3000),
    Budget("loop_held_us.921600", 5000),
)

_BY_FIGURE = {budget.figure: budget for budget in BUDGETS}


def budget_of(figure: str) -> Budget | None:
    """The budget of a figure, by its dotted key; None: it has none."""
    return _BY_FIGURE.get(figure)


def broken(figures: Mapping[str, Any]) -> list[str]:
    """Those of the figures that do not keep to their budget."""
    return [
        figure
        for figure, value in figures.items()
        if (budget := budget_of(figure)) and not budget.met(value)
    ]
