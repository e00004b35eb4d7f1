"""Certificates for the tests: who signed them, for which name, until when.

    from certificates import NAME, Certificates, certificates  # `certificates` is a fixture

Everything is written to files, because mosquitto and paho-mqtt want files.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import trustme

NAME = "broker.test"  # the right server's
OTHER_NAME = "elsewhere.test"
HOST = "127.0.0.1"  # the right server's too, for clients that know no names


@dataclass(frozen=True)
class Credentials:
    """A certificate and its key, PEM files."""

    cert: Path
    key: Path


class Certificates:
    """Two authorities, and what they signed.

    ca, other_ca: the authorities' certificates, PEM files.
    right, expired, wrong_name: servers' credentials, signed by `ca`.
    other: a server's that `other_ca` signed; else as the right one.
    client, other_client: clients', signed by `ca` and by `other_ca`.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        authority, other = trustme.CA(), trustme.CA()
        self.ca = self._write("ca.pem", authority.cert_pem)
        self.other_ca = self._write("other-ca.pem", other.cert_pem)
        yesterday = datetime.now(timezone.utc) - timedelta(days=1)
        self.right = self._issue(authority, "right", NAME, HOST)
        self.expired = self._issue(authority, "expired", NAME, HOST, until=yesterday)
        self.wrong_name = self._issue(authority, "wrong-name", OTHER_NAME)
        self.other = self._issue(other, "other", NAME, HOST)
        self.client = self._issue(authority, "client", "client.test")
        self.other_client = self._issue(other, "other-client", "client.test")

    def _issue(
        self, authority: trustme.CA, file: str, *names: str, until: datetime | None = None
    ) -> Credentials:
        leaf = authority.issue_cert(*names, common_name=names[0], not_after=until)
        return Credentials(
            self._write(file + ".pem", *leaf.cert_chain_pems),
            self._write(file + "-key.pem", leaf.private_key_pem),
        )

    def _write(self, name: str, *blobs: trustme.Blob) -> Path:
        path = self._directory / name
        path.write_bytes(b"".join(blob.bytes() for blob in blobs))
        path.chmod(0o600)
        return path


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Made once for a run."""
    return Certificates(tmp_path_factory.mktemp("certificates"))
