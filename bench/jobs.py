"""What is measured. Each job is one run of a board or of the unix port, and gives some figures.

A figure's key is dotted as in bench/results.json.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import inf
from statistics import mean
from typing import Any

from bench import frozen, model, native, ram
from bench.model import publish_packet
from bench.rig import Outcome, Rig, Settings, Step, Window
from pico.pl011 import FIFO_DEPTH

ENGINES = {"packets": model.ideal_publish_ns, "native": native.ideal_publish_ns}
"""Those that are measured, and the time that publishing by each takes at least."""
BAUDS = (115200, 460800, 921600, 2000000)
PAYLOADS = (16, 64, 512)
MESSAGES = 200
_WARM_UP = 10
_RINGS = ((256, 2048), (1024, 2048), (4096, 2048))  # rxbuf, rx_size
_STALL_BAUDS = (115200, 460800, 921600)
_SLICES, _SLICE = 10, 20  # with gc off, all messages at once would not fit into the heap
_REFERENCE = ("noflow", 115200)  # where the processor's time and the turnaround are measured

Figures = dict[str, Any]


@dataclass(frozen=True)
class Job:
    """``run()`` returns figures. A group can be asked for by its name."""

    group: str
    name: str
    run: Callable[[], Figures]


def merge(figures: Figures, found: Figures) -> None:
    """Add those of a job. What several give, each with another engine, is the longest of them."""
    for key, value in found.items():
        if key not in figures or value > figures[key]:
            figures[key] = value


def all_jobs() -> list[Job]:
    """Every job, the long ones first."""
    return [
        Job("ram", "frozen, on the Pico", frozen.measure),  # may build a firmware
        *(
            Job("wire", f"{engine} {flow} {baud}", partial(wire, engine, flow, baud))
            for baud in BAUDS
            for flow in ("flow", "noflow")
            for engine in ENGINES
        ),
        *(
            Job("held", f"{engine} {baud}", partial(held, engine, baud))
            for baud in BAUDS
            for engine in ENGINES
        ),
        *(
            Job("cost", f"{engine} {way}", partial(cost, engine, way))
            for way in ("received", "received_by_iteration")
            for engine in ENGINES
        ),
        *(
            Job("stall", f"{baud} {buffer}+{ring}", partial(stall, baud, buffer, ring))
            for baud in _STALL_BAUDS
            for buffer, ring in _RINGS
        ),
        Job("ram", "32-bit unix port", ram.measure),
    ]


def rxbuf(baud: int) -> int:
    """The C buffer that goes with a baud rate: some 20 ms or more."""
    return 1024 if baud <= 115200 else 4096


def _settings(engine: str, baud: int, flow: bool = False, iterate: bool = False) -> Settings:
    return Settings(baud, rxbuf(baud), flow=flow, iterate=iterate, engine=engine)


def _payload(size: int) -> bytes:
    return b"p" * size


def _packets(size: int, n: int = MESSAGES) -> list[bytes]:
    return [publish_packet(_payload(size))] * n


def _warm_up() -> list[Step]:
    return [
        Step("receive", (_WARM_UP,), _packets(64, _WARM_UP)),
        Step("publish", (_WARM_UP, 64)),
    ]


def _receive(size: int, every_ns: float = 0) -> Step:
    return Step("receive", (MESSAGES,), _packets(size), every_ns)


def _window(outcome: Outcome) -> Window:
    return outcome.windows[0]


def _received(outcome: Outcome) -> tuple[float, int]:
    """Efficiency, and bytes lost: in the UART, or with messages that the client dropped."""
    left, dropped, us = outcome.result
    window = _window(outcome)
    size = len(outcome.step.packets[0])
    efficiency = window.ideal_ns * (MESSAGES - left) / MESSAGES / (us * 1000) if us else 0.0
    return round(efficiency, 3), window.lost + dropped * size


def wire(engine: str, flow: str, baud: int) -> Figures:
    """Receive and publish at full speed."""
    rig = Rig(engine)
    receive = [_receive(size) for size in PAYLOADS]
    publish = [Step("publish", (MESSAGES, size)) for size in PAYLOADS]
    queued = [Step("publish_queued", (MESSAGES, 64))] if (flow, baud) == _REFERENCE else []
    steps = [*_warm_up(), *receive, *publish, *queued]
    outcomes = rig.run(_settings(engine, baud, flow == "flow"), steps)[len(_warm_up()) :]
    received, published = outcomes[: len(receive)], outcomes[len(receive) :]
    figures: Figures = {}
    for size, got, put in zip(PAYLOADS, received, published, strict=False):
        place = f"{engine}.{flow}.{baud}.{size}"
        efficiency, lost = _received(got)
        figures[f"receive_efficiency.{place}"] = efficiency
        figures[f"lost_bytes.{place}"] = lost
        ideal = MESSAGES * ENGINES[engine](_payload(size), rig.uart.char_ns)
        figures[f"publish_efficiency.{place}"] = round(ideal / _window(put).ns, 3)
        if queued:
            figures[f"cpu_us.received.{engine}.{size}"] = _cpu_us(got, MESSAGES - got.result[0])
            figures[f"cpu_us.published.{engine}.{size}"] = _cpu_us(put, MESSAGES)
    if queued:
        sequential = published[PAYLOADS.index(64)]
        figures[f"turnaround_us.{engine}.sequential"] = turnaround_us(_window(sequential))
        figures[f"turnaround_us.{engine}.queued"] = turnaround_us(_window(outcomes[-1]))
    return figures


def _cpu_us(outcome: Outcome, messages: int) -> int:
    return round(_window(outcome).busy_us / messages)


def turnaround_us(window: Window) -> int:
    """From the end of SEND OK, or of OK, to the start of the next command, on average."""
    sendings = window.sendings
    pairs = zip(sendings, sendings[1:], strict=False)
    return round(mean(later.began - earlier.sent for earlier, later in pairs) / 1000)


def cost(engine: str, way: str) -> Figures:
    """Bytes allocated for a message, and the processor's time for one that comes alone.

    Both of the same messages: garbage is not collected meanwhile.
    """
    iterate = way == "received_by_iteration"
    received = Step("received", (_SLICE,), _packets(64, _SLICE), every_ns=30e6)
    published = Step("published", (_SLICE, 64))
    idle, collect = Step("idle", (1000,)), Step("collect", windows=0)
    steps = [*_warm_up(), *[received] * _SLICES]
    steps += [_receive(64)] if iterate else [*[published] * _SLICES, idle, collect]
    outcomes = Rig(engine).run(_settings(engine, 115200, iterate=iterate), steps)[
        len(_warm_up()) :
    ]

    def per_message(step: Step) -> int:
        taken = sum(outcome.result for outcome in outcomes if outcome.step == step)
        return round(taken / (_SLICES * _SLICE))

    alone = sum(_window(outcome).busy_us for outcome in outcomes if outcome.step == received)
    figures: Figures = {
        f"garbage_bytes.{way}.{engine}": per_message(received),
        f"cpu_us.{way}_alone.{engine}.64": round(alone / (_SLICES * _SLICE)),
    }
    if iterate:
        delivered = MESSAGES - outcomes[-1].result[0]
        figures[f"cpu_us.{way}.{engine}.64"] = _cpu_us(outcomes[-1], delivered)
    else:
        figures[f"garbage_bytes.published.{engine}"] = per_message(published)
        figures[f"garbage_bytes.idle_second.{engine}"] = outcomes[-2].result
        figures["gc_collect_us"] = outcomes[-1].result
    return figures


def held(engine: str, baud: int) -> Figures:
    """The longest turn of the event loop while messages come and go."""
    share = -(-MESSAGES // len(PAYLOADS))
    steps = [Step("held", (share, size), _packets(size, share)) for size in PAYLOADS]
    outcomes = Rig(engine).run(_settings(engine, baud), [*_warm_up(), *steps])[-len(PAYLOADS) :]
    return {
        f"loop_held_us.{baud}": max(outcome.result[0] for outcome in outcomes),
        f"undelivered_while_publishing.{engine}.{baud}": sum(o.result[1] for o in outcomes),
        f"unanswered_while_receiving.{engine}.{baud}": sum(o.result[2] for o in outcomes),
    }


def stall(baud: int, buffer: int, ring: int) -> Figures:
    """How long an application may hold everything up, from a module that does not wait."""
    predicted = predicted_stall_ms(baud, buffer)
    ms = round(predicted * 1.5) + 20
    n = round(ms * baud / 10e3 / len(_packets(64, 1)[0]))
    steps = [
        Step("stall", (after, ms), _packets(64, after), 30e6, 2, _packets(64, n))
        for after in (1, 2, 3)
    ]
    outcomes = Rig(passive=False).run(Settings(baud, buffer, ring), steps)
    lossless = min(_window(outcome).lossless_ms for outcome in outcomes)
    return {
        f"stall_ms_without_loss.{baud}.{buffer}+{ring}": {
            "predicted": round(predicted, 1),
            "measured": round(lossless, 1) if lossless < inf else None,
        }
    }


def predicted_stall_ms(baud: int, buffer: int) -> float:
    """What fits into the UART's FIFO and its C buffer: nothing empties them on a busy line."""
    return (buffer + FIFO_DEPTH) * 10e3 / baud
