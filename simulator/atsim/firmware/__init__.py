"""Firmwares by name: `load("esp-at")` imports atsim.firmware.esp_at and makes its FIRMWARE."""

NAMES = ("esp-at", "air601")


def load(name: str):
    """The Firmware called `name`. Raises ValueError for a name that is not in NAMES."""
    if name not in NAMES:
        raise ValueError("unknown firmware %r, known: %s" % (name, ", ".join(NAMES)))
    path = "atsim.firmware." + name.replace("-", "_")
    return __import__(path, None, None, ("Firmware",)).FIRMWARE()
