"""What AT+CIPSSLC* configure for each link, and the TLS options that follow from it."""

from atsim.net import TlsOptions
from atsim.syntax import Failure

CLIENT_CERTIFICATE, CHECK_SERVER = 1, 2  # bits of AT+CIPSSLCCONF's <auth>
FACTORY = (0, 0, 0)  # <auth>,<pki>,<ca>


class TlsSettings:
    """Owned by a Module. The lists have an element for each link."""

    def __init__(self, module) -> None:
        self._module = module
        self.reset()

    def reset(self) -> None:
        """Forget everything but AT+CIPSSLCCONF, which lives in flash."""
        links = self._module.firmware.links
        self.sni = [""] * links
        self.common_name = [""] * links
        self.alpn = [()] * links
        self.ciphers = [()] * links  # IANA numbers

    def configuration(self, number: int) -> "tuple[int, int, int]":
        """<auth>,<pki>,<ca> of a link."""
        return self._module.settings.get("tls", {}).get(number, FACTORY)

    def configure(self, number: int, auth: int, pki: int, ca: int) -> None:
        """Keep <auth>,<pki>,<ca> of a link."""
        kept = dict(self._module.settings.get("tls", {}))
        kept[number] = (auth, pki, ca)
        self._module.store(tls=kept)

    def options(self, number: int) -> TlsOptions:
        """For a connection made now. Failure when the module is to show a certificate and has
        none (invented: a real module has one from the factory)."""
        auth, pki, ca = self.configuration(number)
        shown = bool(auth & CLIENT_CERTIFICATE)
        options = TlsOptions(
            verify=bool(auth & CHECK_SERVER),
            ca=self._stored("client_ca", ca),
            cert=self._stored("client_cert", pki) if shown else b"",
            key=self._stored("client_key", pki) if shown else b"",
            sni=self.sni[number],
            alpn=self.alpn[number],
            name=self.common_name[number] or self.sni[number],
            ciphers=self.ciphers[number],
            now=self._module.unix_time(),
        )
        if shown and not (options.cert and options.key):
            raise Failure()
        return options

    def _stored(self, namespace: str, index: int) -> bytes:
        return self._module.certificates.get((namespace, "%s.%d" % (namespace, index)), b"")
