# MIT license; Copyright (c) 2026 The atmqtt authors
"""How the module's MQTT reaches the broker: TCP or TLS, with or without a WebSocket. Pure.

ESP-AT numbers the ways from 1: TCP; TLS with nothing checked, the server checked, a certificate
of the client, both; then the same five over a WebSocket.
"""

from .quote import quoted


def scheme(dialect, tls, path) -> int:
    """The number of the way. ValueError: this firmware has none such."""
    number = 0
    if tls:
        if tls.ca or tls.cert:
            raise ValueError("tls: the module's MQTT has one certificate of each kind")
        if tls.ciphers or tls.sni == b"":
            raise ValueError("tls: the module's MQTT can neither choose ciphers nor leave out sni")
        number = 1 + (tls.ca is not None) + 2 * (tls.cert is not None)
    if path is not None:
        number += 5
    if number not in dialect.mqtt_schemes:
        raise ValueError("this firmware's MQTT has no such tls and path")
    return number + dialect.mqtt_tcp


def options(dialect, tls) -> list:
    """[(name, arguments)] of the commands that TLS needs before the connection is configured."""
    commands = []
    if tls and tls.alpn:
        names = [b"," + quoted(name, "alpn", dialect.escapes) for name in tls.alpn]
        commands.append((b"ALPN", b",%d%s" % (len(names), b"".join(names))))
    if tls and tls.sni:
        commands.append((b"SNI", b"," + quoted(tls.sni, "sni", dialect.escapes)))
    return commands
