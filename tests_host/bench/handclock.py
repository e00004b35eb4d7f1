"""A board that is nothing but simulated time, and the host's end of a UART."""

from collections.abc import Callable

CHAR_NS = 10e9 / 115200


class Board:
    """Simulated time and nothing else."""

    def __init__(self) -> None:
        self.now_ns = 0.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []

    def after_ns(self, ns: float, action: Callable[[], None]) -> None:
        self._due.append((self.now_ns + ns, len(self._due), action))

    def run(self) -> None:
        while self._due:
            self._due.sort(key=lambda due: due[:2])
            self.now_ns, _, action = self._due.pop(0)
            action()


class Uart:
    """The host's UART: notes when the last byte of a write has arrived."""

    char_ns = CHAR_NS
    unsent = 0

    def __init__(self, board: Board) -> None:
        self._board = board
        self._free = 0.0
        self.heard: list[tuple[float, bytes]] = []

    def send(self, data: bytes) -> None:
        start = max(self._free, self._board.now_ns)
        self._free = start + len(data) * CHAR_NS
        self.heard.append((self._free, data))

    def write(self, data: bytes) -> None:
        for byte in data:
            self._board.now_ns += CHAR_NS
            self.on_tx(byte)

    @property
    def said(self) -> bytes:
        """All that the module has said."""
        return b"".join(data for _, data in self.heard)

    on_tx: Callable[[int], None]
