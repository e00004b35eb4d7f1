"""Command line of the emulated Pico: ``PYTHONPATH=tools python -m pico --help``."""

import argparse
import signal
import sys
from contextlib import ExitStack
from pathlib import Path

from debs import Unavailable
from firmware import firmware
from pico.board import Board
from pico.serve import End, Receiver, open_end, serve


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="pico", description="Run an emulated Raspberry Pi Pico with MicroPython."
    )
    parser.add_argument("--uf2", type=Path, help="firmware (default: stock MicroPython 1.25.0)")
    parser.add_argument(
        "--flash",
        type=Path,
        metavar="IMAGE",
        help="filesystem image: read at the start, written back at the end",
    )
    parser.add_argument(
        "--console",
        default="pty:pico-console",
        metavar="END",
        help="where the console is: pty:LINK or tcp:PORT (default: %(default)s)",
    )
    for number in (0, 1):
        parser.add_argument(
            f"--uart{number}", metavar="END", help=f"where UART {number} is: pty:LINK or tcp:PORT"
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
    image = options.flash if options.flash and options.flash.exists() else None
    board = Board(options.uf2 or firmware(), image)

    def end(spec: str, receive: Receiver) -> End:
        opened = open_end(spec, receive)
        cleanup.callback(opened.close)
        return opened

    ends = [end(options.console, board.console.write)]
    board.on_output = ends[0].write
    for uart, spec in zip(board.uart, (options.uart0, options.uart1), strict=True):
        if spec:
            ends.append(end(spec, uart.send))
            uart.on_tx = lambda byte, write=ends[-1].write: write(bytes((byte,)))
    if options.flash:
        cleanup.callback(lambda: options.flash.write_bytes(board.flash_image()))
    print(f"console on {options.console}", file=sys.stderr)
    serve(board, ends, options.seconds, options.pace)


if __name__ == "__main__":
    sys.exit(main())
