# MIT license; Copyright (c) 2026 The atmqtt authors
"""Messages that have come and are not taken yet: a bounded queue."""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Any


class Inbox:
    """size: messages kept. policy when full: "drop-oldest" or "drop-newest"; stats counts drops.

    dropped(flags, pid) is called for each, so that the broker does not wait for it for ever.
    """

    def __init__(self, size: int, policy: str, stats: dict, dropped):
        self._slots: list = [None] * (4 * size)
        self._first = 0
        self._oldest = policy == "drop-oldest"
        self._stats = stats
        self._dropped = dropped
        self.size = size
        self.count = 0
        self.arrived: Any = None  # an asyncio.Event for who waits for a message

    def full(self) -> bool:
        """Would another message push one out?"""
        return self.count == self.size

    def put(self, topic: bytes, payload: bytes, flags: int, pid: int):
        """Add a message. flags: of its PUBLISH. When full, one is dropped, as the policy says."""
        if self.count == self.size:
            self._stats["dropped"] += 1
            if not self._oldest:
                return self._dropped(flags, pid)
            self._dropped(self.get(2), self.get(3))
            self.remove()
        slots = self._slots
        i = (self._first + self.count) % self.size * 4
        slots[i] = topic
        slots[i + 1] = payload
        slots[i + 2] = flags
        slots[i + 3] = pid
        self.count += 1
        if self.arrived:
            self.arrived.set()

    def get(self, what: int):
        """Of the oldest message: 0 topic, 1 payload, 2 flags, 3 packet id."""
        return self._slots[self._first * 4 + what]

    def remove(self):
        """Take the oldest message out."""
        i = self._first * 4
        slots = self._slots
        slots[i] = slots[i + 1] = None
        self._first = (self._first + 1) % self.size
        self.count -= 1
