"""What an emulated Pico needs: a module on its UART, a broker, the library in its flash."""

import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

from atsim.module import Module
from atsim.socketnet import Address, SocketNet
from atsim.trafficlog import TrafficLog
from mpy import compiled
from pico import flash
from pico.board import Board
from pico.modem import Modem
from pico.pl011 import Pl011

ROOT = Path(__file__).resolve().parents[2]
JOIN_US = 1_000_000  # a real access point takes about five seconds
BROKER = ("broker.example", 1883)  # as the examples call it
_READY = "broker: ready on port "


def contents() -> bytes:
    """A filesystem with the library, as .mpy files, and the examples' board.py."""
    files = compiled(ROOT / "lib" / "atmqtt")
    files["board.py"] = (ROOT / "examples" / "board.py").read_bytes()
    return flash.image(files)


def start_broker(cleanup: ExitStack) -> Address:
    """Start a broker, which ends with `cleanup`; return where it listens.

    :raises OSError: it did not start.
    """
    process = subprocess.Popen(
        (sys.executable, ROOT / "tools" / "broker.py"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for us
    )
    cleanup.callback(process.wait)
    cleanup.callback(process.terminate)
    assert process.stdout
    line = process.stdout.readline()
    if not line.startswith(_READY):
        raise OSError("the broker did not start")
    return "127.0.0.1", int(line.removeprefix(_READY))


def plug_module(
    board: Board,
    uart: Pl011,
    firmware: str,
    networks: Sequence[tuple[str, str]],
    broker: Address,
    log: TextIO | None = None,
) -> None:
    """Put a simulated module on the UART and switch it on.

    It lives in the board's time. Its connections are real ones of this computer, but for those
    to `BROKER`, which go to ``broker``.

    :param log: where its traffic is written.
    """
    module = Module(
        SocketNet({BROKER: broker}),
        firmware,
        ap=networks,
        boot_log=False,
        epoch=int(time.time()),
    )
    module.timing.set_join(JOIN_US)
    if log:
        module.add_tracer(TrafficLog(module, log).trace)
    Modem(board, uart, module).power_on()
