# MIT license; Copyright (c) 2026 The atmqtt authors
"""Code that is used once in a while, for which a small board has no room all the time."""

import gc
from sys import modules


def forget(*names):
    """Free modules of this package; they are loaded again when they are next needed.

    Garbage is collected: what is loaded next, and stays, has its place where they were. It would
    else be scattered over the whole heap, and no room in one piece be left.
    """
    package = modules["atmqtt"]
    for name in names:
        module = modules.pop("atmqtt." + name, None)
        if module and hasattr(package, name):  # to ask for it would load it again
            delattr(package, name)
    if hasattr(gc, "mem_free"):  # CPython has no such need, and takes long
        gc.collect()
