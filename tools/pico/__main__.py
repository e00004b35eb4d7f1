"""Command line of the emulated Pico: ``PYTHONPATH=tools python -m pico --help``."""

import argparse
import signal
import sys
from contextlib import ExitStack
from pathlib import Path

from atsim.cli import access_point, endpoint
from atsim.firmware import NAMES
from debs import Unavailable
from firmware import firmware
from pico import desk, jumper
from pico.board import Board
from pico.pl011 import Pl011
from pico.serve import End, Receiver, open_end, serve

NETWORK = ("office", "correct horse")  # of examples/quickstart.py
_UARTS = "`module`, `jumper` (from TX to RX, from RTS to CTS), pty:LINK, tcp:PORT, or `nothing`"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="pico", description="Run an emulated Raspberry Pi Pico with MicroPython."
    )
    parser.add_argument("--uf2", type=Path, help="firmware (default: stock MicroPython 1.25.0)")
    parser.add_argument(
        "--flash",
        type=Path,
        metavar="IMAGE",
        help="filesystem image: read at the start, written back at the end (default, and where "
        "there is none: the library and board.py)",
    )
    parser.add_argument(
        "--console",
        default="pty:pico-console",
        metavar="END",
        help="where the console is: pty:LINK or tcp:PORT (default: %(default)s)",
    )
    for number, usual in enumerate(("jumper", "module")):
        parser.add_argument(
            f"--uart{number}",
            metavar="END",
            default=usual,
            help=f"what UART {number} leads to: {_UARTS} (default: %(default)s)",
        )
    parser.add_argument(
        "--seconds",
        type=float,
        default=float("inf"),
        help="end after this many seconds (default: run until interrupted)",
    )
    parser.add_argument(
        "--pace",
        type=float,
        default=1,
        help="simulated seconds per second, at most (default: %(default)s)",
    )
    module = parser.add_argument_group("the simulated module")
    module.add_argument("--firmware", choices=NAMES, default="esp-at", help="its firmware")
    module.add_argument(
        "--ap",
        metavar="SSID:PASSWORD",
        type=access_point,
        action="append",
        help=f"a network in the air (repeatable; default {NETWORK[0]}:{NETWORK[1]})",
    )
    module.add_argument(
        "--broker",
        metavar="ADDR:PORT",
        type=endpoint,
        help=f"where {desk.BROKER[0]}:{desk.BROKER[1]} is (default: one is started)",
    )
    module.add_argument("--log", action="store_true", help="show its traffic on standard error")
    return parser.parse_args()


def main() -> int:
    """Run until the time is up, Ctrl-C or SIGTERM; returns the exit status."""
    options = _arguments()
    for number in (signal.SIGTERM, signal.SIGINT):  # a shell starts background jobs deaf to SIGINT
        signal.signal(number, signal.default_int_handler)
    try:
        with ExitStack() as cleanup:
            _run(options, cleanup)
    except (Unavailable, OSError, ValueError) as error:
        print(f"pico: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


def _run(options: argparse.Namespace, cleanup: ExitStack) -> None:
    image = options.flash if options.flash and options.flash.exists() else desk.contents()
    board = Board(options.uf2 or firmware(), image)
    ends: list[End] = []

    def end(spec: str, receive: Receiver) -> End:
        ends.append(open_end(spec, receive))
        cleanup.callback(ends[-1].close)
        return ends[-1]

    def plug(uart: Pl011, spec: str) -> None:
        if spec == "module":
            _plug_module(board, uart, options, cleanup)
        elif spec == "jumper":
            jumper.join(uart)
        elif spec != "nothing":
            write = end(spec, uart.send).write
            uart.on_tx = lambda byte: write(bytes((byte,)))

    board.on_output = end(options.console, board.console.write).write
    for uart, spec in zip(board.uart, (options.uart0, options.uart1), strict=True):
        plug(uart, spec)
    if options.flash:
        cleanup.callback(lambda: options.flash.write_bytes(board.flash_image()))
    kind, _, link = options.console.partition(":")
    hint = f": mpremote connect {link}" if kind == "pty" else ""
    print(f"console on {options.console}{hint}", file=sys.stderr, flush=True)
    serve(board, ends, options.seconds, options.pace)


def _plug_module(
    board: Board, uart: Pl011, options: argparse.Namespace, cleanup: ExitStack
) -> None:
    networks = options.ap or [NETWORK]
    broker = options.broker or desk.start_broker(cleanup)
    desk.plug_module(
        board, uart, options.firmware, networks, broker, sys.stderr if options.log else None
    )
    ssids = ", ".join(ssid for ssid, _ in networks)
    print(
        f"{options.firmware} module in reach of {ssids}; {desk.BROKER[0]}:{desk.BROKER[1]} is"
        f" {broker[0]}:{broker[1]} on this computer",
        file=sys.stderr,
    )


if __name__ == "__main__":
    sys.exit(main())
