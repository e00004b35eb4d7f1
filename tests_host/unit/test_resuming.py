"""A session that outlives its connection (clean session 0): what is sent again, what is not."""

from atmqtt.errors import MQTTError
from plain import raises
from rig.fakelink import CONNACK, Bench

PRESENT = b"\x20\x02\x01\0"
REFUSED = b"\x20\x02\0\x03"
PUBACK = b"\x40\x02"
PUBREC = b"\x50\x02"
PUBREL = b"\x62\x02"
PUBCOMP = b"\x70\x02"
ID1 = b"\0\x01"
ID2 = b"\0\x02"
ID3 = b"\0\x03"
FORGOTTEN = "the broker has kept no session; it may have been delivered"


def packet(first, pid, payload=b"x"):
    """A PUBLISH to `t`; 3x: QoS 1 with x = 2 or a (DUP), QoS 2 with 4 or c (DUP)."""
    return bytes((first, 5 + len(payload))) + b"\0\x01t" + pid + payload


def resume(bench, connack=PRESENT):
    return bench.connect(clean=False, connack=connack)


def test_lost_after_each_step():
    """What is sent on the next connection, and what ends it there."""
    for qos, answers, again, rest in (
        (1, (), [packet(0x3A, ID1)], [PUBACK + ID1]),
        (2, (), [packet(0x3C, ID1)], [PUBREC + ID1, PUBCOMP + ID1]),
        (2, (PUBREC + ID1,), [PUBREL + ID1], [PUBCOMP + ID1]),
        (2, (PUBREC + ID1, PUBREC + ID1), [PUBREL + ID1], [PUBCOMP + ID1]),
        (1, (PUBACK + ID1,), [], []),
        (2, (PUBREC + ID1, PUBCOMP + ID1), [], []),
    ):
        with Bench() as bench:
            resume(bench, CONNACK)
            task = bench.publish(qos=qos)
            bench.receive(*answers)
            bench.lose()
            assert task.done == (not again)
            assert resume(bench).result() is True
            assert bench.link.sent == bench.link.left == again
            for answer in rest:
                assert not task.done
                bench.receive(answer)
            task.result()
            assert bench.stats["unexpected"] == 0
            bench.lose()
            resume(bench)
            assert bench.link.sent == []


def test_lost_again_and_again():
    with Bench() as bench:
        resume(bench, CONNACK)
        task = bench.publish(qos=2)
        for _ in range(3):
            bench.lose()
            resume(bench)
            assert bench.link.sent == [packet(0x3C, ID1)]
        bench.receive(PUBREC + ID1)
        for _ in range(3):
            bench.lose()
            resume(bench)
            assert bench.link.sent == [PUBREL + ID1]
        bench.receive(PUBCOMP + ID1)
        task.result()


def test_dup_only_if_it_may_have_been_sent():
    """MQTT-3.3.1-1."""
    with Bench() as bench:
        resume(bench, CONNACK)
        bench.publish(b"a", 2)
        bench.link.stalled = True
        bench.publish(b"b", 2)
        bench.publish(b"c", 1)
        assert bench.link.left == [packet(0x34, ID1, b"a")]
        bench.lose()
        bench.link.stalled = False
        resume(bench)
        assert bench.link.left == [
            packet(0x3C, ID1, b"a"),
            packet(0x34, ID2, b"b"),
            packet(0x32, ID3, b"c"),
        ]


def test_dup_on_the_third_connection_if_the_second_has_sent_it():
    for sent, first in ((True, 0x3A), (False, 0x32)):
        with Bench() as bench:
            resume(bench, CONNACK)
            bench.link.stalled = True
            bench.publish(b"a", 1)
            bench.lose()
            bench.link.stalled = False
            task = bench.go(bench.session.connect(b"broker", 1883, b"HELLO", False, 0))
            bench.link.stalled = not sent
            bench.receive(PRESENT)
            task.result()
            bench.lose()
            bench.link.stalled = False
            resume(bench)
            assert bench.link.left == [packet(first, ID1, b"a")]


def test_in_the_order_of_the_first_time():
    """MQTT-4.6.0-1."""
    with Bench() as bench:
        resume(bench, CONNACK)
        bench.session.pid = 65533
        for payload, qos in ((b"a", 1), (b"b", 2), (b"c", 1), (b"d", 2)):
            bench.publish(payload, qos)
        bench.receive(PUBACK + b"\xff\xfe")
        for _ in range(2):
            bench.lose()
            resume(bench)
            assert bench.link.sent == [
                packet(0x3C, b"\xff\xff", b"b"),
                packet(0x3A, ID1, b"c"),
                packet(0x3C, ID2, b"d"),
            ]


def test_pubrels_in_the_order_of_the_pubrecs():
    """MQTT-4.6.0-4; and where they were in between what was published."""
    with Bench() as bench:
        resume(bench, CONNACK)
        for payload in (b"a", b"b", b"c"):
            bench.publish(payload, 2)
        bench.receive(PUBREC + ID3, PUBREC + ID1, PUBREC + ID3)
        bench.publish(b"d", 1)
        for _ in range(2):
            bench.lose()
            resume(bench)
            assert bench.link.sent == [
                packet(0x3C, ID2, b"b"),
                PUBREL + ID3,
                PUBREL + ID1,
                packet(0x3A, b"\0\x04", b"d"),
            ]


def test_before_anything_new():
    with Bench() as bench:
        resume(bench, CONNACK)
        for payload in (b"a", b"b", b"c"):
            bench.publish(payload, 2)
        bench.receive(PUBREC + ID1, PUBREC + ID2)
        bench.lose()
        task = bench.go(bench.session.connect(b"broker", 1883, b"HELLO", False, 0))
        bench.link.left.clear()
        bench.link.stalled = True
        bench.receive(PRESENT)
        task.result()
        bench.publish(b"new", 0)
        bench.link.stalled = False
        bench.turn()
        assert bench.link.left == [
            packet(0x3C, ID3, b"c"),
            PUBREL + ID1,
            PUBREL + ID2,
            b"\x30\x06\0\x01tnew",
        ]


def test_more_than_answers_may_gather():
    """tx_queue bounds what is sent again, nothing else does."""
    with Bench(tx_queue=600) as bench:
        resume(bench, CONNACK)
        for pid in range(1, 601):
            bench.publish(b"", 2)
            bench.receive(PUBREC + bytes((pid >> 8, pid & 255)))
        bench.lose()
        resume(bench)
        assert bench.session.connected
        assert b"".join(bench.link.left) == b"".join(
            [PUBREL + bytes((pid >> 8, pid & 255)) for pid in range(1, 601)]
        )


def test_ids_in_flight_are_skipped_on_the_next_connection():
    with Bench() as bench:
        resume(bench, CONNACK)
        bench.publish(qos=2)
        bench.publish(qos=1)
        bench.receive(PUBREC + ID1)
        bench.lose()
        resume(bench)
        bench.session.pid = 65535
        bench.publish(qos=1)
        assert bench.link.sent[-1] == packet(0x32, ID3)


def test_no_id_of_an_unknown_session_is_taken_by_chance():
    """After a reset of a host without a store the broker may still hold message 1 of QoS 2: it
    would take another one with its id for a repetition and lose it. So ids begin anywhere.
    """
    for connack, store, expected in (
        (PRESENT, None, b"\x11\x72"),
        (PRESENT, {}, ID1),
        (CONNACK, None, ID1),
    ):
        with Bench(store=store) as bench:
            bench.go(bench.session.connect(b"broker", 1883, b"HELLO", False, 0))
            from atmqtt import connecting  # loaded for this call: each has one of its own

            connecting.ticks_us = lambda: 70000
            bench.link.sent.clear()
            bench.link.user.on_data(connack, 0, 4)
            bench.publish()  # before connect() has its turn
            assert bench.link.sent == [packet(0x32, expected)]
            bench.lose()
            resume(bench)
            bench.publish()
            following = expected[:1] + bytes((expected[1] + 1,))
            assert bench.link.sent == [packet(0x3A, expected), packet(0x32, following)]


def test_a_refused_connection_changes_nothing():
    with Bench() as bench:
        resume(bench, CONNACK)
        task = bench.publish(qos=2)
        bench.lose()
        raises(MQTTError, "unavailable", resume(bench, REFUSED).result)
        bench.link.refusal = MQTTError("no route")
        raises(MQTTError, "no route", resume(bench).result)
        bench.link.refusal = None
        assert not task.done
        resume(bench)
        assert bench.link.sent == [packet(0x3C, ID1)]


def test_publishing_while_there_is_no_connection():
    """Only what is under way waits."""
    with Bench() as bench:
        resume(bench, CONNACK)
        bench.lose()
        for qos in (0, 1, 2):
            raises(MQTTError, "not connected", bench.publish(qos=qos).result)
        resume(bench)
        assert bench.link.sent == []


def test_what_does_not_wait_for_the_next_connection():
    with Bench() as bench:
        resume(bench, CONNACK)
        bench.link.stalled = True
        tasks = [
            bench.publish(qos=0),
            bench.go(bench.session.subscribe(b"t", 1)),
            bench.go(bench.session.unsubscribe(b"t")),
        ]
        bench.lose()
        for task in tasks:
            raises(MQTTError, "gone", task.result)
        bench.link.stalled = False
        resume(bench)
        assert bench.link.left == []


# --- deadlines


def test_a_deadline_without_a_connection():
    """Never sent: taken back. Sent: it may have been delivered, and goes on."""
    for stalled, again in ((True, []), (False, [packet(0x3C, ID1)])):
        with Bench() as bench:
            resume(bench, CONNACK)
            bench.link.stalled = stalled
            task = bench.publish(qos=2, deadline_ms=500)
            bench.lose()
            bench.wait(450)
            assert not task.done
            bench.wait(50)
            raises(MQTTError, "no answer in time", task.result)
            bench.link.stalled = False
            resume(bench)
            assert bench.link.left == again


def test_a_deadline_after_pubrec():
    with Bench() as bench:
        resume(bench, CONNACK)
        task = bench.publish(qos=2, deadline_ms=500)
        bench.receive(PUBREC + ID1)
        bench.lose()
        bench.wait(500)
        raises(MQTTError, "may have been delivered", task.result)
        resume(bench)
        assert bench.link.sent == [PUBREL + ID1]
        bench.receive(PUBCOMP + ID1)
        assert bench.stats["unexpected"] == 0


def test_a_deadline_on_the_next_connection():
    """What is queued for the second time is taken back too, if it never left."""
    for before, left in ((True, []), (False, [packet(0x3C, ID1)])):
        with Bench() as bench:
            resume(bench, CONNACK)
            bench.link.stalled = before
            task = bench.publish(qos=2, deadline_ms=500)
            bench.lose()
            bench.link.stalled = False
            connecting = bench.go(bench.session.connect(b"broker", 1883, b"HELLO", False, 0))
            bench.link.left.clear()
            bench.link.stalled = True
            bench.receive(PRESENT)
            connecting.result()
            bench.wait(500)
            raises(MQTTError, "no answer in time", task.result)
            bench.link.stalled = False
            bench.turn()
            assert bench.link.left == []  # not now
            bench.lose()
            resume(bench)
            assert bench.link.left == left


def test_cancelled_callers():
    """Cancelling takes nothing back, sent or not."""
    for stalled, first in ((True, 0x34), (False, 0x3C)):
        for early in (True, False):
            with Bench() as bench:
                resume(bench, CONNACK)
                bench.link.stalled = stalled
                task = bench.publish(qos=2)
                if early:
                    task.cancel()
                bench.lose()
                task.cancel()
                bench.link.stalled = False
                resume(bench)
                assert bench.link.left == [packet(first, ID1)]
                bench.receive(PUBREC + ID1, PUBCOMP + ID1)
                assert bench.stats["unexpected"] == 0


def test_a_payload_is_what_it_was_when_it_was_published():
    """The caller's buffer is its own again when the call has ended, however."""
    for end in (
        lambda bench, task: task.cancel(),
        lambda bench, task: bench.wait(500),
        lambda bench, task: None,
    ):
        with Bench() as bench:
            resume(bench, CONNACK)
            buffer = bytearray(b"before")
            task = bench.publish(buffer, 1, deadline_ms=500)
            end(bench, task)
            buffer[:] = b"behind"
            bench.lose()
            resume(bench)
            assert bench.link.left == [packet(0x3A, ID1, b"before")]


def test_a_payload_that_waits_for_the_module_is_what_it_was():
    for clean in (True, False):
        with Bench() as bench:
            bench.connect(clean=clean)
            bench.link.stalled = True
            buffer = bytearray(b"before")
            bench.publish(buffer, 2).cancel()
            buffer[:] = b"behind"
            bench.link.stalled = False
            bench.turn()
            assert bench.link.left == [packet(0x34, ID1, b"before")]


# --- the end of a session


def test_a_session_the_broker_has_lost():
    """Session present 0: who waits is told, the others are counted and reported."""
    with Bench() as bench:
        resume(bench, CONNACK)
        tasks = [bench.publish(b"a", 1), bench.publish(b"b", 2), bench.publish(b"c", 2)]
        bench.publish(b"d", 1).cancel()
        bench.publish(b"e", 2, deadline_ms=100)
        bench.receive(PUBREC + ID2)
        bench.wait(100)
        bench.lose()
        assert resume(bench, CONNACK).result() is False
        assert bench.link.sent == []
        for task in tasks:
            raises(MQTTError, FORGOTTEN, task.result)
        assert bench.client.events == [("forgotten", 2)]
        assert bench.stats["dropped"] == 2
        assert bench.session.connected
        bench.receive(PUBCOMP + ID2, PUBACK + ID1)
        assert bench.stats["unexpected"] == 2
        bench.lose()
        resume(bench)
        assert bench.link.sent == []


def test_no_event_where_everybody_knows():
    with Bench() as bench:
        resume(bench, CONNACK)
        task = bench.publish(qos=2)
        bench.lose()
        resume(bench, CONNACK)
        raises(MQTTError, FORGOTTEN, task.result)
        assert (bench.client.events, bench.stats["dropped"]) == ([], 0)


def test_a_clean_session_ends_with_its_connection():
    for qos, answers in ((1, ()), (2, ()), (2, (PUBREC + ID1,))):
        with Bench() as bench:
            bench.connect()
            task = bench.publish(qos=qos)
            bench.receive(*answers)
            bench.lose()
            raises(MQTTError, "connection lost: gone", task.result)
            bench.connect()
            assert bench.link.sent == []
            bench.session.pid = 0
            bench.publish()
            assert bench.link.sent == [packet(0x32, ID1)]


def test_disconnect_ends_who_waits_and_nothing_else():
    """What the broker has goes on when the session is taken up again."""
    for qos, answers, again in (
        (1, (), [packet(0x3A, ID1)]),
        (2, (), [packet(0x3C, ID1)]),
        (2, (PUBREC + ID1,), [PUBREL + ID1]),
    ):
        with Bench() as bench:
            resume(bench, CONNACK)
            task = bench.publish(qos=qos)
            bench.receive(*answers)
            bench.go(bench.session.disconnect()).result()
            raises(MQTTError, "disconnected", task.result)
            assert bench.link.left[-1] == b"\xe0\0"
            resume(bench)
            assert bench.link.sent == again


def test_disconnect_takes_back_what_was_not_sent():
    with Bench() as bench:
        resume(bench, CONNACK)
        bench.link.stalled = True
        task = bench.publish(qos=2)
        bye = bench.go(bench.session.disconnect())
        raises(MQTTError, "disconnected", task.result)
        bench.link.stalled = False
        bench.turn()
        bye.result()
        assert bench.link.left == [b"\xe0\0"]
        resume(bench)
        assert bench.link.left == []


def test_disconnect_lets_go_first_what_nobody_takes_back():
    """A cancelled caller's message leaves before DISCONNECT, and so has DUP the next time."""
    with Bench() as bench:
        resume(bench, CONNACK)
        bench.link.stalled = True
        bench.publish(qos=2).cancel()
        bye = bench.go(bench.session.disconnect())
        bench.link.stalled = False
        bench.turn()
        bye.result()
        assert bench.link.left == [packet(0x34, ID1), b"\xe0\0"]
        resume(bench)
        assert bench.link.left == [packet(0x3C, ID1)]


def test_disconnect_without_a_connection():
    with Bench() as bench:
        resume(bench, CONNACK)
        sent = bench.publish(b"a", 2)
        bench.link.stalled = True
        queued = bench.publish(b"b", 2)
        bench.lose()
        bench.link.stalled = False
        bench.go(bench.session.disconnect()).result()
        for task in (sent, queued):
            raises(MQTTError, "disconnected", task.result)
        resume(bench)
        assert bench.link.left == [packet(0x3C, ID1, b"a")]


def test_limits_hold_through_connections():
    with Bench(tx_queue=2) as bench:
        resume(bench, CONNACK)
        bench.publish(qos=1).cancel()
        bench.publish(qos=2)
        bench.lose()
        resume(bench)
        raises(MQTTError, "tx_queue", bench.publish().result)
        bench.receive(PUBACK + ID1)
        assert not bench.publish().done
