"""Module time: timers, and tasks written as generators. No clock of its own.

A task yields an int (resume after that many microseconds) or None (resume after every step of
module time, to look again at what it waits for).
"""


class Timer:
    """A call planned for a moment; see Scheduler.later."""

    def __init__(self, when: int, action) -> None:
        self.when = when
        self.action = action
        self.live = True

    def cancel(self) -> None:
        """Do not call."""
        self.live = False


class Task:
    """A running generator. `done` becomes True when it has ended or was cancelled."""

    def __init__(self, scheduler: "Scheduler", generator) -> None:
        self._scheduler = scheduler
        self._generator = generator
        self._timer = None
        self.done = False
        self.polling = False  # it yielded None

    def cancel(self) -> None:
        """End the generator where it waits. Not from within itself."""
        if not self.done:
            self.done = True
            if self._timer is not None:
                self._timer.cancel()
            self._generator.close()

    def step(self) -> None:
        """Run the generator to its next yield."""
        if self.done:
            return
        self.polling = False
        try:
            wait = next(self._generator)
        except StopIteration:
            self.done = True
            return
        if wait is None:
            self.polling = True
        else:
            self._timer = self._scheduler.later(wait, self.step)


class Scheduler:
    """Owned by a Module, which sets `now` and calls run()."""

    def __init__(self) -> None:
        self.now = 0  # microseconds since power was first applied
        self._timers = []  # sorted by time; equal times keep their order
        self._tasks = []

    def later(self, us: int, action) -> Timer:
        """Call action() after `us` microseconds."""
        timer = Timer(self.now + us, action)
        at = len(self._timers)
        while at and self._timers[at - 1].when > timer.when:
            at -= 1
        self._timers.insert(at, timer)
        return timer

    def spawn(self, generator) -> Task:
        """Start a task; its first part runs at once."""
        task = Task(self, generator)
        self._tasks.append(task)
        task.step()
        return task

    def wait_until(self, condition, timeout_us: int):
        """For tasks, with `yield from`: wait for condition(); returns what it returned last."""
        deadline = self.now + timeout_us
        timer = self.later(timeout_us, _nothing)  # so that due() knows of the deadline
        try:
            while True:
                result = condition()
                if result or self.now >= deadline:
                    return result
                yield None
        finally:
            timer.cancel()

    def clear(self) -> None:
        """Forget every timer and task (power cut, reset)."""
        for timer in self._timers:
            timer.live = False
        self._timers = []
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()

    def due(self) -> "int | None":
        """Microseconds to the next timer; None when there is none."""
        while self._timers and not self._timers[0].live:
            self._timers.pop(0)
        return max(0, self._timers[0].when - self.now) if self._timers else None

    def run(self) -> None:
        """Do what is due now, then let polling tasks look again."""
        while self.due() == 0:
            timer = self._timers.pop(0)
            timer.live = False
            timer.action()
        for task in list(self._tasks):
            if task.polling and not task.done:
                task.step()
        self._tasks = [task for task in self._tasks if not task.done]


def _nothing() -> None:
    """A timer's action when only its time matters."""
