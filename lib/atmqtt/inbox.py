# MIT license; Copyright (c) 2026 The atmqtt authors
"""The bounded queue of messages that have come, and the iterator that takes them out of it."""

from .errors import MQTTError
from .park import PARK, Spot


class Inbox(Spot):
    """size: messages kept. policy when full: "drop-oldest" or "drop-newest"; stats counts drops.

    dropped(flags, pid) is called for each, so that the broker does not wait for it for ever.
    waiting: the messages, each (topic, payload, flags of its PUBLISH, packet id).
    """

    def __init__(self, size: int, policy: str, stats: dict, dropped):
        self.waiting: list = []
        self.size = size
        self._oldest = policy == "drop-oldest"
        self.stats = stats
        self.dropped = dropped

    def full(self) -> bool:
        """Would another message push one out?"""
        return len(self.waiting) >= self.size

    def put(self, message: tuple):
        """Add a message. When full, one is dropped, as the policy says."""
        if self.full():
            self.stats["dropped"] += 1
            _, _, flags, pid = self.waiting.pop(0) if self._oldest else message
            self.dropped(flags, pid)
            if not self._oldest:
                return
        self.waiting.append(message)
        if self.task:
            PARK.wake(self)


class Messages:
    """What ``client.messages`` iterates over. Survives reconnects, ends at disconnect()."""

    def __init__(self, client):
        self.client = client

    def __aiter__(self):
        return self

    async def __anext__(self):
        client = self.client
        waiting = client.inbox.waiting
        if client.consuming:
            raise MQTTError("messages has one consumer already")
        client.consuming = True
        try:
            while not waiting:
                if client.ended:
                    raise StopAsyncIteration
                await PARK.at(client.inbox)
        finally:
            client.consuming = False
        topic, payload, flags, pid = waiting.pop(0)
        if flags and flags & 6:
            client.acknowledge(flags, pid)
        return topic, payload, retained(flags)


def retained(flags):
    """What the application is told of the flags."""
    return None if flags is None else bool(flags & 1)  # the module's own MQTT hides it
