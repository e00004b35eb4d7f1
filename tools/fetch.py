"""Find the programs the tests and the demo run, or fetch them without root.

``python3 tools/fetch.py micropython`` and ``python3 tools/fetch.py mosquitto`` print the path
of a runnable program, and nothing else, on standard output. Needs no package outside Python's
standard library, because it runs before anything is set up.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import cache
import wrapper
from debs import Apt, Unavailable, native_arch, unpack

OLDEST = (1, 24)  # the first release with micropython.RingIO and UART.irq on the RP2040
RELEASES = {  # where each MicroPython release is packaged: distribution -> release
    "1.25": {"debian": "trixie", "ubuntu": "questing"},
    "1.26": {"debian": "forky", "ubuntu": "resolute"},
}
_ARCH_32 = {"amd64": "i386", "arm64": "armhf"}  # what the same processor also runs
_DOCUMENTATION = ("./usr/share/doc", "./usr/share/man", "./usr/share/locale")


def micropython(bits: int = 64, version: str | None = None) -> Path:
    """A MicroPython unix port: ``$MICROPYTHON``, the one on PATH, else a fetched one.

    :param bits: 64, or 32 for a heap laid out as on a microcontroller.
    :param version: a key of ``RELEASES``; default: whatever is there and at least ``OLDEST``.
    :raises Unavailable: there is none and none can be fetched.
    """
    for candidate in (os.environ.get("MICROPYTHON"), shutil.which("micropython")):
        if candidate and _suits(candidate, bits, version):
            return Path(candidate).absolute()
    wanted = version or "1.25"
    try:
        arch = native_arch() if bits == 64 else _ARCH_32[native_arch()]
        folder = _fetch(
            f"micropython-{wanted}-{arch}",
            "usr/bin/micropython",
            partial(Apt, release=release_with(wanted), arch=arch),
        )
    except (Unavailable, KeyError) as error:
        raise Unavailable(
            f"no {bits}-bit MicroPython {wanted} here and none can be fetched: {error}\n"
            "Install it, or build its unix port, and name the program in $MICROPYTHON."
        ) from error
    program = folder / "micropython"
    if not _suits(program, bits, wanted):
        raise Unavailable(f"{program} is not the MicroPython it should be: delete {folder}")
    return program


def mosquitto() -> Path:
    """The mosquitto broker: ``$MOSQUITTO``, an installed one, else a fetched one.

    :raises Unavailable: there is none and none can be fetched.
    """
    # Debian keeps it in /usr/sbin, which a normal user's PATH often lacks.
    for candidate in (os.environ.get("MOSQUITTO"), "mosquitto", "/usr/sbin/mosquitto"):
        program = candidate and shutil.which(candidate)
        if program:
            return Path(program).absolute()
    try:
        return _fetch("mosquitto", "usr/sbin/mosquitto", Apt) / "mosquitto"
    except Unavailable as error:
        raise Unavailable(
            f"no mosquitto here and none can be fetched: {error}\n"
            "Install mosquitto, or name the program in $MOSQUITTO."
        ) from error


def _suits(program: str | Path, bits: int, version: str | None) -> bool:
    """True if it runs and is the MicroPython wanted; otherwise say on standard error why not."""
    ask = (
        "import sys; i = sys.implementation; "
        "print(i[0], i[1][0], i[1][1], 64 if sys.maxsize >> 32 else 32)"
    )
    try:
        answer = subprocess.run([program, "-c", ask], capture_output=True, text=True, check=True)
        name, major, minor, has_bits = answer.stdout.split()
    except (OSError, subprocess.CalledProcessError, ValueError) as error:
        print(f"{program}: not used, it does not answer as MicroPython: {error}", file=sys.stderr)
        return False
    new_enough = (
        (int(major), int(minor)) >= OLDEST if version is None else version == f"{major}.{minor}"
    )
    if name == "micropython" and new_enough and int(has_bits) == bits:
        return True
    wanted = version or ".".join(map(str, OLDEST)) + " or newer"
    print(
        f"{program}: not used, it is {name} {major}.{minor}, {has_bits} bits; "
        f"wanted: micropython {wanted}, {bits} bits",
        file=sys.stderr,
    )
    return False


def release_with(version: str) -> str:
    """The release of the host's distribution that has this MicroPython."""
    facts = {}
    for line in Path("/etc/os-release").read_text().splitlines():
        key, _, value = line.partition("=")
        facts[key] = value.strip('"').split()
    for distribution in facts.get("ID", []) + facts.get("ID_LIKE", []):
        if distribution in RELEASES[version]:
            return RELEASES[version][distribution]
    raise Unavailable("this is neither Debian nor Ubuntu")


def _fetch(name: str, program: str, apt: Callable[[], Apt]) -> Path:
    """The cache entry ``name`` with ``program``, its libraries and a script that starts it."""

    def make(folder: Path) -> None:
        began = time.monotonic()
        print(f"fetching {name} ...", file=sys.stderr)
        with apt() as archive:
            for deb in archive.packages([Path(program).name]):
                unpack(deb, folder, exclude=_DOCUMENTATION)
        wrapper.write(folder, program)
        print(f"fetched {name} in {time.monotonic() - began:.0f} s", file=sys.stderr)

    return cache.entry(name, make)


def main(arguments: Iterable[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    programs = parser.add_subparsers(dest="program", required=True)
    interpreter = programs.add_parser("micropython", help="MicroPython's unix port")
    interpreter.add_argument("--bits", type=int, choices=(32, 64), default=64)
    interpreter.add_argument("--version", choices=sorted(RELEASES))
    programs.add_parser("mosquitto", help="the mosquitto MQTT broker")
    options = parser.parse_args(list(arguments) if arguments is not None else None)
    try:
        if options.program == "micropython":
            print(micropython(options.bits, options.version))
        else:
            print(mosquitto())
    except Unavailable as error:
        print(f"fetch: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
