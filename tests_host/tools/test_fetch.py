"""Finding and fetching programs, with a small Debian archive in the place of the mirror.

The programs it serves are scripts. They are started by a loader that is a script too, which
checks that the library path leads to the package it depends on.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import debs
import fetch

TOOLS = Path(fetch.__file__).parent
LOADER = """#!/bin/sh
[ "$1" = --library-path ] && [ -e "$2/libneeded.so.1" ] && [ "$3" = --argv0 ] || exit 9
shift 4
exec "$@"
"""
LIBRARY = {
    "lib64/ld-linux.so.2": "-> /lib/the-host-s-own/ld-linux.so.2",
    "usr/lib/thing/ld-linux.so.2": LOADER,
    "usr/lib/thing/libneeded.so.1": "",
}


def interpreter(version: str, bits: int = 64, name: str = "micropython") -> str:
    """The text of a script that answers as that interpreter does when asked what it is."""
    return f"#!/bin/sh\necho {name} {version.replace('.', ' ')} {bits}\n"


@pytest.fixture
def bare(cache, monkeypatch):
    """A host without the programs, whose distribution is the test archive's."""
    for name in ("MICROPYTHON", "MOSQUITTO"):
        monkeypatch.delenv(name, raising=False)
    which = fetch.shutil.which
    monkeypatch.setattr(
        fetch.shutil,
        "which",
        lambda name, *a, **k: (
            None if str(name).endswith(("micropython", "mosquitto")) else which(name, *a, **k)
        ),
    )
    for releases in fetch.RELEASES.values():
        monkeypatch.setitem(releases, "debian", "next")
        monkeypatch.setitem(releases, "ubuntu", "next")
    return cache


@pytest.fixture
def stocked(archive):
    """The archive with MicroPython 1.25 in the next release and mosquitto in the host's."""
    archive.add("libneeded", LIBRARY, release="next")
    archive.add(
        "micropython",
        {"usr/bin/micropython": interpreter("1.25")},
        release="next",
        depends="libneeded",
    )
    archive.add("libneeded", LIBRARY)
    archive.add(
        "mosquitto",
        {"usr/sbin/mosquitto": "#!/bin/sh\necho broker $*\n", "usr/share/doc/mosquitto/big": ""},
        depends="libneeded",
    )
    return archive


def test_micropython_is_fetched_from_another_release(bare, stocked):
    path = fetch.micropython()
    assert path.is_relative_to(bare) and path.name == "micropython"
    answer = subprocess.run((path, "-c", "..."), capture_output=True, text=True, check=True)
    assert answer.stdout == "micropython 1 25 64\n"


def test_one_line_sources_are_understood_too(bare, stocked):
    stocked.use("here.list", f"# comment\ndeb [trusted=yes] copy:{stocked.folder} here main\n")
    assert fetch.micropython().is_relative_to(bare)


def test_the_mirror_is_not_the_one_of_the_updates(bare, stocked):
    other = stocked.folder / "other"
    shutil.copytree(stocked.folder / "dists/here", other / "dists/here-updates")
    release = other / "dists/here-updates/Release"
    release.write_text(release.read_text().replace("name: here", "name: here-updates"))
    stocked.use(
        "both.list", f"deb copy:{other} here-updates main\ndeb copy:{stocked.folder} here main\n"
    )
    assert fetch.micropython().is_relative_to(bare)


def test_no_network(bare, stocked):
    stocked.use("far.list", "deb http://127.0.0.1:9 here main\n")
    with pytest.raises(debs.Unavailable, match="Failed to fetch"):
        fetch.mosquitto()


def test_what_is_cached_needs_no_network(bare, stocked, monkeypatch):
    path = fetch.micropython()
    monkeypatch.setattr(fetch, "Apt", lambda **_: pytest.fail("asked for the network"))
    assert fetch.micropython() == path


def test_mosquitto_is_fetched_from_the_host_s_release_without_documentation(bare, stocked):
    path = fetch.mosquitto()
    answer = subprocess.run((path, "-p", "1"), capture_output=True, text=True, check=True)
    assert answer.stdout == "broker -p 1\n"
    assert not list(path.parent.rglob("big"))


def test_a_fetched_program_can_be_moved(bare, stocked):
    path = fetch.mosquitto()
    moved = path.parent.rename(bare / "a b") / "mosquitto"
    assert subprocess.run((moved, "x"), capture_output=True, text=True).stdout == "broker x\n"


def test_an_unsuitable_fetched_program_is_refused(bare, stocked):
    with pytest.raises(debs.Unavailable, match="not the MicroPython it should be"):
        fetch.micropython(version="1.26")


def test_a_failed_fetch_says_what_to_do_and_leaves_nothing(bare, archive):
    archive.add("other", {"usr/bin/other": ""})
    with pytest.raises(debs.Unavailable, match=r"(?s)Unable to locate.*\$MICROPYTHON"):
        fetch.micropython()
    with pytest.raises(debs.Unavailable, match=r"\$MOSQUITTO"):
        fetch.mosquitto()
    assert not [path for path in bare.iterdir() if not path.name.endswith(".lock")]


def test_an_unreachable_mirror_is_an_error(bare, stocked, tmp_path):
    (tmp_path / "archive/dists").rename(tmp_path / "gone")
    with pytest.raises(debs.Unavailable, match="Failed to fetch"):
        fetch.mosquitto()


def test_a_package_that_is_not_what_was_published_is_refused(bare, stocked, tmp_path):
    with open(tmp_path / "archive/here/mosquitto_1_all.deb", "ab") as file:
        file.write(b"x")
    with pytest.raises(debs.Unavailable, match="(?i)mismatch|unexpected size"):
        fetch.mosquitto()


def test_without_apt(bare, monkeypatch, tmp_path):
    monkeypatch.undo()
    monkeypatch.setenv("ATMQTT_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("MICROPYTHON", raising=False)
    with pytest.raises(debs.Unavailable, match=r"(?s)dpkg not found.*\$MICROPYTHON"):
        fetch.micropython()


def test_the_environment_s_interpreter_comes_first(cache, monkeypatch, program):
    path = program("mine", interpreter("1.24"))
    monkeypatch.setenv("MICROPYTHON", str(path))
    assert fetch.micropython() == path


@pytest.mark.parametrize(
    "text, remark",
    [
        (interpreter("1.23"), "micropython 1.23, 64 bits; wanted: micropython 1.24 or newer"),
        (interpreter("1.25", bits=32), "32 bits; wanted"),
        (interpreter("3.11", name="cpython"), "it is cpython 3.11"),
        ("exit 1\n", "does not answer as MicroPython"),
    ],
)
def test_an_unsuitable_interpreter_is_passed_over(
    bare, stocked, monkeypatch, capsys, program, text, remark
):
    monkeypatch.setenv("MICROPYTHON", str(program("other", text)))
    assert fetch.micropython().is_relative_to(bare)
    assert remark in capsys.readouterr().err


def test_the_command_line_prints_the_path_and_nothing_else(program):
    path = program("broker", "")
    done = subprocess.run(
        (sys.executable, TOOLS / "fetch.py", "mosquitto"),
        text=True,
        env=dict(os.environ, MOSQUITTO=str(path)),
        capture_output=True,
    )
    assert (done.returncode, done.stdout) == (0, f"{path}\n")


def test_the_command_line_reports_failure(tmp_path):
    environment = {"PATH": str(tmp_path), "HOME": str(tmp_path)}
    done = subprocess.run(
        (sys.executable, TOOLS / "fetch.py", "micropython", "--bits", "32"),
        env=environment,
        text=True,
        capture_output=True,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("fetch: no 32-bit MicroPython")


def test_packages_the_host_has_are_not_fetched_again(archive):
    archive.add("libnew", {"usr/lib/libnew.so.1": ""}, depends="dpkg")
    with debs.Apt(missing_only=True) as apt:
        assert [path.name for path in apt.packages(["libnew"])] == ["libnew_1_all.deb"]


def test_unpack_leaves_out(archive, tmp_path):
    archive.add("thing", {"usr/lib/keep": "", "usr/lib/v7/drop": "", "usr/lib/v6/keep": ""})
    debs.unpack(tmp_path / "archive/here/thing_1_all.deb", tmp_path / "out", exclude=["*/v7"])
    assert {
        path.relative_to(tmp_path / "out").as_posix()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    } == {"usr/lib/keep", "usr/lib/v6/keep"}
    with pytest.raises(debs.Unavailable, match="cannot be unpacked"):
        debs.unpack(Path("/dev/null"), tmp_path / "out")
