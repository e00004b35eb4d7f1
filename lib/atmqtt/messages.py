# MIT license; Copyright (c) 2026 The atmqtt authors
"""Messages from the inbox to the application: one by one, acknowledged as they are taken."""

from .errors import MQTTError


class Messages:
    """What ``client.messages`` iterates over. Survives reconnects, ends at disconnect()."""

    def __init__(self, client, channel):
        self._client = client
        self._channel = channel

    def __aiter__(self):
        return self

    async def __anext__(self):
        client = self._client
        inbox = client.inbox
        if client.consuming:
            raise MQTTError("messages has one consumer already")
        client.consuming = True
        try:
            while not inbox.count:
                if client.ended:
                    raise StopAsyncIteration
                inbox.arrived.clear()
                await inbox.arrived.wait()
        finally:
            client.consuming = False
        message = inbox.get(0), inbox.get(1), _retained(inbox.get(2))
        client.acknowledge(inbox.get(2), inbox.get(3))
        _remove(inbox, self._channel)
        return message


async def deliver(client, channel, on_message):
    """Hand every message to on_message until disconnect(); acknowledge it after that."""
    inbox = client.inbox
    client.delivering = True
    while inbox.count or not client.ended:
        if inbox.count:
            topic, payload, flags, pid = inbox.get(0), inbox.get(1), inbox.get(2), inbox.get(3)
            _remove(inbox, channel)
            try:
                result = on_message(topic, payload, _retained(flags))
                if hasattr(result, "send"):
                    await result
            except Exception as er:
                client.stats["callback_errors"] += 1
                client.event("on_message", er)
            client.acknowledge(flags, pid)
        else:
            inbox.arrived.clear()
            await inbox.arrived.wait()
    client.delivering = False


def _retained(flags):
    return None if flags is None else bool(flags & 1)  # the module's own MQTT hides it


def _remove(inbox, channel):
    inbox.remove()
    if channel.inlet.held and channel.kick:
        channel.kick()  # there is room now for what waits
