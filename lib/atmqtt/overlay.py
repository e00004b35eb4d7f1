# MIT license; Copyright (c) 2026 The atmqtt authors
"""Code that is used once in a while, for which a small board has no room all the time."""

from sys import modules


def forget(name: str):
    """Free a module of this package; it is loaded again when it is next needed."""
    module = modules.pop("atmqtt." + name, None)
    package = modules["atmqtt"]
    if module and hasattr(package, name):  # to ask for it would load it again
        delattr(package, name)
