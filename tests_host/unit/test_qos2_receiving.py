"""QoS 2 from the broker: delivered once, whatever is repeated (4.3.3, method A)."""

from atmqtt.errors import MQTTError
from plain import raises
from rig.fakelink import Bench

PUBREC = b"\x50\x02"
PUBREL = b"\x62\x02"
PUBCOMP = b"\x70\x02"
ID1 = b"\0\x01"
ID2 = b"\0\x02"


def message(pid=ID1, payload=b"x", dup=False):
    head = 0x3C if dup else 0x34, 5 + len(payload), 0, 1, 116
    return bytes(head) + pid + payload


def insist(bench, *packets):
    """As the link does: what a full inbox has not let in is offered again."""
    for data in packets:
        while bench.link.user.on_data(data, 0, len(data)) < len(data):
            pass
    bench.turn()


def test_the_four_packets():
    with Bench() as bench:
        bench.connect()
        bench.receive(b"\x34\x08\0\x01t\xab\xcdabc")
        assert [bench.inbox.waiting[0][i] for i in (0, 1, 3)] == [b"t", b"abc", 0xABCD]
        assert bench.link.sent == []
        bench.take()
        assert bench.link.sent == [PUBREC + b"\xab\xcd"]
        bench.receive(PUBREL + b"\xab\xcd")
        assert bench.link.sent[1:] == [PUBCOMP + b"\xab\xcd"]
        assert bench.stats["received"] == 1


def test_a_repetition_before_it_is_taken():
    """Delivered once; each PUBLISH has its PUBREC, as soon as the application has the message."""
    with Bench() as bench:
        bench.connect()
        bench.receive(message(), message(dup=True), message(dup=True))
        assert (len(bench.inbox.waiting), bench.stats["received"]) == (1, 1)
        assert bench.link.sent == []
        bench.take()
        assert b"".join(bench.link.sent) == (PUBREC + ID1) * 3


def test_a_repetition_after_it_is_taken():
    """DUP is a hint and no filter: with and without it."""
    for dup in (True, False):
        with Bench() as bench:
            bench.connect()
            bench.receive(message())
            bench.take()
            bench.receive(message(dup=dup))
            assert (len(bench.inbox.waiting), bench.stats["received"]) == (0, 1)
            assert bench.link.sent == [PUBREC + ID1, PUBREC + ID1]
            bench.receive(PUBREL + ID1)
            assert bench.link.sent[2:] == [PUBCOMP + ID1]


def test_after_pubrel_the_id_means_another_message():
    """Even with DUP, which says nothing about what has come before (3.3.1.1)."""
    for dup in (True, False):
        with Bench() as bench:
            bench.connect()
            bench.receive(message(payload=b"a"))
            bench.take()
            bench.receive(PUBREL + ID1, message(payload=b"b", dup=dup))
            assert bench.take() == [b"b"]
            assert bench.link.sent == [PUBREC + ID1, PUBCOMP + ID1, PUBREC + ID1]


def test_a_second_pubrel_gets_a_second_pubcomp():
    with Bench() as bench:
        bench.connect()
        bench.receive(message())
        bench.take()
        bench.receive(PUBREL + ID1, PUBREL + ID1)
        assert bench.link.sent[1:] == [PUBCOMP + ID1, PUBCOMP + ID1]


def test_an_unknown_pubrel_is_answered():
    """Else the broker could never finish it."""
    with Bench() as bench:
        bench.connect()
        bench.receive(PUBREL + b"\xff\xff")
        assert bench.link.sent == [PUBCOMP + b"\xff\xff"]
        assert bench.session.connected


def test_pubrel_before_the_message_is_taken():
    """No broker should; the message is kept, and its PUBREC would be nonsense now."""
    with Bench() as bench:
        bench.connect()
        bench.receive(message(), PUBREL + ID1)
        assert bench.link.sent == [PUBCOMP + ID1]
        assert bench.take() == [b"x"]
        assert bench.link.sent == [PUBCOMP + ID1]


def test_several_at_once():
    with Bench() as bench:
        bench.connect()
        bench.receive(message(ID1, b"a"), message(ID2, b"b"), message(ID1, b"a", dup=True))
        assert bench.take(2) == [b"a", b"b"]
        assert b"".join(bench.link.sent) == (PUBREC + ID1) * 2 + PUBREC + ID2
        bench.link.sent.clear()
        bench.receive(PUBREL + ID2, message(ID1, b"a", dup=True), PUBREL + ID1)
        answers = PUBCOMP + ID2 + PUBREC + ID1 + PUBCOMP + ID1
        assert b"".join(bench.link.sent) == answers
        assert len(bench.inbox.waiting) == 0


def test_qos_1_and_2_with_one_id():
    """A broker must not; QoS 1 is no repetition of QoS 2."""
    with Bench() as bench:
        bench.connect()
        bench.receive(message(), b"\x32\x06\0\x01t\0\x01y")
        assert bench.take(2) == [b"x", b"y"]
        assert b"".join(bench.link.sent) == PUBREC + ID1 + b"\x40\x02" + ID1


def test_dropped_by_the_policy_means_received():
    """The broker must not bring it again for ever; stats tells of the loss."""
    for policy, left, dropped in (("drop-oldest", b"b", ID1), ("drop-newest", b"a", ID2)):
        with Bench(rx_queue=1, policy=policy) as bench:
            bench.connect()
            insist(bench, message(ID1, b"a"), message(ID2, b"b"), PUBREL + dropped)
            assert b"".join(bench.link.sent) == PUBREC + dropped + PUBCOMP + dropped
            assert bench.stats["dropped"] == 1
            bench.link.sent.clear()
            assert bench.take() == [left]
            assert bench.link.sent == [PUBREC + (ID1 if left == b"a" else ID2)]


def test_a_repetition_needs_no_room():
    with Bench(rx_queue=1) as bench:
        bench.connect()
        insist(bench, message(), message(dup=True), message(dup=True))
        assert (len(bench.inbox.waiting), bench.stats["dropped"]) == (1, 0)


def test_too_long_means_received():
    """Both those that are kept until they are judged and those that are not: reported once."""
    for n, length in ((65, b"\x46"), (1000, b"\xed\x07")):
        with Bench(max_payload=64) as bench:
            bench.connect()
            packet = length + b"\0\x01t\0\x01" + bytes(n)
            bench.receive(b"\x34" + packet, b"\x3c" + packet)
            assert bench.client.events == [("oversize", b"t", n)]
            assert bench.stats["oversize"] == 1
            assert bench.link.sent == [PUBREC + ID1, PUBREC + ID1]
            bench.receive(PUBREL + ID1)
            assert bench.link.sent[2:] == [PUBCOMP + ID1]
            bench.receive(b"\x34" + packet)
            assert bench.stats["oversize"] == 2


def test_a_broker_that_never_sends_pubrel():
    """Ids are kept for 1024 messages, not more; finished ones make room."""
    with Bench() as bench:
        bench.connect(clean=False)
        for pid in range(1, 1025):
            bench.receive(message(bytes((pid >> 8, pid & 255))))
            bench.take()
        bench.receive(PUBREL + ID2, message(b"\xff\xff"))
        bench.take()
        assert bench.session.connected
        bench.receive(message(b"\x04\0", dup=True))  # 1024 itself is no new one
        assert bench.session.connected
        bench.receive(message(b"\xff\xfe"))
        assert not bench.session.connected
        assert bench.stats["protocol_errors"] == 1
        assert bench.stats["received"] == 1025


def test_a_flood_of_repetitions_closes():
    with Bench() as bench:
        bench.connect()
        bench.link.stalled = True
        bench.receive(message())
        bench.take()
        for _ in range(512):
            bench.receive(message(dup=True))
        assert bench.session.connected
        bench.receive(message(dup=True))
        assert not bench.session.connected
        assert bench.stats["protocol_errors"] == len(bench.client.lost) == 1


def test_a_flood_of_repetitions_before_it_is_taken_closes_when_it_is():
    with Bench() as bench:
        bench.connect()
        bench.link.stalled = True
        for _ in range(1000):
            bench.receive(message())
        assert bench.session.connected
        assert bench.take() == [b"x"]
        assert not bench.session.connected
        assert bench.stats["protocol_errors"] == len(bench.client.lost) == 1


def test_a_flood_of_pubrels_closes():
    with Bench() as bench:
        bench.connect()
        bench.link.stalled = True
        for _ in range(513):
            bench.receive(PUBREL + ID1)
        assert bench.session.connected
        bench.receive(PUBREL + ID1)
        assert not bench.session.connected
        assert bench.stats["protocol_errors"] == len(bench.client.lost) == 1


def test_the_flood_is_over_when_the_module_sends_again():
    with Bench() as bench:
        bench.connect()
        for _ in range(2000):
            bench.receive(PUBREL + ID1)
        assert bench.session.connected
        assert b"".join(bench.link.left) == (PUBCOMP + ID1) * 2000


def test_taken_while_there_is_no_connection():
    """The broker asks again on the next one."""
    with Bench() as bench:
        bench.connect(clean=False)
        bench.receive(message())
        bench.lose()
        assert bench.take() == [b"x"]
        assert bench.link.sent == []
        bench.connect(clean=False, connack=b"\x20\x02\x01\0")
        assert bench.link.sent == []
        bench.receive(message(dup=True))
        assert len(bench.inbox.waiting) == 0
        assert bench.link.sent == [PUBREC + ID1]


def test_taken_after_the_connection_was_made_again():
    """What was owed on the old connection is not sent on the new one, unless it is asked for."""
    for repeated in (0, 1, 2):
        with Bench() as bench:
            bench.connect(clean=False)
            bench.receive(message(), message(dup=True))
            bench.lose()
            bench.connect(clean=False, connack=b"\x20\x02\x01\0")
            for _ in range(repeated):
                bench.receive(message(dup=True))
            assert (len(bench.inbox.waiting), bench.link.sent) == (1, [])
            assert bench.take() == [b"x"]
            assert b"".join(bench.link.sent) == (PUBREC + ID1) * repeated
            bench.receive(message(dup=True))
            assert len(bench.inbox.waiting) == 0


def test_a_lost_pubrec():
    with Bench() as bench:
        bench.connect(clean=False)
        bench.link.stalled = True
        bench.receive(message())
        bench.take()
        bench.lose()
        bench.link.stalled = False
        bench.connect(clean=False, connack=b"\x20\x02\x01\0")
        assert bench.link.left == []
        bench.receive(message(dup=True), PUBREL + ID1)
        assert bench.link.left == [PUBREC + ID1, PUBCOMP + ID1]
        assert (len(bench.inbox.waiting), bench.stats["received"]) == (0, 1)


def test_a_lost_pubrel():
    """The broker sends it again, and no PUBLISH."""
    with Bench() as bench:
        bench.connect(clean=False)
        bench.receive(message())
        bench.take()
        bench.lose()
        bench.connect(clean=False, connack=b"\x20\x02\x01\0")
        bench.receive(PUBREL + ID1, message(payload=b"y"))
        assert bench.link.sent == [PUBCOMP + ID1]
        assert bench.take() == [b"y"]


def test_a_lost_pubcomp():
    with Bench() as bench:
        bench.connect(clean=False)
        bench.receive(message())
        bench.take()
        bench.link.stalled = True
        bench.receive(PUBREL + ID1)
        bench.lose()
        bench.link.stalled = False
        bench.connect(clean=False, connack=b"\x20\x02\x01\0")
        assert bench.link.left == []
        bench.receive(PUBREL + ID1)
        assert bench.link.left == [PUBCOMP + ID1]


def test_a_new_session_has_new_messages():
    """Session present 0: the ids of the old one mean nothing any more."""
    for clean in (False, True):
        with Bench() as bench:
            bench.connect(clean=clean)
            bench.receive(message(ID1, b"taken"), message(ID2, b"waits"))
            assert bench.take() == [b"taken"]
            bench.lose()
            bench.connect(clean=clean)
            bench.receive(message(ID1, b"new 1"), message(ID2, b"new 2"))
            assert len(bench.inbox.waiting) == 3
            assert bench.take() == [b"waits"]
            assert bench.link.sent == []
            assert bench.take(2) == [b"new 1", b"new 2"]
            assert bench.link.sent == [PUBREC + ID1, PUBREC + ID2]


def test_ids_outlive_disconnect():
    with Bench() as bench:
        bench.connect(clean=False)
        bench.receive(message())
        bench.take()
        bench.go(bench.session.disconnect()).result()
        bench.connect(clean=False, connack=b"\x20\x02\x01\0")
        bench.receive(message(dup=True))
        assert (len(bench.inbox.waiting), bench.link.sent) == (0, [PUBREC + ID1])


def test_a_refused_connection_forgets_nothing():
    with Bench() as bench:
        bench.connect(clean=False)
        bench.receive(message())
        bench.take()
        bench.lose()
        raises(MQTTError, "unavailable", bench.connect(False, 0, b"\x20\x02\0\x03").result)
        bench.connect(clean=False, connack=b"\x20\x02\x01\0")
        bench.receive(message(dup=True))
        assert len(bench.inbox.waiting) == 0
