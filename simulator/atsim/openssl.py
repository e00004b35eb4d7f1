"""TLS as a module's settings ask for it, done by Python's ssl. CPython only."""

import socket
import ssl
import tempfile
from typing import Any

from atsim.net import TlsOptions

NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, for which ssl has no name


def wrap(sock: socket.socket, options: TlsOptions) -> ssl.SSLSocket:
    """The socket, ready for do_handshake().

    Raises ssl.SSLError or ValueError for settings that cannot be used, such as broken PEM.
    """
    return _context(options).wrap_socket(
        sock, server_hostname=options.sni or None, do_handshake_on_connect=False
    )


def check(sock: ssl.SSLSocket, options: TlsOptions) -> None:
    """After the handshake: is the server's certificate in its time and the right name's?

    The handshake itself has checked that `options.ca` signed it. Raises ssl.SSLError.
    """
    certificate = sock.getpeercert()
    if not options.verify or certificate is None:
        return
    # The module's own clock decides: one that never learnt the time stands in 1970, where no
    # certificate is valid yet. Only the server's own certificate is looked at.
    not_before, not_after = (
        ssl.cert_time_to_seconds(str(certificate[end])) for end in ("notBefore", "notAfter")
    )
    if not not_before <= options.now <= not_after:
        raise ssl.SSLCertVerificationError("the certificate is not valid now")
    # mbedTLS, which ESP-AT uses, compares with the name it was told, and with none otherwise:
    # it does not know which host the connection was meant for.
    if options.name and not any(_covers(name, options.name) for name in _names(certificate)):
        raise ssl.SSLCertVerificationError("the certificate is for another name")


def _context(options: TlsOptions) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Assumed of ESP-AT 4.1: its ESP-IDF builds mbedTLS without TLS 1.3 unless asked to.
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False  # check() does, which knows of a name that is not the SNI
    context.verify_mode = ssl.CERT_REQUIRED if options.verify else ssl.CERT_NONE
    context.verify_flags |= NO_CHECK_TIME
    if options.ca:
        context.load_verify_locations(cadata=options.ca.decode("ascii"))
    if options.cert:
        with tempfile.NamedTemporaryFile() as pem:  # ssl reads certificates from files only
            pem.write(options.cert + b"\n" + options.key)
            pem.flush()
            context.load_cert_chain(pem.name, password="")  # never ask on the terminal
    if options.alpn:
        context.set_alpn_protocols(list(options.alpn))
    if options.ciphers:
        context.set_ciphers(_cipher_names(context, options.ciphers))
    return context


def _cipher_names(context: ssl.SSLContext, numbers: tuple[int, ...]) -> str:
    """OpenSSL's names for IANA's numbers; those it does not have are left out."""
    context.set_ciphers("ALL")
    names = {cipher["id"] & 0xFFFF: cipher["name"] for cipher in context.get_ciphers()}
    return ":".join(names[number] for number in numbers if number in names)


def _names(certificate: dict[str, Any]) -> list[str]:
    """Whom a certificate is for: its alternative names, the common name where it has none."""
    names = [name for _, name in certificate.get("subjectAltName", ())]
    subject = [field for fields in certificate["subject"] for field in fields]
    return names or [value for kind, value in subject if kind == "commonName"]


def _covers(pattern: str, name: str) -> bool:
    """Names have no case; `*.` stands for one label."""
    pattern, name = pattern.lower(), name.lower()
    return pattern == name or pattern == "*." + name.partition(".")[2]
