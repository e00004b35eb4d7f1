# MIT license; Copyright (c) 2026 The atmqtt authors
"""A CONNECT packet, read back: it is how a client remembers what it connects with. Pure."""


def login(hello: bytes) -> tuple:
    """client_id, username, password, keepalive (s), clean, will: None or (topic, payload, qos,
    retain) of a CONNECT packet (3.1). What is not there is empty.
    """
    at = 2
    while hello[at - 1] & 128:
        at += 1  # the length takes up to four bytes
    flags = hello[at + 7]
    keepalive = hello[at + 8] << 8 | hello[at + 9]
    at += 10
    strings = []
    while at < len(hello):
        end = at + 2 + (hello[at] << 8 | hello[at + 1])
        strings.append(hello[at + 2 : end])
        at = end
    client_id = strings.pop(0)
    will = None
    if flags & 4:
        will = strings.pop(0), strings.pop(0), flags >> 3 & 3, flags >> 5 & 1
    username = strings.pop(0) if flags & 128 else b""
    password = strings.pop(0) if flags & 64 else b""
    return client_id, username, password, keepalive, flags >> 1 & 1, will
