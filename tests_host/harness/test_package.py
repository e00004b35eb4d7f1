"""What a user installs is what the tree holds."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def test_package_json_lists_every_module():
    code = "import package; print(package.package(), end='')"
    wanted = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT / "tools",
        capture_output=True,
        text=True,
        check=True,
    )
    assert (ROOT / "package.json").read_text() == wanted.stdout, "run tools/package.py"
    modules = [source for _, source in json.loads(wanted.stdout)["urls"]]
    assert "lib/atmqtt/__init__.py" in modules
    assert all((ROOT / module).is_file() for module in modules)


def test_the_frozen_version_is_the_same():
    (version,) = re.findall(r'version="([^"]+)"', (ROOT / "manifest.py").read_text())
    assert version == VERSION


def test_no_module_is_too_large_to_import_on_a_board():
    # Compiling takes 2.4 times the source in RAM at its peak, beside what runs already.
    large = {
        path.name: path.stat().st_size
        for path in (ROOT / "lib").rglob("*.py")
        if path.stat().st_size > 8192
    }
    assert large == {}
