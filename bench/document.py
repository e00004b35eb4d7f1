"""Puts the figures of bench/results.json into docs/performance.md and the README.

Each has a pair of comments, and what is between the two is replaced; all else is written by hand.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.budgets import broken, budget_of
from bench.report import RESULTS, flat, shown

_ROOT = Path(__file__).resolve().parent.parent
_BEGIN = "<!-- figures, by `python3 -m bench --document` -->"
_END = "<!-- end of figures -->"

_ENGINES = ("packets", "native")
_LOADED = (*_ENGINES, "both")
_FLOWS = {"flow": "RTS and CTS", "noflow": "none"}
_SIZES = ("16", "64", "512")

Figures = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """A figure that has a budget or that peers have as well.

    :param figure: its key; ``{engine}`` in it stands for each engine that has been measured, or
        for both at once.
    :param peers: the same of other libraries, measured the same way.
    """

    title: str
    figure: str
    peers: str = ""
    in_readme: bool = False


_ROWS = (
    Row(
        "RAM of a connected client, bytes, library as .mpy",
        "resident_bytes.{engine}.mpy",
        "import alone: 4 300 to 16 500",
        in_readme=True,
    ),
    Row("RAM of a connected client, library as .py", "resident_bytes.{engine}.py"),
    Row(
        "RAM of a connected client, library frozen into the firmware",
        "resident_bytes.{engine}.frozen",
        in_readme=True,
    ),
    Row(
        "smallest heap to connect, publish and receive with, bytes, .mpy",
        "min_heap_bytes.mpy",
        "mqtt_as: not even imported with 90 KB",
        in_readme=True,
    ),
    Row("smallest heap to connect, publish and receive with, .py", "min_heap_bytes.py"),
    Row(
        "allocated for a received message of 64 bytes, bytes",
        "garbage_bytes.received.{engine}",
        "565 to 1224",
        in_readme=True,
    ),
    Row(
        "allocated for a received message, taken by `async for`",
        "garbage_bytes.received_by_iteration.{engine}",
    ),
    Row("allocated for a published message", "garbage_bytes.published.{engine}"),
    Row("allocated in an idle second", "garbage_bytes.idle_second.{engine}"),
    Row(
        "processor's time for a received message of 64 bytes, us",
        "cpu_us.received.{engine}.64",
        "1600 to 6900",
        in_readme=True,
    ),
    Row(
        "processor's time for a received message, taken by `async for`",
        "cpu_us.received_by_iteration.{engine}.64",
    ),
    Row("processor's time for a published message", "cpu_us.published.{engine}.64"),
    Row(
        "receive efficiency, 115200 baud, 64 bytes, without flow control",
        "receive_efficiency.{engine}.noflow.115200.64",
        "0.53 to 1.00",
        in_readme=True,
    ),
    Row(
        "receive efficiency, 921600 baud, 512 bytes, without flow control",
        "receive_efficiency.{engine}.noflow.921600.512",
        in_readme=True,
    ),
    Row(
        "bytes lost, 921600 baud, 64 bytes, with RTS and CTS",
        "lost_bytes.{engine}.flow.921600.64",
        in_readme=True,
    ),
    Row(
        "bytes lost, 921600 baud, 64 bytes, without",
        "lost_bytes.{engine}.noflow.921600.64",
        "upyOS: 7 000 of 26 000",
        in_readme=True,
    ),
    Row(
        "publish efficiency, 115200 baud, 64 bytes, without flow control",
        "publish_efficiency.{engine}.noflow.115200.64",
        "0.80; a bare loop of write and poll 0.96",
        in_readme=True,
    ),
    Row(
        "publish efficiency, 921600 baud, 64 bytes, without flow control",
        "publish_efficiency.{engine}.noflow.921600.64",
        "0.51; bare loop 0.83",
    ),
    Row(
        "messages not delivered that came during a publish",
        "undelivered_while_publishing.{engine}.115200",
        "those that use AT+MQTT: 20 of 20",
        in_readme=True,
    ),
    Row(
        "from the end of a publish to the next command, us, another publish waiting",
        "turnaround_us.{engine}.queued",
        "2 000 to 95 000; bare loop 370",
        in_readme=True,
    ),
    Row(
        "from the end of a publish to the next command, publishes one after the other",
        "turnaround_us.{engine}.sequential",
    ),
    Row(
        "longest hold of the event loop, us, 115200 baud",
        "loop_held_us.115200",
        "9 000 to 2 461 000",
        in_readme=True,
    ),
    Row("longest hold of the event loop, 921600 baud", "loop_held_us.921600"),
    Row("gc.collect, us, which comes on top", "gc_collect_us"),
)


def pages() -> dict[Path, str]:
    """The two pages as they should be."""
    figures = flat(json.loads(RESULTS.read_text()))
    return {
        path: replaced(path.read_text(), write(figures))
        for path, write in (
            (_ROOT / "docs/performance.md", performance),
            (_ROOT / "README.md", summary),
        )
    }


def update() -> list[Path]:
    """Write those of the pages that are not as they should be; return their paths."""
    stale = {path: text for path, text in pages().items() if path.read_text() != text}
    for path, text in stale.items():
        path.write_text(text)
    return list(stale)


def replaced(page: str, figures: str) -> str:
    """A page with other figures between its comments. ValueError: it has not one pair of them."""
    try:
        before, rest = page.split(_BEGIN)
        _, after = rest.split(_END)
    except ValueError:
        raise ValueError(f"a page needs `{_BEGIN}` and `{_END}`, each once") from None
    return f"{before}{_BEGIN}\n\n{figures}\n\n{_END}{after}"


def summary(figures: Figures) -> str:
    """For the README."""
    return _against_budgets([row for row in _ROWS if row.in_readme], figures)


def performance(figures: Figures) -> str:
    """For docs/performance.md: all."""
    method = "\n".join(f"- {sentence}" for sentence in figures["method"])
    versions = ", ".join(f"{name} {figures[f'versions.{name}']}" for name in _versions(figures))
    sections = (
        ("Against the budgets", _against_budgets(_ROWS, figures)),
        ("Budgets that are not met", _not_met(figures)),
        (
            "Receiving: efficiency",
            _by_wire("receive_efficiency", figures),
        ),
        ("Receiving: bytes lost", _by_wire("lost_bytes", figures)),
        ("Publishing: efficiency", _by_wire("publish_efficiency", figures)),
        ("The processor's time for a message, us", _cpu(figures)),
        ("How long an application may hold up everything, ms", _stalls(figures)),
        ("Receiving and publishing at once, without flow control", _by_baud(figures)),
        ("How it was measured", f"{method}\n\nMeasured with {versions}."),
    )
    return "\n\n".join(f"### {title}\n\n{text}" for title, text in sections)


def _versions(figures: Figures) -> list[str]:
    return [key.partition(".")[2] for key in figures if key.startswith("versions.")]


def _against_budgets(rows: Iterable[Row], figures: Figures) -> str:
    lines = []
    for row in rows:
        for engine in _LOADED if "{engine}" in row.figure else ("",):
            figure = row.figure.format(engine=engine)
            if figure in figures:
                title = f"{row.title} ({engine})" if engine else row.title
                verdict = _verdict(figure, figures[figure])
                lines.append((title, shown(figures[figure]), verdict, row.peers))
    return _markdown(("", "measured", "budget", "other libraries"), lines)


def _verdict(figure: str, value: Any) -> str:
    budget = budget_of(figure)
    if not budget:
        return ""
    return f"{budget}" if budget.met(value) else f"**not met:** {budget}"


def _not_met(figures: Figures) -> str:
    """All, those of the tables below included."""
    lines = [
        f"- `{figure}`: {shown(figures[figure])}, budget {budget_of(figure)}"
        for figure in broken(figures)
    ]
    return "\n".join(lines) or "None."


def _by_wire(kind: str, figures: Figures) -> str:
    """Engine, flow control and baud down, payload across."""
    lines = [
        (
            place[0],
            _FLOWS[place[1]],
            place[2],
            *(shown(figures[".".join((kind, *place, size))]) for size in _SIZES),
        )
        for place in _distinct(figures, kind, lambda parts: parts[:3])
    ]
    sizes = (f"{size} bytes" for size in _SIZES)
    return _markdown(("engine", "flow control", "baud", *sizes), lines)


def _cpu(figures: Figures) -> str:
    ways = _distinct(figures, "cpu_us", lambda parts: parts[:2])
    lines = [
        (
            engine,
            way.replace("_", " "),
            *(shown(figures.get(f"cpu_us.{way}.{engine}.{size}", "")) for size in _SIZES),
        )
        for way, engine in ways
    ]
    return _markdown(("engine", "", *(f"{size} bytes" for size in _SIZES)), lines)


def _stalls(figures: Figures) -> str:
    kind = "stall_ms_without_loss"
    rings = [ring for (ring,) in _distinct(figures, kind, lambda parts: parts[1:])]
    lines = [
        (baud, *(shown(figures[f"{kind}.{baud}.{ring}"]) for ring in rings))
        for (baud,) in _distinct(figures, kind, lambda parts: parts[:1])
    ]
    return _markdown(("baud", *rings), lines)


def _by_baud(figures: Figures) -> str:
    """The event loop, and what was lost while messages came and went at once."""
    kinds = {
        "undelivered_while_publishing": "messages lost",
        "unanswered_while_receiving": "publishes not answered",
    }
    columns = [(kind, engine) for engine in _ENGINES for kind in kinds]
    lines = [
        (
            baud,
            shown(figures[f"loop_held_us.{baud}"]),
            *(shown(figures.get(f"{kind}.{engine}.{baud}", "")) for kind, engine in columns),
        )
        for (baud,) in _distinct(figures, "loop_held_us", lambda parts: parts)
    ]
    heads = (f"{kinds[kind]} ({engine})" for kind, engine in columns)
    return _markdown(("baud", "event loop held, us", *heads), lines)


def _distinct(
    figures: Figures, kind: str, cut: Callable[[list[str]], list[str]]
) -> list[tuple[str, ...]]:
    """What ``cut`` leaves of the keys of a kind, without repetitions, in their order."""
    parts = (key.split(".")[1:] for key in figures if key.partition(".")[0] == kind)
    return list(dict.fromkeys(tuple(cut(part)) for part in parts))


def _markdown(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rule = ["---"] * len(head)
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *lines))
