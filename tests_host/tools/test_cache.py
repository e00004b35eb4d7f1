"""The cache: entries appear whole, once, or not at all."""

import subprocess
import sys
from pathlib import Path

import pytest

import cache as cache_module

TOOLS = Path(cache_module.__file__).parent


def test_an_entry_is_made_once(cache):
    made = []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "file").write_text("content")

    first = cache_module.entry("thing", make)
    assert cache_module.entry("thing", make) == first == cache / "thing"
    assert (first / "file").read_text() == "content"
    assert len(made) == 1


def test_a_failure_leaves_nothing(cache):
    def fail(folder: Path) -> None:
        (folder / "half").write_text("")
        raise RuntimeError("no network")

    with pytest.raises(RuntimeError, match="no network"):
        cache_module.entry("thing", fail)
    assert [path.name for path in cache.iterdir()] == [".thing.lock"]
    assert cache_module.entry("thing", lambda folder: None).is_dir()


def test_leftovers_of_a_killed_run_are_removed(cache):
    leftover = cache / ".thing.abc.part"
    leftover.mkdir(parents=True)
    cache_module.entry("thing", lambda folder: None)
    assert not leftover.exists()


MAKE_SLOWLY = """
import sys, time, cache
def make(folder):
    print("made")
    (folder / "file").write_text("x")
    time.sleep(0.5)
print((cache.entry("thing", make) / "file").read_text())
"""


def test_of_several_processes_one_makes_it(cache):
    processes = [
        subprocess.Popen(
            (sys.executable, "-c", MAKE_SLOWLY),
            text=True,
            cwd=TOOLS,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(4)
    ]
    outputs = [process.communicate(timeout=30)[0] for process in processes]
    assert sorted(outputs) == ["made\nx\n", "x\n", "x\n", "x\n"]


@pytest.mark.parametrize(
    "settings, expected",
    [
        ({"ATMQTT_CACHE": "/a"}, "/a"),
        ({"XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/b/atmqtt"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/c"}, "/c/.cache/atmqtt"),
        ({"HOME": "/c"}, "/c/.cache/atmqtt"),
    ],
)
def test_where_it_is(monkeypatch, settings, expected):
    for name in ("ATMQTT_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert cache_module.root() == Path(expected)
