"""The host side as a pseudo terminal with a link to it under a name of the user's choice."""

import os
import pty
import select
import tty


class PtyEnd:
    """A raw pty; `path` becomes a symbolic link to it (a stale link is replaced).

    Raises FileExistsError when something else is at `path`, OSError as os.symlink does.
    """

    def __init__(self, path: str) -> None:
        if os.path.lexists(path) and not os.path.islink(path):
            raise FileExistsError("%s exists and is not a link" % path)
        self._master, slave = pty.openpty()
        try:
            tty.setraw(slave)
            self._device = os.ttyname(slave)
        finally:
            os.close(slave)  # so that a missing host shows as a hang-up
        os.set_blocking(self._master, False)
        if os.path.islink(path):
            os.unlink(path)
        os.symlink(self._device, path)
        self._path = path

    @property
    def name(self) -> str:
        """What the start-up line calls it."""
        return "pty:%s" % self._path

    def selectables(self) -> list[int]:
        """Nothing while no host has the pty open: a hang-up would wake the selector for ever."""
        return [self._master] if self._attached() else []

    def read(self, limit: int) -> bytes:
        """See wallclock.End."""
        try:
            return os.read(self._master, limit)
        except OSError:  # nothing there (EAGAIN), or no host (EIO)
            return b""

    def write(self, data: bytes) -> int:
        """See wallclock.End."""
        if not self._attached():
            return len(data)
        try:
            return os.write(self._master, data)
        except BlockingIOError:
            return 0

    def close(self) -> None:
        """Remove the link as well."""
        os.close(self._master)
        if os.path.islink(self._path) and os.readlink(self._path) == self._device:
            os.unlink(self._path)

    def _attached(self) -> bool:
        poll = select.poll()
        poll.register(self._master, select.POLLIN)
        return not any(event & select.POLLHUP for _, event in poll.poll(0))
