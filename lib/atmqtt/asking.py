# MIT license; Copyright (c) 2026 The atmqtt authors
"""SUBSCRIBE and UNSUBSCRIBE: filters, checked, and packets. Loaded when needed, then forgotten."""

from micropython import const

from .errors import MQTTError
from .mqtt311 import remaining_length, string, text

_SUBSCRIBE = const(0x82)
_SUBACK = const(0x90)
_UNSUBSCRIBE = const(0xA2)
_UNSUBACK = const(0xB0)
_REFUSED = const(0x80)
_ANSWER_MS = const(20000)  # for the broker's answer, counted from the call


def topic_filter(value) -> bytes:
    """A filter to subscribe to, as bytes (4.7.1). ValueError says what is wrong with it."""
    raw = text(value, "topic_filter")
    if not raw:
        raise ValueError("topic_filter: empty")
    levels = raw.split(b"/")
    for level in levels:
        if len(level) > 1 and (b"+" in level or b"#" in level):
            raise ValueError("topic_filter: a wildcard must be alone in its level")
    if b"#" in levels[:-1]:
        raise ValueError("topic_filter: # must be the last level")
    return raw


def _packet(first: int, body: bytes) -> bytes:
    return bytes((first,)) + remaining_length(len(body)) + body


def subscribe(pid: int, topic: bytes, qos: int) -> bytes:
    """SUBSCRIBE to one filter (3.8)."""
    return _packet(_SUBSCRIBE, bytes((pid >> 8, pid & 255)) + string(topic) + bytes((qos,)))


def unsubscribe(pid: int, topic: bytes) -> bytes:
    """UNSUBSCRIBE from one filter (3.10)."""
    return _packet(_UNSUBSCRIBE, bytes((pid >> 8, pid & 255)) + string(topic))


async def ask(session, topic: bytes, qos):
    """See Session.subscribe; qos None: unsubscribe."""
    pid = session._new_pid()
    if qos is None:
        request = session._ask(_UNSUBACK, pid, _ANSWER_MS)
        session._link.send(unsubscribe(pid, topic))
    else:
        request = session._ask(_SUBACK, pid, _ANSWER_MS)
        session._link.send(subscribe(pid, topic, qos))
    await session.channel.wait(request)
    granted = request.value()
    if granted == _REFUSED:
        raise MQTTError("broker: subscription refused", granted)
    return granted
