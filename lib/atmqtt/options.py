# MIT license; Copyright (c) 2026 The atmqtt authors
"""What an MQTTClient may be asked for, checked before anything is done; CONNECT.

Loaded when needed and forgotten again.
"""

from . import mqtt311
from .mqtt311 import octets
from .quote import plain


def check(engine, require, rx_policy, tx_policy, later):
    """ValueError for what is wrong, NotImplementedError for what is not there yet."""
    if engine not in (None, "native", "packets"):
        raise ValueError('engine: None, "native" or "packets" expected')
    if not isinstance(require, (tuple, list)):
        raise ValueError("require: tuple expected")
    for ability in require:
        if ability not in ("granted", "retained", "qos2"):
            raise ValueError('require: "granted", "retained" or "qos2" expected')
    if rx_policy not in ("drop-oldest", "drop-newest"):
        raise ValueError('rx_policy: "drop-oldest" or "drop-newest" expected')
    if tx_policy != "raise" or any(later):
        raise NotImplementedError("tx_policy, passthrough and on_stream are not there yet")


def check_numbers(max_payload, rx_queue, tx_queue, tx_bytes):
    """ValueError unless all are numbers that make sense."""
    for value in (max_payload, rx_queue, tx_queue, tx_bytes):
        if not isinstance(value, int) or value < 1:
            raise ValueError("max_payload, rx_queue, tx_queue, tx_bytes: at least 1 expected")


def check_tls(tls, what: str = "tls"):
    """None or a TLS; ValueError for anything else."""
    if tls is not None and (isinstance(tls, type) or not hasattr(tls, "prepare")):
        raise ValueError(what + ": a TLS(...) expected")
    return tls


def check_store(store, clean_session):
    """ValueError unless it is None, or behaves like a dict and there is a session to keep."""
    if store is not None:
        if not hasattr(store, "__setitem__"):
            raise ValueError("store: a dict expected")
        if clean_session:
            raise ValueError("store: needs clean_session=False")


def address(host, port, what: str = "host") -> tuple:
    """Host (bytes) and port. ValueError says what is wrong."""
    name = plain(host, what)
    if not name:
        raise ValueError(what + ": empty")
    if not isinstance(port, int) or not 0 < port < 65536:
        raise ValueError("port: 1 to 65535 expected")
    return name, port


def connect(client_id: bytes, username, password, keepalive: int, clean: bool, will=None) -> bytes:
    """CONNECT (3.1). username, password: bytes or None. will: (topic, payload, qos, retain)."""
    flags = 2 if clean else 0
    tail = mqtt311.string(client_id)
    if will:
        topic, payload, qos, retain = will
        flags |= 4 | qos << 3 | (32 if retain else 0)
        tail += mqtt311.string(topic) + mqtt311.string(payload)
    if username is not None:
        flags |= 128
        tail += mqtt311.string(username)
    if password is not None:
        flags |= 64
        tail += mqtt311.string(password)
    head = b"\0\4MQTT\4" + bytes((flags, keepalive >> 8, keepalive & 255))
    body = head + tail
    return b"\x10" + mqtt311.remaining_length(len(body)) + body


def hello(client_id, username, password, keepalive, clean_session, will) -> bytes:
    """The CONNECT packet. ValueError says what is wrong."""
    name = mqtt311.text(client_id, "client_id")
    if not name and not clean_session:
        raise ValueError("client_id: may be empty with clean_session=True only")  # MQTT-3.1.3-7
    if not isinstance(keepalive, int) or not 0 <= keepalive <= 65535:
        raise ValueError("keepalive: 0 to 65535 seconds expected")
    if username is None and password is not None:
        raise ValueError("password: needs a username")  # MQTT-3.1.2-22
    user = None if username is None else mqtt311.text(username, "username")
    secret = None if password is None else octets(password, "password")
    if secret and len(secret) > 65535:
        raise ValueError("password: longer than 65535 bytes")
    if will is not None:
        try:
            topic, payload, qos, retain = will
        except (TypeError, ValueError):
            raise ValueError("will: (topic, payload, qos, retain) expected")
        body = octets(payload, "will payload")
        if len(body) > 65535:
            raise ValueError("will payload: longer than 65535 bytes")
        qos = mqtt311.quality(qos, "will qos")
        will = mqtt311.topic_name(topic, "will topic"), body, qos, retain
    return connect(name, user, secret, keepalive, clean_session, will)
