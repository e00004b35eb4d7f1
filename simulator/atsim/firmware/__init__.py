"""Firmwares by name: `load("esp-at-2.1")` imports atsim.firmware.esp_at_2_1 and makes its
FIRMWARE."""

NAMES = (
    "esp-at",
    "esp-at-2.1",
    "esp-at-2.2",
    "esp-at-2.4",
    "air601",
    "beken",
    "beken-source",
    "ln882h",
    "nonos",
    "w800",
)


def load(name: str):
    """The Firmware called `name`. Raises ValueError for a name that is not in NAMES."""
    if name not in NAMES:
        raise ValueError("unknown firmware %r, known: %s" % (name, ", ".join(NAMES)))
    path = "atsim.firmware." + name.replace("-", "_").replace(".", "_")
    return __import__(path, None, None, ("Firmware",)).FIRMWARE()
