"""A session that outlives the host: a Bench with the same store is the host after a reset."""

from atmqtt.errors import MQTTError
from plain import raises
from rig.fakelink import CONNACK, Bench

PRESENT = b"\x20\x02\x01\0"
PUBACK = b"\x40\x02"
PUBREC = b"\x50\x02"
PUBREL = b"\x62\x02"
PUBCOMP = b"\x70\x02"
ID1 = b"\0\x01"
ID2 = b"\0\x02"
ID3 = b"\0\x03"


class Store:
    """The least that a store must be. full: it takes nothing. stuck: it lets nothing go.

    written: keys, in the order in which they were set.
    """

    def __init__(self):
        self.content = {}
        self.full = self.stuck = False
        self.written = []

    def __getitem__(self, key):
        return self.content[_checked(key)]

    def __setitem__(self, key, value):
        if self.full:
            raise OSError(28)
        self.content[_checked(key)] = _checked(value)
        self.written.append(key)

    def __delitem__(self, key):
        if self.stuck:
            raise OSError(5)
        del self.content[_checked(key)]

    def __iter__(self):
        return iter(sorted(self.content, reverse=True))  # an order that means nothing

    def __contains__(self, key):
        return _checked(key) in self.content


def _checked(value):
    assert type(value) is bytes
    return value


def packet(first, pid, payload=b"x"):
    return bytes((first, 5 + len(payload))) + b"\0\x01t" + pid + payload


def resume(bench, connack=PRESENT):
    return bench.connect(clean=False, connack=connack)


def reset(store, connack=PRESENT):
    """What the host sends first after a reset."""
    with Bench(store=store) as bench:
        resume(bench, connack).result()
        return bench.link.sent


def test_reset_after_each_step():
    for qos, answers, again in (
        (1, (), [packet(0x3A, ID1)]),
        (2, (), [packet(0x3C, ID1)]),
        (2, (PUBREC + ID1,), [PUBREL + ID1]),
        (1, (PUBACK + ID1,), []),
        (2, (PUBREC + ID1, PUBCOMP + ID1), []),
    ):
        for store in ({}, Store()):
            with Bench(store=store) as bench:
                resume(bench, CONNACK)
                bench.publish(qos=qos)
                bench.receive(*answers)
            assert len(list(store)) == len(again)
            assert reset(store) == again
            assert reset(store) == again  # and after another one


def test_a_flow_is_finished_after_a_reset():
    store = Store()
    with Bench(store=store) as bench:
        resume(bench, CONNACK)
        bench.publish(b"one", 2)
        bench.publish(b"two", 1)
    with Bench(store=store) as bench:
        resume(bench)
        bench.receive(PUBREC + ID1, PUBCOMP + ID1, PUBACK + ID2)
        assert bench.link.sent[2:] == [PUBREL + ID1]
        assert bench.stats["unexpected"] == 0
    assert store.content == {}


def test_nothing_is_stored_for_qos_0():
    with Bench(store=Store()) as bench:
        resume(bench, CONNACK)
        bench.publish(qos=0).result()
        bench.receive(b"\x30\x04\0\x01tx", b"\x32\x06\0\x01t\0\x01x")
        bench.take(2)
        assert bench.session.store.written == []


def test_stored_before_it_is_sent():
    with Bench(store=Store()) as bench:
        resume(bench, CONNACK)
        send = bench.link.send

        def note(*parts):
            assert len(bench.session.store.content) == 1
            return send(*parts)

        bench.link.send = note
        bench.publish()
        assert bench.link.sent == [packet(0x32, ID1)]


def test_buffers_of_the_application():
    """What is stored is bytes, whatever was published."""
    for payload in (bytearray(b"abcdef"), memoryview(b"abcdef")):
        store = Store()
        with Bench(store=store) as bench:
            resume(bench, CONNACK)
            bench.publish(payload, 2)
        assert reset(store) == [packet(0x3C, ID1, b"abcdef")]


def test_values_may_be_read_as_any_kind_of_bytes():
    """A file or a flash driver may bring bytearrays."""
    store = {}
    with Bench(store=store) as bench:
        resume(bench, CONNACK)
        bench.publish(b"a", 2)
        bench.publish(b"b", 2)
        bench.receive(PUBREC + ID1)
    for key in store:
        store[key] = bytearray(store[key])
    assert reset(store) == [packet(0x3C, ID2, b"b"), PUBREL + ID1]


def test_the_order_is_kept():
    """Dicts of MicroPython have none."""
    store = Store()
    with Bench(tx_queue=40, store=store) as bench:
        resume(bench, CONNACK)
        bench.session.pid = 65520
        pids = [n % 65535 + 1 for n in range(65520, 65560)]
        pids = [bytes((pid >> 8, pid & 255)) for pid in pids]
        for pid in pids:
            bench.publish(pid, 2)
            assert bench.link.sent[-1] == packet(0x34, pid, pid)
        for pid in (pids[30], pids[7]):
            bench.receive(PUBREC + pid)
        bench.publish(b"last", 1, deadline_ms=1)
    expected = [packet(0x3C, pid, pid) for pid in pids if pid not in (pids[30], pids[7])]
    expected += [PUBREL + pids[30], PUBREL + pids[7]]
    assert reset(store) == expected


def test_the_order_of_before_and_after_a_reset():
    store = Store()
    for n in range(4):
        with Bench(store=store) as bench:
            resume(bench, PRESENT if n else CONNACK)
            bench.publish(b"%d" % n, 1)
    payloads = [bytes((data[-1],)) for data in reset(store)]
    assert payloads == [b"0", b"1", b"2", b"3"]


def test_ids_in_the_store_are_not_given_again():
    store = Store()
    with Bench(store=store) as bench:
        resume(bench, CONNACK)
        bench.publish(b"a", 2)
        bench.publish(b"b", 1)
        bench.receive(PUBREC + ID1)
    with Bench(store=store) as bench:
        resume(bench)
        bench.publish(b"c", 1)
        assert bench.link.sent[-1] == packet(0x32, ID3, b"c")


def test_what_is_in_the_store_counts_for_tx_queue():
    store = Store()
    with Bench(tx_queue=2, store=store) as bench:
        resume(bench, CONNACK)
        bench.publish(b"a", 2)
        bench.publish(b"b", 1)
    with Bench(tx_queue=2, store=store) as bench:
        resume(bench)
        raises(MQTTError, "tx_queue", bench.publish().result)
        bench.receive(PUBACK + ID2)
        assert not bench.publish().done


def test_what_is_in_the_store_counts_for_tx_bytes():
    store = Store()
    with Bench(tx_bytes=100, store=store) as bench:
        resume(bench, CONNACK)
        bench.publish(bytes(80), 2)
    with Bench(tx_bytes=100, store=store) as bench:
        resume(bench)
        raises(MQTTError, "tx_bytes", bench.publish(bytes(40)).result)
        bench.receive(PUBREC + ID1)
        assert not bench.publish(bytes(40)).done


def test_taken_back_is_taken_out():
    store = Store()
    with Bench(store=store) as bench:
        resume(bench, CONNACK)
        bench.link.stalled = True
        task = bench.publish(qos=2, deadline_ms=100)
        assert len(store.content) == 1
        bench.lose()
        bench.wait(100)
        raises(MQTTError, "no answer in time", task.result)
    assert store.content == {}


def test_a_session_the_broker_has_lost():
    """All is taken out, and reported: nobody waits after a reset."""
    store = Store()
    with Bench(store=store) as bench:
        resume(bench, CONNACK)
        for payload in (b"a", b"b", b"c"):
            bench.publish(payload, 2)
        bench.receive(PUBREC + ID2, packet(0x34, ID1), packet(0x34, ID2))
        bench.take(2)
    assert len(store.content) == 5
    with Bench(store=store) as bench:
        resume(bench, CONNACK)
        assert store.content == {}
        assert bench.link.sent == []
        assert bench.client.events == [("forgotten", 3)]
        assert bench.stats["dropped"] == 3
        bench.receive(packet(0x34, ID1, b"new"))
        assert bench.take() == [b"new"]


def test_a_clean_session_empties_it():
    store = Store()
    with Bench(store=store) as bench:
        resume(bench, CONNACK)
        bench.publish(qos=2)
        bench.receive(packet(0x34, ID1))
        bench.take()
    with Bench(store=store) as bench:
        bench.connect(clean=True)
        assert (store.content, bench.link.sent) == ({}, [])
        bench.publish(qos=2)
        bench.lose()
    assert store.content == {}


def test_keys_of_others_are_left_alone():
    for connack in (PRESENT, CONNACK):
        store = {b"wifi": b"home", b"o": b"", b"input": b"x", b"output": b"y"}
        with Bench(store=store) as bench:
            resume(bench, connack)
            bench.publish()
            bench.receive(b"\x34\x06\0\x01t\0\x01x")
            bench.take()
        assert len(store) == 6
        reset(store, CONNACK)
        assert store == {b"wifi": b"home", b"o": b"", b"input": b"x", b"output": b"y"}


# --- receiving


def test_delivered_once_through_a_reset():
    store = Store()
    with Bench(store=store) as bench:
        resume(bench, CONNACK)
        bench.receive(packet(0x34, ID1))
        bench.take()
    with Bench(store=store) as bench:
        resume(bench)
        bench.receive(packet(0x3C, ID1))
        assert (len(bench.inbox.waiting), bench.link.sent) == (0, [PUBREC + ID1])
        bench.receive(PUBREL + ID1)
        assert bench.link.sent[1:] == [PUBCOMP + ID1]
        assert store.content == {}
        bench.receive(packet(0x34, ID1, b"new"))
        assert bench.take() == [b"new"]


def test_what_was_not_taken_comes_again():
    """It was in the memory of the host only, and the broker has no PUBREC."""
    store = Store()
    with Bench(store=store) as bench:
        resume(bench, CONNACK)
        bench.receive(packet(0x34, ID1))
    assert store.content == {}
    with Bench(store=store) as bench:
        resume(bench)
        bench.receive(packet(0x3C, ID1))
        assert bench.take() == [b"x"]


def test_stored_before_pubrec():
    with Bench(store=Store()) as bench:
        resume(bench, CONNACK)
        send = bench.link.send

        def note(*parts):
            assert len(bench.session.store.content) == 1
            return send(*parts)

        bench.link.send = note
        bench.receive(packet(0x34, ID1))
        bench.take()
        assert bench.link.sent == [PUBREC + ID1]


def test_too_long_once_through_a_reset():
    store = Store()
    for _ in range(2):
        with Bench(max_payload=4, store=store) as bench:
            resume(bench, PRESENT)
            bench.receive(packet(0x34, ID1, b"12345"))
            assert bench.link.sent == [PUBREC + ID1]
            reported = bench.client.events
    assert reported == []


def test_ids_of_a_broker_that_finishes_nothing_are_bounded_in_the_store():
    store = Store()
    with Bench(store=store) as bench:
        resume(bench, CONNACK)
        for pid in range(1, 1026):
            bench.receive(packet(0x34, bytes((pid >> 8, pid & 255))))
            if len(bench.inbox.waiting):
                bench.take()
        assert not bench.session.connected
    assert len(store.content) == 1024
    with Bench(store=store) as bench:
        resume(bench)
        bench.receive(packet(0x34, b"\xff\xff"))
        assert not bench.session.connected


# --- a store that fails


def test_publishing_with_a_full_store():
    """It raises before a byte is sent."""
    store = Store()
    with Bench(store=store) as bench:
        resume(bench, CONNACK)
        store.full = True
        for qos in (1, 2):
            assert raises(OSError, "", bench.publish(qos=qos).result).args[0] == 28
        assert bench.link.sent == []
        bench.publish(qos=0).result()
        store.full = False
        bench.publish(b"y", 1)
        assert bench.session.connected
    assert reset(store) == [packet(0x3A, ID3, b"y")]


def test_pubrec_with_a_full_store():
    """Reported; the flow goes on, and is safe as long as the host runs."""
    store = Store()
    with Bench(store=store) as bench:
        resume(bench, CONNACK)
        task = bench.publish(qos=2)
        store.full = True
        bench.receive(PUBREC + ID1)
        assert [name for name, _ in bench.client.events] == ["store"]
        assert bench.client.events[0][1].args[0] == 28
        assert bench.link.sent[1:] == [PUBREL + ID1]
        bench.lose()
        resume(bench)
        assert bench.link.sent == [PUBREL + ID1]
        bench.receive(PUBCOMP + ID1)
        task.result()
    assert store.content == {}


def test_receiving_with_a_full_store():
    store = Store()
    with Bench(store=store) as bench:
        resume(bench, CONNACK)
        store.full = True
        bench.receive(packet(0x34, ID1))
        assert bench.take() == [b"x"]
        assert [name for name, _ in bench.client.events] == ["store"]
        assert bench.link.sent == [PUBREC + ID1]
        bench.receive(packet(0x3C, ID1), PUBREL + ID1)
        assert (len(bench.inbox.waiting), bench.session.connected) == (0, True)


def test_a_store_that_lets_nothing_go():
    """What is repeated after a reset the broker knows by its id, or answers again."""
    store = Store()
    with Bench(store=store) as bench:
        resume(bench, CONNACK)
        task = bench.publish(qos=2)
        bench.receive(packet(0x34, ID1))
        bench.take()
        store.stuck = True
        bench.receive(PUBREC + ID1, PUBCOMP + ID1, PUBREL + ID1)
        task.result()
        assert [name for name, _ in bench.client.events] == ["store", "store"]
        assert bench.session.connected
    assert reset(store) == [PUBREL + ID1]
