# MIT license; Copyright (c) 2026 The atmqtt authors
"""Which engine: the module's own MQTT, or packets that the host makes.

Loaded when needed and forgotten again.
"""

from micropython import const

from .errors import ATError, ATTimeout, MQTTError
from .overlay import forget

_ANSWER_MS = const(5000)  # AT+CMD? brings some 140 lines


class Listed:
    """Looks for names among the lines of AT+CMD?; put in the place of a list of lines."""

    def __init__(self, names: list):
        self.missing = names

    def __len__(self):
        return 0

    def append(self, text: bytes):
        """A line: +CMD:<number>,"AT+NAME",..."""
        for name in self.missing:
            if b'"AT+MQTT%s"' % name in text:
                self.missing.remove(name)
                return


async def why_packets(modem, require, store, max_payload: int, how: tuple):
    """Why the module's own MQTT will not do, str; None: it will. how: the arguments of Plan."""
    dialect = modem.dialect
    if not (modem.has_mqtt and dialect.mqtt_schemes):
        return "the module has no MQTT commands, or none that are known"
    if require:
        return "the module's MQTT cannot do what is required: " + ", ".join(require)
    if store is not None:
        return "the module's MQTT keeps nothing in a store"
    if dialect.send_max and max_payload > (dialect.mqtt_payload_max or max_payload):
        return "the module's MQTT sends %d bytes at most" % dialect.mqtt_payload_max
    try:
        from .configuring import Plan

        asked = Plan(dialect, *how).asked
    except ValueError as er:
        return str(er)
    if asked:
        listed = Listed(asked)
        try:
            await modem.channel.run(b"AT+CMD?", _ANSWER_MS, listed)
        except ATTimeout:
            raise
        except ATError:
            return "the module does not list its commands"
        if listed.missing:
            return "this firmware has no AT+MQTT%s" % listed.missing[0].decode()
    return None


async def choose(client, modem, wish, require, store, limits, how, on_part) -> tuple:
    """A session and the name of its engine. limits: max_payload, tx_queue, tx_bytes.

    Tells on_event("engine", ...) what was chosen, and why. Raises ValueError where the engine
    wished for, or the only one that can reach the broker, will not do; ATTimeout.
    """
    why = None
    most, tx_queue, tx_bytes = limits
    try:
        if wish != "packets":
            why = await why_packets(modem, require, store, 0 if wish else most, how)
    finally:
        forget("configuring", "scheme", "login")
    native = wish == "native" or not (wish or why)
    path = how[4]
    if not native and path is not None:
        raise ValueError(why or "path: only the module's own MQTT speaks WebSocket")
    if native and why:
        raise ValueError(why)
    if not (native or modem.dialect.send_max):
        raise ValueError(why or "packets: this firmware's TCP commands are not known")
    if native:
        from .native import Session

        session = Session(modem, client.inbox, most, tx_queue, tx_bytes, client, path, on_part)
    else:
        from .packets import Session

        session = Session(modem, client.inbox, most, tx_queue, tx_bytes, client, store)
    if not wish:
        client.event("engine", "packets: " + why if why else "native: the module's own MQTT")
    return session, "native" if native else "packets"


async def prepare(client, retry: bool):
    """See MQTTClient.connect. Returns what is still to be awaited, without any of this."""
    if retry:
        raise NotImplementedError("retry")
    if not client._modem.up:
        raise MQTTError("modem.start() comes first")
    if client.connected:
        raise MQTTError("connected already")
    hello, host, port, tls, _ = client._how
    session = client._session
    if not session:
        session, client.engine = await choose(client, client._modem, *client._wish)
        client._session = session
    return session.connect(host, port, hello, client._clean, client._keepalive, tls)
