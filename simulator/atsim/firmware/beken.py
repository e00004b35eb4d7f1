"""Beken's BK7238 as its documents have it. What its source code does otherwise: beken_source.

Known of it: the MQTT commands and their answers; strings stand without quotes, a backslash before
a comma keeps that from ending an argument; lines of 2048 bytes; an empty line behind the echo;
AT+CIPMUX is 1 at first; AT+CIPSTART wants a dotted quad; AT+CIPSEND says nothing about the bytes
it got, and `SEND ERROR` when it fails; AT+MQTTCONN says OK at once and tells of its success or
failure later; reconnections are told, other losses are not.

*Invented*, and where there was a choice the one that is harder for a driver:
- strings may also stand in quotes, as the documents' syntax has it and their examples do not;
- a backslash that is before no comma is itself;
- the number in +MQTTCONN:ERROR is -1; what AT+MQTTCONN? shows without a configuration;
- after a reconnection nothing is subscribed to again;
- messages of any length come whole;
- passive receiving, AT+CIPSSLC* and what Air601 lacks are missing;
- the answer to AT+GMR, Wi-Fi as in ESP-AT, `ready`, `busy p...`.
"""

from atsim import syntax
from atsim.commands import basic, beken, sending, services, tcp, wifi
from atsim.firmware.air601 import MISSING
from atsim.firmware.base import Firmware
from atsim.mqttdialect import MqttDialect, Scheme


def bare(raw: bytes) -> bytes:
    """A string without quotes."""
    return raw.replace(b"\\,", b",")


def bare_or_quoted(raw: bytes) -> "bytes | None":
    """A string with or without quotes, which then are not part of it."""
    if raw[:1] == b'"' and raw[-1:] == b'"' and len(raw) > 1:
        return bare(raw[1:-1])
    return bare(raw)


class MqttBeken(MqttDialect):
    """See the module's text. TLS, with keys instead of certificates, is as any TLS here."""

    schemes = {1: Scheme(), 2: Scheme(tls=True)}
    decode = staticmethod(bare_or_quoted)  # of the strings of AT+MQTT*
    longest_topic = 127
    longest_will_topic = 127
    longest_will = 127
    longest_raw = 512
    longest_host = 64
    longest_client_id = 256
    longest_user = 64  # and password
    buffer = 1 << 20
    patience_us = 5_000_000
    resubscribes = False
    published = b""  # instead of AT+MQTTPUB's OK
    not_published = b""  # ... and ERROR; empty: those
    already_subscribed = b"ALREADY SUBSCRIBE\r\n"
    not_subscribed = b"NO UNSUBSCRIBE\r\n"

    def connected(self, text, again):
        """At first and later."""
        return b"+TCMQTTRECONNECTED\r\n" if again else b"+MQTTCONN:OK\r\n"

    def disconnected(self, before, reconnect):
        """Silent, where nothing follows."""
        if not before:
            return b"+MQTTCONN:ERROR,-1\r\n"
        return b"+TCMQTTRECONNECTING\r\n" if reconnect else b""

    def state(self, client, port: str) -> bytes:
        """AT+MQTTCONN?"""
        number = client.config.number if client.config is not None else min(self.schemes)
        fields = (self.word(client), number, client.host, port, client.reconnect)
        return ("+MQTTCONN:0,%s,%d,%s,%s,%d\r\n" % fields).encode()

    def word(self, client) -> str:
        """Its state."""
        return "connected" if client.online else "disconnect"


class Beken(Firmware):
    """See the module's text."""

    name = "beken"
    version = b"AT version:3.0.0(BK7238)\r\nSDK version:3.0.0\r\n"
    line_limit = 2048
    echo_tail = b"\r\n"
    prompt = b"\r\nOK\r\n>"
    send_limit = 2048  # invented
    send_receipt = b""
    send_failed = b"\r\nSEND ERROR\r\n"
    resolves_names = False
    multiplexed = True
    forced_restart = False
    mqtt = MqttBeken()

    def parse(self, line):
        """Strings may go without quotes."""
        return syntax.parse(line, bare_or_quoted)

    def timing(self):
        """A failed attempt is over with its event."""
        timing = super().timing()
        timing.mqtt_wake = 100_000
        return timing

    def commands(self):
        """ESP-AT's groups but TLS and receiving, less what is MISSING, and its own MQTT."""
        table = {}
        for group in (basic, wifi, tcp, sending, services, beken):
            table.update(group.COMMANDS)
        return {name: table[name] for name in table if name not in MISSING}


FIRMWARE = Beken
