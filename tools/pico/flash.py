"""The filesystem in the Pico's flash: littlefs in the last 1408 KiB of 2 MiB."""

from collections.abc import Mapping
from pathlib import Path

from littlefs import LittleFS

START, END = 0xA0000, 0x200000  # offsets in the flash (ports/rp2/boards/RPI_PICO)
BLOCK_SIZE = 4096
BLOCKS = (END - START) // BLOCK_SIZE

_OLDEST_FORMAT = 0x00020000  # every MicroPython reads it; the first change may upgrade it to 2.1


def _open(mount: bool, disk_version: int = 0) -> LittleFS:
    """A filesystem with the parameters of MicroPython's vfs.VfsLfs2."""
    return LittleFS(
        mount=mount,
        disk_version=disk_version,
        block_size=BLOCK_SIZE,
        block_count=BLOCKS,
        read_size=32,
        prog_size=32,
        lookahead_size=32,
        cache_size=128,
    )


def image(files: Mapping[str, bytes]) -> bytes:
    """A filesystem image holding ``files``: path on the board (``lib/a.py``) -> content."""
    filesystem = _open(mount=True, disk_version=_OLDEST_FORMAT)  # formats it, being empty
    for path, content in sorted(files.items()):
        parent = path.strip("/").rpartition("/")[0]
        if parent:
            filesystem.makedirs(parent, exist_ok=True)
        with filesystem.open(path.strip("/"), "wb") as file:
            file.write(content)
    return bytes(filesystem.context.buffer)


def files(data: bytes) -> dict[str, bytes]:
    """The reverse of `image`: what the filesystem in ``data`` holds."""
    filesystem = _open(mount=False)
    filesystem.context.buffer[:] = data
    filesystem.mount()
    found = {}
    for folder, _, names in filesystem.walk("/"):
        for name in names:
            path = f"{folder.rstrip('/')}/{name}"
            with filesystem.open(path, "rb") as file:
                found[path.lstrip("/")] = file.read()
    return found


def tree(folder: Path, under: str = "") -> dict[str, bytes]:
    """The files in a folder of the host, as `image` takes them, placed in ``under``."""
    prefix = under.strip("/") + "/" if under.strip("/") else ""
    return {
        prefix + path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
