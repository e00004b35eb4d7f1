# MIT license; Copyright (c) 2026 The atmqtt authors
"""Where tasks wait, without allocating: the one file that knows how asyncio works inside.

What is awaited is one object for all, as with asyncio.sleep_ms: it must be awaited at once.
"""

from asyncio import ThreadSafeFlag, core  # pyright: ignore[reportAttributeAccessIssue]

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Any

_END = StopIteration()


def _end():
    _END.__traceback__ = None
    raise _END


class Flag(ThreadSafeFlag):
    """A ThreadSafeFlag to wait for by ``await flag``."""

    def __iter__(self):
        return self

    def __next__(self):
        if self.state:
            self.state = 0
            _end()
        core._io_queue.queue_read(self)


class Spot:
    """What one task can wait for."""

    task: "Any" = None  # that waits

    def remove(self, task):
        """The task has been cancelled."""
        self.task = None


class _Park:
    spot = None  # where the running task is about to park

    def at(self, spot):
        """Await this to wait until wake(spot)."""
        self.spot = spot
        return self

    def __iter__(self):
        return self

    def __next__(self):
        spot = self.spot
        if not spot:
            _end()
        self.spot = None
        spot.task = task = core.cur_task
        task.data = spot  # so that cancel() calls remove()

    def wake(self, spot):
        """Let the task go on that waits there, if one does."""
        task = spot.task
        if task:
            spot.task = None
            core._task_queue.push(task)


PARK: "Any" = _Park()
