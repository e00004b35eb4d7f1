"""The host's side of the board's USB serial console.

rp2040py's own answers every read of the board with an empty packet, so the processor never
sleeps and loops run three times too slowly. This one waits until there is something to say.
"""

from collections import deque
from typing import Any

from rp2040py.usb.cdc import USBCDC


class Console(USBCDC):
    """A USB-CDC host. Set `on_serial_data` to receive, call `write` to send."""

    def __init__(self, usb: Any) -> None:
        super().__init__(usb)
        self._pending: deque[int] = deque()
        self._asked: deque[int] = deque()  # sizes of the reads the board is waiting for
        answer = usb.on_endpoint_read

        def on_endpoint_read(endpoint: int, size: int) -> None:
            if endpoint == self._out_endpoint:
                self._asked.append(size)
                self._hand_over()
            else:
                answer(endpoint, size)

        usb.on_endpoint_read = on_endpoint_read

    def write(self, data: bytes) -> None:
        """Send bytes to the board, as soon as it reads them."""
        self._pending.extend(data)
        self._hand_over()

    def _hand_over(self) -> None:
        while self._pending and self._asked:
            size = min(self._asked.popleft(), len(self._pending))
            packet = bytes(self._pending.popleft() for _ in range(size))
            self.usb.endpoint_read_done(self._out_endpoint, packet)

    def _on_controller_reset(self) -> None:
        super()._on_controller_reset()
        self._pending.clear()
        self._asked.clear()
