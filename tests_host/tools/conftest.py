"""What the tests of the tools share: the tools themselves, the firmware, a Debian archive."""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"
sys.path.insert(0, str(TOOLS))


@pytest.fixture(scope="session")
def uf2() -> Path:
    """The Pico's firmware; built if this is the first time."""
    from firmware import firmware

    return firmware()


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv("ATMQTT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Archive:
    """A Debian archive in a folder, which apt on this host is made to use."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._index: dict[str, list[str]] = {"here": [], "next": []}
        self._settings = folder / "apt.conf"
        folder.mkdir()
        monkeypatch.setenv("APT_CONFIG", str(self._settings))
        self.use(
            "here.sources", f"Types: deb\nURIs: copy:{folder}\nSuites: here\nComponents: main\n"
        )

    def use(self, name: str, sources: str) -> None:
        """Make this the host's list of sources; the name's ending tells apt its syntax."""
        (self.folder / name).write_text(sources)
        self._settings.write_text(
            f'Dir::Etc::sourcelist "{self.folder / name}";\nDir::Etc::sourceparts "/dev/null";\n'
            'Acquire::AllowInsecureRepositories "true";\nAcquire::Retries::Delay "false";\n'
            'APT::Get::AllowUnauthenticated "true";\n'
        )

    def add(
        self, name: str, files: dict[str, str], release: str = "here", depends: str = ""
    ) -> None:
        """Put a package with these files into a release.

        They are given as path -> text of a script, or "-> target" for a symbolic link.
        """
        tree = self.folder / "build" / release / name
        for path, text in files.items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            if text.startswith("-> "):
                (tree / path).symlink_to(text[3:])
            else:
                (tree / path).write_text(text)
                (tree / path).chmod(0o755)
        control = (
            f"Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: A <a@b.c>\n"
            + (f"Depends: {depends}\n" if depends else "")
            + "Description: test\n"
        )
        (tree / "DEBIAN").mkdir(parents=True)
        (tree / "DEBIAN/control").write_text(control)
        deb = self.folder / release / f"{name}_1_all.deb"
        deb.parent.mkdir(exist_ok=True)
        subprocess.run(
            ("dpkg-deb", "--build", "--root-owner-group", tree, deb),
            check=True,
            capture_output=True,
        )
        data = deb.read_bytes()
        self._index[release].append(
            f"{control}Filename: {release}/{deb.name}\nSize: {len(data)}\n"
            f"SHA256: {hashlib.sha256(data).hexdigest()}\n"
        )
        self._publish()

    def _publish(self) -> None:
        arch = subprocess.run(
            ("dpkg", "--print-architecture"), check=True, capture_output=True, text=True
        ).stdout.strip()
        for release, entries in self._index.items():
            top = self.folder / "dists" / release
            for component in ("main", "universe"):
                packages = top / f"{component}/binary-{arch}/Packages"
                packages.parent.mkdir(parents=True, exist_ok=True)
                packages.write_text("\n".join(entries if component == "main" else []))
            sums = "".join(
                f" {hashlib.sha256(path.read_bytes()).hexdigest()} {path.stat().st_size}"
                f" {path.relative_to(top)}\n"
                for path in sorted(top.rglob("Packages"))
            )
            (top / "Release").write_text(
                f"Origin: Debian\nSuite: {release}\nCodename: {release}\n"
                f"Architectures: {arch}\nComponents: main universe\nSHA256:\n{sums}"
            )


@pytest.fixture
def archive(tmp_path, monkeypatch) -> Archive:
    """An empty Debian archive with the releases ``here`` (the host's) and ``next``."""
    return Archive(tmp_path / "archive", monkeypatch)


@pytest.fixture
def program(tmp_path) -> Callable[[str, str], Path]:
    """Make a shell script: (name, text) -> its path."""

    def make(name: str, text: str) -> Path:
        path = tmp_path / "programs" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(0o755)
        return path

    return make
