# MIT license; Copyright (c) 2026 The atmqtt authors
"""UTF-8, checked strictly. Pure. Loaded when the first text comes that is not ASCII."""

from micropython import const

# What must follow these bytes: overlong forms, surrogates (U+D800..DFFF) and what is beyond
# U+10FFFF are no UTF-8, but MicroPython's decode() lets them pass.
_LEADS = const(
    (
        (b"\xc0", 0, 0),
        (b"\xc1", 0, 0),
        (b"\xe0", 0xA0, 0xC0),
        (b"\xed", 0x80, 0xA0),
        (b"\xf0", 0x90, 0xC0),
        (b"\xf4", 0x80, 0x90),
        (b"\xf5", 0, 0),
        (b"\xf6", 0, 0),
        (b"\xf7", 0, 0),
    )
)


def check(raw: bytes):
    """ValueError for what decode() lets pass and is no UTF-8 (MQTT-1.5.3-1)."""
    for lead, low, high in _LEADS:
        i = raw.find(lead)
        while i >= 0:
            if not low <= raw[i + 1] < high:
                raise ValueError
            i = raw.find(lead, i + 1)
