"""Calls of the library stepped by hand, in time that stands still until the test says so."""

from .task import Task
from .ticks import Clock, Ticks


class ByHand:
    """A context manager; inside it the library's clock is the test's.

    A subclass has `channel`, whose poll() is called, and may add to settle().
    """

    channel = None

    def __init__(self):
        self._clock = Clock()
        self._ticks = Ticks(self._clock.read)
        self._tasks = []

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        self._ticks.restore()

    def settle(self):
        """What happens before each step of the calls."""
        self.channel.poll()

    def go(self, coroutine) -> Task:
        """Start a call of the library."""
        task = Task(coroutine)
        self._tasks.append(task)
        self.turn()
        return task

    def turn(self):
        """Let everything happen that can happen without time passing."""
        for _ in range(3):
            self.settle()
            for task in self._tasks:
                task.step()
        self._tasks = [task for task in self._tasks if not task.done]

    def pass_by(self, ms: int):
        """Let time pass in which nobody polls."""
        self._clock.advance(ms)

    def wait(self, ms: int, step: int = 50):
        """Let time pass."""
        for _ in range(ms // step):
            self._clock.advance(step)
            self.turn()
