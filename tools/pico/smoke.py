"""The quickstart on an emulated Pico, in simulated time: stock firmware, the library as .mpy
files, a simulated module on UART 1, and a broker behind the module's Wi-Fi.

    python -m pico.smoke [--firmware air601]
"""

import argparse
import sys
from pathlib import Path

from atsim.broker import Broker
from atsim.memoryclient import MemoryClient
from atsim.memorynet import MemoryNet
from atsim.module import Module
from firmware import firmware
from mpy import compiled
from pico import flash
from pico.board import Board
from pico.modem import Modem

_ROOT = Path(__file__).resolve().parents[2]
_LIMIT_S = 60  # simulated


class FarSide:
    """The other client of the quickstart's broker: answers each reading, then says good-bye."""

    def __init__(self, broker: Broker, constants: dict[str, str]) -> None:
        self.readings: list[bytes] = []
        self._commands = constants["COMMANDS"]
        self._client = MemoryClient(broker)
        self._client.subscribe(constants["READINGS"], qos=1)

    def look(self) -> None:
        """Answer what has come."""
        for _, payload, _, _ in self._client.messages():
            self.readings.append(payload)
            self._client.publish(self._commands, b'{"seen": "%d"}' % len(self.readings), qos=1)
            if len(self.readings) == 3:
                self._client.publish(self._commands, b'{"command": "goodbye"}', qos=1)


def constants(source: str) -> dict[str, str]:
    """The str constants at the top of a script."""
    lines = (line.partition(" = ") for line in source.splitlines())
    return {name: value[1:-1] for name, _, value in lines if name.isupper() and value[:1] == '"'}


def run(firmware_name: str) -> tuple[str, list[bytes], float]:
    """Run the quickstart. Returns what it printed, the readings that arrived, simulated seconds.

    Raises RuntimeError with the board's traceback.
    """
    examples = _ROOT / "examples"
    source = (examples / "quickstart.py").read_text()
    files = compiled(_ROOT / "lib" / "atmqtt")
    for name in ("board.py", "quickstart.py"):
        files[name] = (examples / name).read_bytes()
    known = constants(source)
    broker = Broker()
    net = MemoryNet()
    net.serve(broker, host=known["BROKER"], port=1883)
    far_side = FarSide(broker, known)
    module = Module(net, firmware_name, ap=[(known["SSID"], known["PASSWORD"])], boot_log=False)

    board = Board(firmware(), flash.image(files))
    modem = Modem(board, board.uart[1], module)
    modem.power_on()

    def look() -> None:
        far_side.look()
        modem.wake()
        board.after_ns(20e6, look)

    look()
    output, error = board.exec("import quickstart", _LIMIT_S)
    if error:
        raise RuntimeError(error)
    return output, far_side.readings, board.now_ns * 1e-9


def main() -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(description="Run the quickstart on an emulated Pico.")
    parser.add_argument("--firmware", default="esp-at", help="the simulated module's")
    output, readings, seconds = run(parser.parse_args().firmware)
    print(output, end="")
    print(f"pico: {len(readings)} readings, {seconds:.2f} simulated s")
    return 0 if len(readings) == 3 and "goodbye" in output else 1


if __name__ == "__main__":
    sys.exit(main())
