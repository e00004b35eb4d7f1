# MIT license; Copyright (c) 2026 The atmqtt authors
"""Messages from the inbox to the application: one by one, acknowledged as they are taken."""

from .errors import MQTTError
from .request import Request


async def _next(client, channel):
    # (topic, payload, flags, packet id) of the next message; None after disconnect()
    inbox = client.inbox
    while not inbox.count:
        if client.ended:
            return None
        if inbox.request and not inbox.request.done:
            raise MQTTError("messages has one consumer already")
        inbox.request = Request()
        try:
            await channel.wait(inbox.request)
        finally:
            inbox.request = None
    message = inbox.get(0), inbox.get(1), inbox.get(2), inbox.get(3)
    inbox.remove()
    if channel.inlet.held and channel.kick:
        channel.kick()  # there is room now for what waits
    return message


class Messages:
    """What ``client.messages`` iterates over. Survives reconnects, ends at disconnect()."""

    def __init__(self, client, channel):
        self._client = client
        self._channel = channel

    def __aiter__(self):
        return self

    async def __anext__(self):
        message = await _next(self._client, self._channel)
        if message is None:
            raise StopAsyncIteration
        topic, payload, flags, pid = message
        self._client.acknowledge(flags, pid)
        return topic, payload, bool(flags & 1)


async def deliver(client, channel, on_message):
    """Hand every message to on_message until disconnect(); acknowledge it after that."""
    message = await _next(client, channel)
    while message:
        topic, payload, flags, pid = message
        try:
            result = on_message(topic, payload, bool(flags & 1))
            if hasattr(result, "send"):
                await result
        except Exception as er:
            client.stats["callback_errors"] += 1
            client.event("on_message", er)
        client.acknowledge(flags, pid)
        message = await _next(client, channel)
    client.delivering = False
