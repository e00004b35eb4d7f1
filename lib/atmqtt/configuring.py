# MIT license; Copyright (c) 2026 The atmqtt authors
"""The lines that configure the module's MQTT client and connect it. Pure.

The order is the module's: each command but the first works in one state only. Loaded when needed
and forgotten again.
"""

from micropython import const

from .login import login
from .quote import line, quoted
from .scheme import options, scheme

_KEEPALIVE_MAX = const(7200)  # seconds
_PATH_MAX = const(32)  # bytes
_FRAME = const(9)  # bytes of AT+MQTT and CR LF
_HOST = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-."


class Plan:
    """dialect: of the module. steps: (line, data to send after its prompt, or None).

    asked: the optional commands among them that this firmware may lack.
    """

    def __init__(self, dialect, hello: bytes, host: bytes, port: int, tls, path):
        """ValueError: this cannot be done by the module's MQTT."""
        self._dialect = dialect
        self.steps = []
        self.asked = []
        client_id, username, password, keepalive, clean, will = login(hello)
        if dialect.mqtt_blank and not client_id:
            raise ValueError("client_id: this firmware needs one")
        number = scheme(dialect, tls, path)
        if path and path.startswith(b"/"):
            path = path[1:]  # the module puts one before it: of "/mqtt" it makes "//mqtt"
        tail = b",%s," % dialect.mqtt_certificates + self._quoted(path or b"", "path", _PATH_MAX)
        fields = [("client_id", b"CLIENTID", client_id, dialect.mqtt_id_max)]
        fields.append(("username", b"USERNAME", username, dialect.mqtt_user_max))
        fields.append(("password", b"PASSWORD", password, dialect.mqtt_user_max))
        self._log_in(number, fields, tail)
        for name, arguments in options(dialect, tls):
            self._optional(name)
            self._add(b"%s=0%s" % (name, arguments))
        self._configure(keepalive, clean, will)
        name = self._quoted(host, "host", dialect.mqtt_host_max)
        if any(c not in _HOST for c in host):
            raise ValueError("host: letters, digits, - and . expected")
        self._add(b"CONN=0,%s,%d,0" % (name, port))

    def _add(self, raw: bytes, data=None):
        self.steps.append((line(b"AT+MQTT" + raw, self._dialect.line_max), data))

    def _optional(self, name: bytes):
        if self._dialect.mqtt_optional is None:
            self.asked.append(name)
        elif not self._may_have(name):
            raise ValueError("this firmware has no AT+MQTT%s" % name.decode())

    def _may_have(self, name: bytes) -> bool:
        known = self._dialect.mqtt_optional
        return known is None or name in known

    def _quoted(self, raw: bytes, what: str, limit: int) -> bytes:
        if len(raw) > (limit or len(raw)):
            raise ValueError("%s: this module's MQTT takes %d bytes" % (what, limit))
        return quoted(raw, what, self._dialect.escapes)

    def _log_in(self, number: int, fields: list, tail: bytes):
        # in one line what fits there; the longest first get commands of their own
        dialect = self._dialect
        blank = self._quoted(dialect.mqtt_blank, "blank", 0)
        texts = []
        for what, _, raw, limit in fields:
            try:
                texts.append(self._quoted(raw or dialect.mqtt_blank, what, limit))
            except ValueError:  # too long, or with bytes that no line can carry
                texts.append(None)
        inline = [blank if text is None else text for text in texts]
        while True:
            raw = b"USERCFG=0,%d,%s" % (number, b",".join(inline) + tail)
            longest = max(inline, key=len)
            if len(raw) + _FRAME <= dialect.line_max or longest == blank:
                break
            inline[inline.index(longest)] = blank
        self._add(raw)
        for i, (what, name, value, _) in enumerate(fields):
            if inline[i] == blank and value and texts[i] != blank:
                self._alone(what, name, value, texts[i])

    def _alone(self, what: str, name: bytes, value: bytes, text):
        dialect = self._dialect
        raw = name + b"=0,%s" % (text or b"")
        if text and len(raw) + _FRAME <= dialect.line_max and self._may_have(name):
            self._optional(name)
            self._add(raw)
        elif len(value) > dialect.mqtt_long_max:
            raise ValueError(what + ": too long for this module's MQTT, or not to be sent to it")
        else:
            self._optional(b"LONG" + name)
            self._add(b"LONG%s=0,%d" % (name, len(value)), (value,))

    def _configure(self, keepalive: int, clean: int, will):
        dialect = self._dialect
        if not (clean or dialect.mqtt_sessions):
            raise ValueError("clean_session: this firmware always sets it")
        if keepalive > _KEEPALIVE_MAX:
            raise ValueError("keepalive: this module's MQTT takes %d s" % _KEEPALIVE_MAX)
        topic, payload, qos, retain = will or (b"", b"", 0, 0)
        if dialect.mqtt_blank and not (topic and payload):
            # this firmware wants a will with all that is configured
            if will or not clean:
                raise ValueError("will: this firmware needs a topic and a payload")
            return  # its own keepalive, 120 s
        self._add(
            b"CONNCFG=0,%d,%d,%s,%s,%d,%d"
            % (
                keepalive,
                not clean,  # "disable clean session"
                self._quoted(topic, "will topic", dialect.mqtt_will_max),
                self._quoted(payload, "will payload", dialect.mqtt_will_max),
                qos,
                retain,
            )
        )
