"""Packages from the host's own Debian or Ubuntu mirrors, unpacked without being installed.

``apt-get`` and ``dpkg-deb`` do the work with private state folders: no root is needed, nothing
on the host changes, apt still checks every signature. Besides the running release another one
of the same distribution can be named, read from the same mirror.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

# $(...) are apt's own fields, see apt-get(8), "indextargets".
_TARGETS = ("--format", "$(ORIGIN)|$(CODENAME)|$(RELEASE)|$(REPO_URI)", "Created-By: Packages")
_COMPONENTS = {"Debian": "main", "Ubuntu": "main universe"}


class Unavailable(Exception):
    """Something cannot be had on this host; the message says why and what to do instead."""


def _run(*command: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"{command[0]}: {done.stderr.strip() or done.returncode}")
    return done.stdout


class Apt:
    """apt-get with folders of its own, which live as long as the ``with`` block.

    :param release: code name such as ``trixie``; default: the release the host runs.
    :param arch: Debian architecture such as ``i386``; default: the host's.
    :param missing_only: count what the host has installed as present, so that only what it
        lacks is fetched. Otherwise everything is fetched, down to the C library.
    :raises Unavailable: no apt here, no known mirror, or the mirror cannot be reached.
    """

    def __init__(
        self, release: str | None = None, arch: str | None = None, missing_only: bool = False
    ) -> None:
        for program in ("apt-get", "dpkg-deb"):
            if not shutil.which(program):
                raise Unavailable(f"{program} not found: this is not a Debian or Ubuntu system")
        self._release = release
        self._arch = arch
        self._missing_only = missing_only

    def __enter__(self) -> "Apt":
        self._folder = tempfile.TemporaryDirectory(prefix="atmqtt-apt-")
        self._state = Path(self._folder.name)
        try:
            self._set_up()
        except BaseException:
            self._folder.cleanup()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def _set_up(self) -> None:
        for name in ("lists", "archives"):
            (self._state / name / "partial").mkdir(parents=True)
        (self._state / "none-installed").touch()
        self._options = self._private_options()
        self._apt("update")
        if self._release:
            self._change_release(self._release)
            self._apt("update")

    def _private_options(self) -> list[str]:
        settings = {
            "Dir::State": self._state,
            "Dir::State::Lists": self._state / "lists",
            "Dir::Cache": self._state,
            "Dir::Cache::pkgcache": "",
            "Dir::Cache::srcpkgcache": "",
            "Acquire::Languages": "none",
            "Acquire::Retries": 3,
            "APT::Update::Error-Mode": "any",  # an unreachable mirror is an error, no warning
            "APT::Sandbox::User": "root",  # as root, apt's own user could not write in here
            "Debug::NoLocking": 1,  # nobody else uses these folders
        }
        if not self._missing_only:
            settings["Dir::State::status"] = self._state / "none-installed"
        return ["-qq"] + [f"-o{key}={value}" for key, value in settings.items()]

    def _apt(self, *arguments: str | Path, cwd: Path | None = None) -> str:
        return _run("apt-get", *self._options, *arguments, cwd=cwd)

    def _change_release(self, release: str) -> None:
        """Replace the host's sources by one of the same mirror for ``release``."""
        origin, uri = self._mirror()
        keyring = Path(f"/usr/share/keyrings/{origin.lower()}-archive-keyring.gpg")
        signed = f"[signed-by={keyring}] " if keyring.exists() else ""
        target = f"{signed}{uri} {release} {_COMPONENTS[origin]}\n"
        sources = self._state / "sources.list"
        sources.write_text(f"deb {target}deb-src {target}")
        self._options += [f"-oDir::Etc::sourcelist={sources}", "-oDir::Etc::sourceparts=/dev/null"]
        if self._arch:
            self._options += [
                f"-oAPT::Architecture={self._arch}",
                f"-oAPT::Architectures={self._arch}",
            ]

    def _mirror(self) -> tuple[str, str]:
        """(origin, URI) of the host's main archive. apt reads its sources, in either syntax."""
        for line in self._apt("indextargets", *_TARGETS).splitlines():
            origin, codename, release, uri = line.split("|")
            # bookworm-updates, noble-security and the like may be on other mirrors
            if origin in _COMPONENTS and "-" not in codename + release:
                return origin, uri
        raise Unavailable("apt knows no mirror of Debian or Ubuntu")

    def packages(self, names: Iterable[str]) -> list[Path]:
        """Download packages and everything they depend on; return the .deb files."""
        self._apt("install", "--yes", "--no-install-recommends", "--download-only", *names)
        debs = sorted((self._state / "archives").glob("*.deb"))
        if not debs:  # already installed, or a mirror of the kind file: that apt does not copy
            raise Unavailable(f"apt has nothing to download for {' '.join(names)}")
        return debs

    def package(self, name: str) -> Path:
        """Download one package without what it depends on; return the .deb file."""
        self._apt("download", name, cwd=self._state)
        return next(self._state.glob(f"{name}_*.deb"))

    def source(self, name: str) -> Path:
        """Download a source package; return its original archive as published upstream."""
        self._apt("source", "--download-only", name, cwd=self._state)
        return next(
            path
            for path in sorted(self._state.glob(f"{name}_*.orig.tar.*"))
            if path.suffix != ".asc"
        )


def unpack(deb: Path, into: Path, *members: str, exclude: Iterable[str] = ()) -> None:
    """Unpack a .deb file: all of it or the named ``members``, without what ``exclude`` matches.

    Both are tar patterns relative to the file system's root, such as ``./usr/share``.
    """
    into.mkdir(parents=True, exist_ok=True)
    options = [f"--exclude={pattern}" for pattern in exclude]
    with subprocess.Popen(("dpkg-deb", "--fsys-tarfile", deb), stdout=subprocess.PIPE) as reader:
        done = subprocess.run(
            ("tar", "-x", "-C", into, "--wildcards", *options, *members),
            stdin=reader.stdout,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode or reader.returncode:
        raise Unavailable(f"{deb.name} cannot be unpacked: {done.stderr.strip()}")


def native_arch() -> str:
    """The host's architecture in Debian's words, such as ``amd64``."""
    if not shutil.which("dpkg"):
        raise Unavailable("dpkg not found: this is not a Debian or Ubuntu system")
    return _run("dpkg", "--print-architecture").strip()
