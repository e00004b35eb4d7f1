"""The bounded queue between the reader and the application."""

import asyncio

from atmqtt.inbox import Inbox
from atmqtt.park import PARK


class Case:
    """An inbox with its counters and what it has dropped."""

    def __init__(self, size, policy="drop-oldest"):
        self.stats = {"dropped": 0}
        self.dropped = []
        self.inbox = Inbox(size, policy, self.stats, lambda flags, pid: self.dropped.append(pid))

    def put(self, *numbers):
        for n in numbers:
            self.inbox.put((b"topic%d" % n, b"payload%d" % n, n, n))

    def take(self):
        return self.inbox.waiting.pop(0)

    def take_all(self):
        taken = []
        while self.inbox.waiting:
            taken.append(self.take()[3])
        return taken


def test_a_message_comes_out_as_it_went_in():
    case = Case(2)
    case.inbox.put((b"a/b", b"xyz", 0x103, 77))
    assert case.take() == (b"a/b", b"xyz", 0x103, 77)
    assert not case.inbox.waiting


def test_in_order_round_and_round():
    case = Case(3)
    taken = []
    for n in range(0, 20, 2):
        case.put(n, n + 1)
        taken += case.take_all()
    assert taken == list(range(20))
    assert case.dropped == []


def test_full():
    case = Case(2)
    assert not case.inbox.full()
    case.put(1)
    assert not case.inbox.full()
    case.put(2)
    assert case.inbox.full()
    case.take()
    assert not case.inbox.full()


def test_when_full_the_oldest_goes():
    case = Case(2)
    case.put(1, 2, 3, 4)
    assert (case.dropped, case.stats["dropped"]) == ([1, 2], 2)
    assert case.take_all() == [3, 4]


def test_when_full_the_newest_goes():
    case = Case(2, "drop-newest")
    case.put(1, 2, 3, 4)
    assert (case.dropped, case.stats["dropped"]) == ([3, 4], 2)
    assert case.take_all() == [1, 2]


def test_room_for_one():
    for policy, left in (("drop-oldest", [2]), ("drop-newest", [1])):
        case = Case(1, policy)
        case.put(1, 2)
        assert case.take_all() == left
        case.put(3)
        assert case.take_all() == [3]


async def test_whoever_waits_is_told():
    case = Case(1)
    told = []

    async def wait():
        await PARK.at(case.inbox)
        told.append(case.take_all())

    task = asyncio.create_task(wait())
    await asyncio.sleep_ms(0)
    await asyncio.sleep_ms(0)
    assert not told
    case.put(1)
    await task
    assert told == [[1]]
