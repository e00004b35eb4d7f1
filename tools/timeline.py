"""What several programs do at the same time, as one readable list."""

import re
import time

from rich.console import Console
from rich.text import Text

_STYLES = {
    "demo": "bold",
    "broker": "magenta",
    "client": "green",
    "module": "cyan",
    "mqtt": "bold blue",
    "program": "yellow",
}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class Timeline:
    """Prints events with the seconds since it was made; in colour on a terminal."""

    def __init__(self):
        self._began = time.monotonic()
        self._console = Console(highlight=False, soft_wrap=True)

    @property
    def seconds(self) -> float:
        """How long it has run."""
        return time.monotonic() - self._began

    def show(self, source: str, event: str) -> None:
        """Print one event; control characters in it cannot reach the terminal."""
        event = _CONTROL.sub(lambda found: repr(found[0])[1:-1], event)
        line = Text.assemble(
            (f"{self.seconds:7.3f}  ", "dim"), (f"{source:8} ", _STYLES[source]), event
        )
        self._console.print(line)
