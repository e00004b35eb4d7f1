"""Writes package.json, which tells `mpremote mip install` what the library consists of.

python3 tools/package.py
"""

import json
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def package(root: Path = ROOT) -> str:
    """The text that package.json must have: every module of the library, and its version."""
    modules = sorted(path.relative_to(root / "lib") for path in root.glob("lib/atmqtt/**/*.py"))
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    # Sources are relative to package.json, so that any fork, tag or folder installs itself.
    urls = ",\n".join(
        "    " + json.dumps([module.as_posix(), f"lib/{module.as_posix()}"]) for module in modules
    )
    version = json.dumps(project["version"])
    return f'{{\n  "urls": [\n{urls}\n  ],\n  "deps": [],\n  "version": {version}\n}}\n'


if __name__ == "__main__":
    (ROOT / "package.json").write_text(package())
