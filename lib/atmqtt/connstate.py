# MIT license; Copyright (c) 2026 The atmqtt authors
"""The answer to AT+MQTTCONN?. Pure."""


def is_connected(lines: list) -> bool:
    """Is the module connected to a broker? Its states 4 to 6 say so; Beken has a word for it."""
    for text in lines:
        if text.startswith(b"+MQTTCONN"):
            return text[12:13] in (b"4", b"5", b"6") or (
                b":connected" in text or b",connected," in text
            )
    return False
