# MIT license; Copyright (c) 2026 The atmqtt authors
"""What the application is told: callbacks that may raise anything, printable text, counters."""


def tell(function, what, detail, stats: dict, counter: str):
    """Call function(what, detail), if there is one.

    Returns what it raised, which is counted in stats[counter]; None if it raised nothing.
    """
    if function:
        try:
            function(what, detail)
        except Exception as er:  # whatever it is: it is the application's
            stats[counter] += 1
            return er


def printable(raw) -> str:
    """What the module printed as a str, whatever bytes it holds."""
    # not by chr(): MicroPython keeps a string of one character for ever
    return bytes([c if 32 <= c < 127 else 0x3F for c in raw]).decode()


class Stats(dict):
    """Made from a dict. AttributeError for a counter that is not there."""

    def __getattr__(self, name: str) -> int:
        if name not in self:
            raise AttributeError(name)
        return self[name]
