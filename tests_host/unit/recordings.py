"""What real ESP-AT said, from tests_host/data/transcripts. See the head of each file there."""

import os

FOLDER = __file__.rpartition("/")[0] + "/../data/transcripts"


def names() -> "list[str]":
    """All recordings."""
    return sorted([name for name in os.listdir(FOLDER) if name.endswith(".txt")])


def _records(name):
    # (">" from the host or "<" from the module, bytes)
    with open(FOLDER + "/" + name) as file:
        text = file.read()
    for record in text.split("\n---\n")[1].split("\n"):
        parts = record.strip().split(" ", 2)
        if len(parts) == 3:
            yield parts[1], eval(parts[2])  # a bytes literal


def module_says(name: str) -> "list[bytes]":
    """What the module said, as the recorder's reads returned it."""
    return [data for side, data in _records(name) if side == "<"]


def exchanges(name: str) -> "list[tuple[bytes, bytes]]":
    """What the host wrote, each with what the module said before the next."""
    exchanged = []
    for side, data in _records(name):
        if side == ">":
            exchanged.append((data, b""))
        elif exchanged:
            written, said = exchanged[-1]
            exchanged[-1] = written, said + data
    return exchanged
