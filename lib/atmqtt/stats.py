# MIT license; Copyright (c) 2026 The atmqtt authors
"""Counters: a dict whose entries can also be read as attributes, ``modem.stats.garbage``."""


class Stats(dict):
    """Made from a dict. AttributeError for a counter that is not there."""

    def __getattr__(self, name: str) -> int:
        if name not in self:
            raise AttributeError(name)
        return self[name]
