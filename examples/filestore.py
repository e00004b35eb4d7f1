"""A dict of bytes in a folder of the flash: one small file for each entry.

What MQTTClient(store=...) needs to finish, after a reset of the board, what it had begun. A file
is written beside the old one and renamed, so that a power failure leaves one of the two.
"""

import os
from errno import EEXIST, ENOENT


class FileStore:
    """folder: where the files are; made if it is not there. Raises OSError: flash full, ..."""

    def __init__(self, folder):
        self._folder = folder
        try:
            os.mkdir(folder)
        except OSError as er:
            if er.errno != EEXIST:
                raise

    def _path(self, key):
        return self._folder + "/" + key.decode()

    def __iter__(self):
        for name in os.listdir(self._folder):
            if not name.endswith("~"):
                yield name.encode()

    def __contains__(self, key):
        return key.decode() in os.listdir(self._folder)

    def __getitem__(self, key):
        try:
            with open(self._path(key), "rb") as file:
                return file.read()
        except OSError as er:
            if er.errno == ENOENT:
                raise KeyError(key)
            raise

    def __setitem__(self, key, value):
        path = self._path(key)
        with open(path + "~", "wb") as file:
            file.write(value)
        os.rename(path + "~", path)

    def __delitem__(self, key):
        os.remove(self._path(key))
