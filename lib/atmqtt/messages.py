# MIT license; Copyright (c) 2026 The atmqtt authors
"""Messages from the inbox to the application: one by one, acknowledged as they are taken."""

from .errors import MQTTError
from .park import PARK


class Messages:
    """What ``client.messages`` iterates over. Survives reconnects, ends at disconnect()."""

    def __init__(self, client):
        self._client = client

    def __aiter__(self):
        return self

    async def __anext__(self):
        client = self._client
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
