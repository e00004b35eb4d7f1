"""What real ESP-AT said, from tests_host/data/transcripts. See the head of each file there."""

import os

FOLDER = __file__.rpartition("/")[0] + "/../data/transcripts"


def names() -> "list[str]":
    """All recordings."""
    return sorted([name for name in os.listdir(FOLDER) if name.endswith(".txt")])


def module_says(name: str) -> "list[bytes]":
    """What the module said, as the recorder's reads returned it."""
    with open(FOLDER + "/" + name) as file:
        text = file.read()
    said = []
    for record in text.split("\n---\n")[1].split("\n"):
        parts = record.strip().split(" ", 2)
        if len(parts) == 3 and parts[1] == "<":
            said.append(eval(parts[2]))  # a bytes literal
    return said
