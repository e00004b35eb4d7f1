# MIT license; Copyright (c) 2026 The atmqtt authors
"""Messages from the inbox to on_message. Loaded where there is one."""

from .inbox import retained
from .park import PARK


async def deliver(client, on_message):
    """Hand every message to on_message until disconnect(); acknowledge it after that."""
    waiting = client.inbox.waiting
    client.delivering = True
    while waiting or not client.ended:
        if not waiting:
            await PARK.at(client.inbox)
            continue
        topic, payload, flags, pid = waiting.pop(0)
        try:
            result = on_message(topic, payload, retained(flags))
            if hasattr(result, "send"):
                await result
        except Exception as er:
            client.stats["callback_errors"] += 1
            client.event("on_message", er)
        if flags and flags & 6:
            client.acknowledge(flags, pid)
    client.delivering = False
