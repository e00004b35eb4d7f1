"""An emulated Pico that mpremote can connect to: module, broker, jumper, the library in flash."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker_fixture import mosquitto

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tools"
PACE = "4"  # the broker, the one who answers in wall time, takes less than a millisecond
sys.path.insert(0, str(TOOLS))


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A filesystem as the runner of the scripts would make it, which takes it a minute."""
    import device_test
    import remote
    from pico import flash

    path = tmp_path_factory.mktemp("pico") / "image"
    files = remote.installed(device_test.files("pico"), device_test.OWN)
    path.write_bytes(flash.image(files))
    return path


@pytest.fixture(scope="session")
def port(image: Path) -> Iterator[str]:
    """The port of a running one."""
    with mosquitto() as broker:
        process = subprocess.Popen(
            (
                *(sys.executable, "-m", "pico", "--console", f"pty:{image.with_name('console')}"),
                *("--flash", image, "--pace", PACE, "--broker", f"{broker.host}:{broker.port}"),
            ),
            env=dict(os.environ, PYTHONPATH=f"{TOOLS}:{ROOT / 'simulator'}"),
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr
        lines = iter(process.stderr.readline, "")
        assert any(line.startswith("console on ") for line in lines), "it did not start"
        yield str(image.with_name("console"))
        process.terminate()
        assert process.wait(30) == 0
