# MIT license; Copyright (c) 2026 The atmqtt authors
"""TLS by the module, and how it is told what to check. Loaded when first used.

The certificates are in the module's flash; nothing secret passes the UART.
"""

from .errors import ATError, ATTimeout
from .quote import line, plain, quoted


class TLS:
    """verify: is the server's certificate checked against the module's CA certificate, and its
    name against `sni`? True, False, or which of the module's CA certificates (0..). cert: which
    of its client certificates to present, True: the first, None: none. alpn: protocols to offer,
    at most five. sni: name of the server, None: the host, "": none is sent. ciphers: numbers of
    the cipher suites to offer, none: as the module pleases (ESP-AT since 4.1).

    Firmware that cannot check the name says so by on_event("tls", ...) of the Modem.
    """

    def __init__(self, *, verify=True, cert=None, alpn=(), sni=None, ciphers=()):
        self.ca = _slot(verify, "verify")
        self.cert = _slot(cert, "cert")
        if isinstance(alpn, (str, bytes)) or len(alpn) > 5:
            raise ValueError("alpn: a tuple of at most five expected")
        self.alpn = [plain(name, "alpn") for name in alpn]
        self.sni = None if sni is None else plain(sni, "sni")
        for number in ciphers:
            if not isinstance(number, int) or not 0 < number < 65536:
                raise ValueError("ciphers: numbers of cipher suites expected, such as 0xC02F")
        self.ciphers = tuple(ciphers)

    async def prepare(self, modem, link_id: bytes, host: bytes):
        """Configure the connection that comes next. Raises ATError, ATTimeout, ValueError.

        ValueError: for what this firmware cannot do.
        """
        dialect = modem.dialect
        if not dialect.tls_names and (self.sni or self.alpn or self.ciphers):
            raise ValueError("tls: this firmware has neither sni, alpn nor ciphers")
        if not dialect.tls_slots and (self.ca or self.cert):
            raise ValueError("tls: this firmware has one certificate of each kind")
        commands = self._commands(dialect, link_id, host)
        for command, _ in commands:
            line(command, dialect.line_max)
        if self.ca is not None:
            await self.know_time(modem)
        for command, needed in commands:
            try:
                await modem.channel.run(command, 5000)
            except ATTimeout:
                raise
            except ATError:
                if needed:
                    raise
        if self.ca is not None and not dialect.tls_names:
            modem.event("tls", "the name of the server is not checked")

    def _commands(self, dialect, link_id: bytes, host: bytes) -> list:
        # [(command, is it an error if the module refuses it?)]
        auth = (self.cert is not None) | (self.ca is not None) << 1
        conf = b"AT+CIPSSLCCONF=%s%d" % (link_id, auth)
        if auth and dialect.tls_slots:
            conf += b",%d,%d" % (self.cert or 0, self.ca or 0)
        commands = [(command, False) for command in dialect.tls_setup]
        commands.append((conf, auth > 0))
        if dialect.tls_names:
            name = host if self.sni is None else self.sni
            alpn = b"".join([b"," + quoted(p, "alpn", dialect.escapes) for p in self.alpn])
            ciphers = b"".join([b",0x%04X" % number for number in self.ciphers])
            sni = quoted(name, "sni", dialect.escapes)  # empty: takes back an earlier one
            commands.append((b"AT+CIPSSLCSNI=%s%s" % (link_id, sni), bool(self.sni)))
            if self.ca is not None:
                name = quoted(name or host, "host", dialect.escapes)
                commands.append((b"AT+CIPSSLCCN=%s%s" % (link_id, name), True))
            for word, items, count in (
                (b"ALPN", alpn, len(self.alpn)),
                (b"CIPHER", ciphers, len(self.ciphers)),
            ):  # none: what an earlier connection has set is taken back
                commands.append(
                    (b"AT+CIPSSLC%s=%s%d%s" % (word, link_id, count, items), count > 0)
                )
        return commands

    async def know_time(self, modem):
        """A module that believes it is 1970 finds every certificate not valid yet."""
        from .clock import time

        if not await time(modem):
            await modem.sync_time()


def _slot(value, what: str):
    # True: the first, False or None: none, else a number
    if value is None or value is False:
        return None
    if value is True:
        return 0
    if not isinstance(value, int) or value < 0:
        raise ValueError(what + ": True, False or the number of a certificate expected")
    return value
