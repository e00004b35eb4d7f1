"""Clocks for the in-process UART: the wall, or simulated time. Runs on MicroPython."""

import time


class WallClock:
    """Real time."""

    def __init__(self) -> None:
        self._read = getattr(time, "monotonic_ns", time.time_ns)  # MicroPython has only the latter

    def now_us(self) -> int:
        """Microseconds from an arbitrary start."""
        return self._read() // 1000

    def attach(self, device) -> None:
        """Nothing: only what the driver calls lets time pass for the device."""


class VirtualClock:
    """Simulated time: stands still until advance() is called."""

    def __init__(self) -> None:
        self._now = 0
        self._devices = []

    def now_us(self) -> int:
        """Microseconds since the clock was made."""
        return self._now

    def attach(self, device) -> None:
        """Have device.poll() called at every moment device.due() (microseconds or None) names."""
        self._devices.append(device)

    def advance(self, us: int) -> None:
        """Let time pass, stopping wherever a device has something to do."""
        end = self._now + us
        while True:
            due = self.due()
            if due is None or self._now + due > end:
                break
            self._now += due
            self._poll()
        self._now = end
        self._poll()

    def due(self) -> "int | None":
        """Microseconds until the next device has something to do; None: none ever will."""
        waits = [wait for wait in [device.due() for device in self._devices] if wait is not None]
        return min(waits) if waits else None

    def _poll(self) -> None:
        for device in self._devices:
            device.poll()
