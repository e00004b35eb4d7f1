# MIT license; Copyright (c) 2026 The atmqtt authors
"""What an MQTTClient may be asked for, checked before anything is done."""

from . import mqtt311
from .quote import octets


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
    if engine == "native" or "qos2" in require or tx_policy != "raise" or any(later):
        raise NotImplementedError(
            "engine native, qos2, tx_policy, tls, path, passthrough, store, "
            "on_part, on_stream and on_oversize are not there yet"
        )


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
        qos = mqtt311.quality(qos, what="will qos")
        will = mqtt311.topic_name(topic, "will topic"), body, qos, retain
    return mqtt311.connect(name, user, secret, keepalive, clean_session, will)
