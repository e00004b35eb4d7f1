# MIT license; Copyright (c) 2026 The atmqtt authors
"""A session that is kept in the application's store. Loaded where there is one."""


class Keeper:
    """store: dict of bytes. client: is told of what it raises."""

    def __init__(self, store, client):
        self.store = store
        self.client = client

    def keep(self, key: bytes, value):
        """Put into the store; value None: take out.

        A store that fails costs no message while the host runs: reported, not raised.
        """
        try:
            if value is not None:
                self.store[key] = value
            elif key in self.store:
                del self.store[key]
        except OSError as er:
            self.client.event("store", er)
