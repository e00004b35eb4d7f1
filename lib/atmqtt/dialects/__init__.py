# MIT license; Copyright (c) 2026 The atmqtt authors
"""What differs between module firmwares, as data; one file each, loaded after detection."""


def load(name: str):
    """The dialect of that name, e.g. "esp-at". ValueError if there is none."""
    try:
        return __import__("atmqtt.dialects." + name.replace("-", "_"), None, None, ("*",))
    except ImportError:
        raise ValueError("dialect: there is no " + name)
