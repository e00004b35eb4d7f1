"""The scripts for a board and their runner, on the emulated Pico, through mpremote as it is."""

import subprocess
import sys
from pathlib import Path

import pytest

import device_test
from remote import Remote, RemoteError, installed

FAILING = {
    "raises": "raise ValueError('why')",
    "exits": "import sys\nprint('on the way')\nsys.exit(3)",
    "says_nothing": "pass",
    "says_too_much": "print('passed')\nprint('or not')",
    "raises_at_last": "print('passed')\n1/0",
    "hangs": "while True: pass",
}


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (sys.executable, device_test.__file__, *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@pytest.mark.timeout(600)
def test_every_script_passes(port):
    done = run(port)
    assert done.returncode == 0, done.stdout
    print(done.stdout)
    passed = [line.split()[3] for line in done.stdout.splitlines() if line.startswith("ok ")]
    scripts = sorted(path.stem for path in device_test.SCRIPTS.glob("test_*.py"))
    assert [f"test_{name}" for name in passed[:-1]] == scripts
    assert "is there already" in done.stdout


@pytest.mark.timeout(300)
def test_a_failing_script_fails_the_command_however_it_fails(port, tmp_path):
    for name, text in FAILING.items():
        (tmp_path / f"test_{name}.py").write_text(text + "\n")
    (tmp_path / "test_works.py").write_text("print('note')\nprint('passed')\n")
    done = run(port, "--folder", tmp_path, "--limit", "15")
    assert done.returncode == 1, done.stdout
    lines = done.stdout.splitlines()
    failed = [line.split()[3] for line in lines if line.startswith("FAILED ")]
    assert failed == sorted(FAILING), done.stdout
    assert "    ValueError: why" in lines and "    not done after 15 s" in lines
    assert [line.split()[3:] for line in lines if "works" in line] == [["works", "note"]]
    assert lines[-1].startswith(f"FAILED: {len(FAILING)} of {len(FAILING) + 1} scripts")


@pytest.mark.timeout(300)
def test_one_that_promises_a_reset_is_run_again_after_it(port, tmp_path):
    (tmp_path / "test_again.py").write_text(
        "import place, time, machine\n"
        "if place.restarts < 2:\n"
        "    print('resetting'); time.sleep_ms(100); machine.reset()\n"
        "print(place.restarts, place.ssid, place.broker)\nprint('passed')\n"
    )
    done = run(port, "--folder", tmp_path, "again", "--ssid", "here", "--broker", "b:1")
    assert done.returncode == 0 and "2 here b" in done.stdout, done.stdout


@pytest.mark.timeout(300)
def test_files_are_put_in_place_once_and_strangers_go(port):
    board = Remote(port)
    files = {"lib/own/deep/a.py": b"a = 1\n", "lib/own/b.py": b"", "lib/c.py": b"c = 1\n"}
    assert board.install(files, "lib/own")
    assert not board.install(files, "lib/own")
    board.call("fs", "touch", ":lib/own/stranger.py", "+", "fs", "touch", ":lib/other.py")
    files["lib/own/deep/a.py"] = b"a = 2\n"  # no longer than it was
    assert board.install(files, "lib/own")
    look = (
        "import os\nfrom own.deep import a\nprint(a.a, os.listdir('lib/own'), os.listdir('lib'))"
    )
    assert board.call("exec", look).startswith("2 ['b.py', 'deep', 'digest'] ['atmqtt',")
    assert "'other.py'" in board.call("exec", look)
    assert not board.install(files, "lib/own")
    board.call("fs", "rm", ":lib/other.py", ":lib/c.py", "+", "fs", "rm", "-r", ":lib/own")


def test_where_no_board_is_the_command_fails(tmp_path):
    done = run(tmp_path / "nothing")
    assert done.returncode == 1 and "device_test:" in done.stdout
    with pytest.raises(RemoteError):
        Remote(str(tmp_path / "nothing")).call("exec", "pass")


def test_scripts_are_chosen_by_name(tmp_path):
    (tmp_path / "test_a.py").touch()
    (tmp_path / "test_b.py").touch()
    assert device_test.chosen(tmp_path, []) == [tmp_path / "test_a.py", tmp_path / "test_b.py"]
    assert device_test.chosen(tmp_path, ["test_b", "a"])[0] == tmp_path / "test_b.py"
    with pytest.raises(ValueError, match="no script test_c.py"):
        device_test.chosen(tmp_path, ["c"])


def test_what_a_script_needs_is_in_its_docstring(tmp_path):
    script = tmp_path / "test_a.py"
    script.write_text('"""Text.\n\nNeeds: MODULE LOOPBACK\n"""\n')
    assert device_test.needs(script) == ["MODULE", "LOOPBACK"]
    script.write_text("pass\n")
    assert device_test.needs(script) == []


def test_every_wiring_says_what_there_is():
    assert device_test.wirings() == ["pico", "pyboard"]
    for name in device_test.wirings():
        files = device_test.files(name)
        assert {"lib/target_wiring.mpy", "lib/place.mpy", "lib/atmqtt/ring.mpy"} <= set(files)
        assert "lib/atmqtt/digest" in installed(files, "lib/atmqtt")
