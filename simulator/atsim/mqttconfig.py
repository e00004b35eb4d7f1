"""What AT+MQTTUSERCFG and the commands behind it configure for the module's own MQTT client."""

from atsim import brokerwire as wire
from atsim.net import TlsOptions

PROTOCOL = b"\x00\x04MQTT\x04"
CLEAN, WILL, RETAIN_WILL, PASSWORD, USER = 0x02, 0x04, 0x20, 0x40, 0x80


class MqttConfig:
    """AT+MQTTUSERCFG's arguments, and defaults for what the other commands set.

    number: the scheme as the host wrote it; scheme: what it means.
    will: (topic, message, qos, retain) or None. keepalive: seconds.
    """

    def __init__(
        self, number: int, scheme, client_id: bytes, user: bytes, password: bytes, path: str
    ) -> None:
        self.number = number
        self.scheme = scheme
        self.client_id = client_id
        self.user = user
        self.password = password
        self.path = path
        self.keepalive = 120
        self.clean = True
        self.will: tuple[bytes, bytes, int, bool] | None = None
        self.alpn: tuple[str, ...] = ()
        self.sni = ""

    def connect_packet(self) -> bytes:
        """The CONNECT that follows from it. An empty user name or password is left out."""
        flags = CLEAN if self.clean else 0
        tail = wire.prefixed(self.client_id)
        if self.will is not None:
            topic, message, qos, retain = self.will
            flags |= WILL | qos << 3 | (RETAIN_WILL if retain else 0)
            tail += wire.prefixed(topic) + wire.prefixed(message)
        for flag, field in ((USER, self.user), (PASSWORD, self.password)):
            if field:
                flags |= flag
                tail += wire.prefixed(field)
        body = PROTOCOL + bytes([flags]) + wire.word(self.keepalive) + tail
        return wire.encode(wire.CONNECT, 0, body)

    def tls_options(self, host: str, certificates: dict, now: int) -> "TlsOptions | None":
        """None without TLS.

        Assumed, as Espressif's TLS client does it: the server is told the host's name, and its
        certificate must be for that, unless AT+MQTTSNI has named another.
        """
        scheme = self.scheme
        if not scheme.tls:
            return None
        numeric = host.replace(".", "").isdigit()
        return TlsOptions(
            verify=bool(scheme.verify),
            ca=stored(certificates, "ca") if scheme.verify else b"",
            cert=stored(certificates, "cert") if scheme.show else b"",
            key=stored(certificates, "key") if scheme.show else b"",
            sni=self.sni or ("" if numeric else host),
            alpn=self.alpn,
            name=self.sni or host,
            now=now,
        )


def stored(certificates: dict, kind: str) -> bytes:
    """The module's "ca", "cert" or "key" for MQTT, as AT+SYSMFG wrote it; empty: none."""
    name = "mqtt_" + kind
    return certificates.get((name, name), b"")
