"""Stand-in for MicroPython's `machine`: a Pin that remembers its level."""


class Pin:
    """An output or input pin that is connected to nothing."""

    IN = 0
    OUT = 1
    OPEN_DRAIN = 2
    PULL_UP = 1
    PULL_DOWN = 2

    def __init__(self, id, mode: int = -1, pull: int = -1, *, value: "int | None" = None):
        self._id = id
        self._level = 0
        self.init(mode, pull, value=value)

    def init(self, mode: int = -1, pull: int = -1, *, value: "int | None" = None) -> None:
        """Change mode, pull or level; what is left out stays."""
        if mode != -1:
            self.mode = mode
        if pull != -1:
            self.pull = pull
        if value is not None:
            self.value(value)

    def value(self, level: "int | None" = None) -> "int | None":
        """Read the level, or set it."""
        if level is None:
            return self._level
        self._level = 1 if level else 0
        return None

    __call__ = value

    def on(self) -> None:
        """Level 1."""
        self.value(1)

    def off(self) -> None:
        """Level 0."""
        self.value(0)
