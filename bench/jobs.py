"""What is measured. Each job is one run of a board or of the unix port, and gives some figures.

A figure's key is dotted as in bench/results.json.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import inf
from statistics import mean
from typing import Any

from bench import ram
from bench.model import ideal_publish_ns, publish_packet
from bench.rig import Outcome, Rig, Step, Window
from pico.pl011 import FIFO_DEPTH

BAUDS = (115200, 460800, 921600, 2000000)
PAYLOADS = (16, 64, 512)
MESSAGES = 200
_WARM_UP = 10
_RX_SIZE = 2048
_RINGS = ((256, 2048), (1024, 2048), (4096, 2048))  # rxbuf, rx_size
_SLICES, _SLICE = 10, 20  # with gc off, all messages at once would not fit into the heap

Figures = dict[str, Any]


@dataclass(frozen=True)
class Job:
    """``run()`` returns figures. A group can be asked for by its name."""

    group: str
    name: str
    run: Callable[[], Figures]


def all_jobs() -> list[Job]:
    """Every job, the long ones first."""
    return [
        *(
            Job("wire", f"{flow} {baud}", partial(wire, flow, baud))
            for baud in BAUDS
            for flow in ("flow", "noflow")
        ),
        *(Job("held", f"{baud}", partial(held, baud)) for baud in BAUDS),
        *(Job("active", f"{baud}", partial(active, baud)) for baud in (115200, 921600)),
        Job("cost", "on_message", partial(cost, False)),
        Job("cost", "async for", partial(cost, True)),
        *(Job("stall", f"{baud}", partial(stall, baud)) for baud in BAUDS),
        Job("ram", "unix port, 32 bits", ram.measure),
    ]


def rxbuf(baud: int) -> int:
    """The C buffer that goes with a baud rate: some 40 ms or more."""
    return 1024 if baud <= 115200 else 4096


def _settings(baud: int, flow: bool = False, iterate: bool = False) -> tuple:
    return baud, rxbuf(baud), _RX_SIZE, flow, iterate


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


def wire(flow: str, baud: int) -> Figures:
    """Receive and publish at full speed."""
    rig = Rig()
    receive = [_receive(size) for size in PAYLOADS]
    publish = [Step("publish", (MESSAGES, size)) for size in PAYLOADS]
    queued = Step("publish_queued", (MESSAGES, 64))
    outcomes = rig.run(_settings(baud, flow == "flow"), [*_warm_up(), *receive, *publish, queued])[
        len(_warm_up()) :
    ]
    figures: Figures = {}
    for size, got, put in zip(PAYLOADS, outcomes[:3], outcomes[3:6], strict=True):
        place = f"packets.{flow}.{baud}.{size}"
        efficiency, lost = _received(got)
        figures[f"receive_efficiency.{place}"] = efficiency
        figures[f"lost_bytes.{place}"] = lost
        ideal = MESSAGES * ideal_publish_ns(_payload(size), rig.uart.char_ns)
        figures[f"publish_efficiency.{place}"] = round(ideal / _window(put).ns, 3)
        if (flow, baud) == ("noflow", 115200):
            delivered = MESSAGES - got.result[0]
            figures[f"cpu_us.received.packets.{size}"] = round(_window(got).busy_us / delivered)
            figures[f"cpu_us.published.packets.{size}"] = round(_window(put).busy_us / MESSAGES)
    if (flow, baud) == ("noflow", 115200):
        figures["turnaround_us.packets.sequential"] = turnaround_us(_window(outcomes[4]))
        figures["turnaround_us.packets.queued"] = turnaround_us(_window(outcomes[6]))
    return figures


def turnaround_us(window: Window) -> int:
    """From the end of SEND OK to the start of the next command, on average."""
    sendings = window.sendings
    pairs = zip(sendings, sendings[1:], strict=False)
    return round(mean(later.began - earlier.sent for earlier, later in pairs) / 1000)


def active(baud: int) -> Figures:
    """Receive with RTS from a module that hands over what comes at once."""
    rig = Rig(passive=False)
    steps = [*_warm_up(), *map(_receive, PAYLOADS)]
    outcomes = rig.run(_settings(baud, flow=True), steps)[-len(PAYLOADS) :]
    figures: Figures = {}
    for size, outcome in zip(PAYLOADS, outcomes, strict=True):
        place = f"packets.flow_active.{baud}.{size}"
        efficiency, lost = _received(outcome)
        figures[f"receive_efficiency.{place}"] = efficiency
        figures[f"lost_bytes.{place}"] = lost
    return figures


def cost(iterate: bool) -> Figures:
    """Bytes allocated for a message, and the processor's time for one that comes alone."""
    way = "received_by_iteration" if iterate else "received"
    alone = _receive(64, every_ns=30e6)
    received = Step("received", (_SLICE,), _packets(64, _SLICE), every_ns=30e6)
    published = Step("published", (_SLICE, 64))
    steps = [*_warm_up(), alone, *[received] * _SLICES, *[published] * _SLICES]
    steps += [Step("idle", (1000,)), Step("collect", windows=0)]
    outcomes = Rig().run(_settings(115200, iterate=iterate), steps)[len(_warm_up()) :]

    def per_message(step: Step) -> int:
        taken = sum(outcome.result for outcome in outcomes if outcome.step == step)
        return round(taken / (_SLICES * _SLICE))

    figures: Figures = {
        f"garbage_bytes.{way}.packets": per_message(received),
        f"cpu_us.{way}_alone.packets.64": round(_window(outcomes[0]).busy_us / MESSAGES),
    }
    if not iterate:
        figures["garbage_bytes.published.packets"] = per_message(published)
        figures["garbage_bytes.idle_second.packets"] = outcomes[-2].result
        figures["gc_collect_us"] = outcomes[-1].result
    return figures


def held(baud: int) -> Figures:
    """The longest turn of the event loop while messages come and go."""
    share = -(-MESSAGES // len(PAYLOADS))
    steps = [Step("held", (share, size), _packets(size, share)) for size in PAYLOADS]
    outcomes = Rig().run(_settings(baud), [*_warm_up(), *steps])[-len(PAYLOADS) :]
    return {
        f"loop_held_us.{baud}": max(outcome.result[0] for outcome in outcomes),
        f"undelivered_while_publishing.packets.{baud}": sum(o.result[1] for o in outcomes),
    }


def stall(baud: int) -> Figures:
    """How long an application may hold everything up, from a module that does not wait."""
    figures = {}
    for buffer, ring in _RINGS:
        rig = Rig(passive=False)
        predicted = predicted_stall_ms(baud, buffer)
        ms = round(predicted * 1.5) + 20
        n = round(ms * baud / 10e3 / len(_packets(64, 1)[0]))
        steps = [
            Step("stall", (after, ms), _packets(64, after), 30e6, 2, _packets(64, n))
            for after in (1, 2, 3)
        ]
        outcomes = rig.run((baud, buffer, ring, False, False), steps)
        lossless = min(_window(outcome).lossless_ms for outcome in outcomes)
        figures[f"stall_ms_without_loss.{baud}.{buffer}+{ring}"] = {
            "predicted": round(predicted, 1),
            "measured": round(lossless, 1) if lossless < inf else None,
        }
    return figures


def predicted_stall_ms(baud: int, buffer: int) -> float:
    """What fits into the UART's FIFO and its C buffer: nothing empties them on a busy line."""
    return (buffer + FIFO_DEPTH) * 10e3 / baud
