"""What a connected session is asked for: packet ids, answers, limits, deadlines."""

from atmqtt.errors import MQTTError
from plain import raises
from rig.fakelink import Bench


def puback(pid):
    return bytes((0x40, 2, pid >> 8, pid & 255))


def test_qos_0_returns_when_it_has_left():
    with Bench() as bench:
        bench.connect()
        bench.link.stalled = True
        task = bench.publish(qos=0)
        assert bench.link.sent == [b"\x30\x04\0\x01tx"]
        assert not task.done
        bench.link.stalled = False
        bench.turn()
        task.result()


def test_qos_1_returns_when_it_is_acknowledged():
    with Bench() as bench:
        bench.connect()
        task = bench.publish()
        assert bench.link.sent == [b"\x32\x06\0\x01t\0\x01x"]
        assert not task.done
        bench.receive(puback(1))
        task.result()


def test_answers_in_any_order_find_who_waits_for_them():
    with Bench() as bench:
        bench.connect()
        first = bench.publish()
        granted = bench.go(bench.session.subscribe(b"a/#", 1))
        second = bench.publish()
        removed = bench.go(bench.session.unsubscribe(b"a/#"))
        assert bench.link.sent[1] == b"\x82\x08\0\x02\0\x03a/#\x01"
        assert bench.link.sent[3] == b"\xa2\x07\0\x04\0\x03a/#"
        bench.receive(b"\xb0\x02\0\x04" + puback(3))
        assert removed.done and second.done
        assert not (first.done or granted.done)
        bench.receive(b"\x90\x03\0\x02\x00", puback(1))
        assert (granted.result(), first.done) == (0, True)
        assert bench.stats["unexpected"] == 0


def test_a_packet_id_of_unsuback_is_no_return_code():
    with Bench() as bench:
        bench.connect()
        bench.session.pid = 0x7F
        task = bench.go(bench.session.unsubscribe(b"t"))
        bench.receive(b"\xb0\x02\0\x80")
        assert task.result() is None


def test_granted_and_refused_subscriptions():
    for code in (0, 1, 2):
        with Bench() as bench:
            bench.connect()
            task = bench.go(bench.session.subscribe(b"t", 1))
            bench.receive(bytes((0x90, 3, 0, 1, code)))
            assert task.result() == code
    with Bench() as bench:
        bench.connect()
        task = bench.go(bench.session.subscribe(b"t", 1))
        bench.receive(b"\x90\x03\0\x01\x80")
        assert raises(MQTTError, "refused", task.result).code == 0x80
        assert bench.session.connected


def test_an_answer_of_another_type_is_not_the_answer():
    """Packet ids are shared by what is asked, but an answer has a type as well."""
    answers = puback(1), b"\x90\x03\0\x01\0", b"\xb0\x02\0\x01"
    for right, ask in zip(
        answers,
        (
            lambda s: s.publish(b"t", b"x", 1, False),
            lambda s: s.subscribe(b"t", 0),
            lambda s: s.unsubscribe(b"t"),
        ),
    ):
        with Bench() as bench:
            bench.connect()
            task = bench.go(ask(bench.session))
            bench.receive(*[answer for answer in answers if answer != right])
            assert not task.done
            assert bench.stats["unexpected"] == 2
            bench.receive(right)
            task.result()


def test_unknown_packet_ids_are_counted_and_ignored():
    with Bench() as bench:
        bench.connect()
        task = bench.publish()
        bench.receive(puback(2), b"\x90\x03\0\x07\0", b"\xb0\x02\0\x08", puback(1), puback(1))
        task.result()
        assert bench.stats["unexpected"] == 4
        assert bench.session.connected


def test_packet_ids_begin_again_at_1():
    with Bench() as bench:
        bench.connect()
        bench.session.pid = 65533
        for _ in range(3):
            bench.publish()
        ids = [packet[5:7] for packet in bench.link.sent]
        assert ids == [b"\xff\xfe", b"\xff\xff", b"\0\x01"]


def test_packet_ids_under_way_are_not_given_again():
    with Bench() as bench:
        bench.connect()
        held = bench.publish()  # 1
        bench.go(bench.session.subscribe(b"t", 0))  # 2
        bench.go(bench.session.unsubscribe(b"t"))  # 3
        bench.session.pid = 65535
        bench.publish()
        assert bench.link.sent[-1][5:7] == b"\0\x04"
        bench.receive(puback(1))
        held.result()
        bench.publish()
        bench.session.pid = 65535
        bench.publish()
        assert bench.link.sent[-1][5:7] == b"\0\x01"


def test_what_is_awaited():
    """Where the module keeps what comes, it is asked for it while an answer is due."""
    with Bench() as bench:
        session = bench.session
        assert not session.awaits()
        bench.go(session.connect(b"broker", 1883, b"HELLO", False, 4))
        assert session.awaits()
        bench.receive(b"\x20\x02\0\0")
        for start, answers in (
            (lambda: session.publish(b"t", b"x", 1, False), (puback(1),)),
            (lambda: session.publish(b"t", b"x", 2, False), (b"\x50\x02\0\2", b"\x70\x02\0\2")),
            (lambda: session.subscribe(b"t", 0), (b"\x90\x03\0\x03\0",)),
            (lambda: session.unsubscribe(b"t"), (b"\xb0\x02\0\x04",)),
            (lambda: bench.wait(2000), (b"\xd0\0",)),
        ):
            assert not session.awaits()
            call = start()
            if call:
                bench.go(call)
            for answer in answers:
                assert session.awaits()
                bench.receive(answer)
        assert not session.awaits()
        bench.publish(qos=1)
        bench.lose()
        assert not session.awaits()


def test_tx_queue():
    with Bench(tx_queue=2) as bench:
        bench.connect()
        bench.publish()
        second = bench.publish()
        raises(MQTTError, "tx_queue", bench.publish().result)
        raises(MQTTError, "tx_queue", bench.publish(qos=0).result)
        assert len(bench.link.sent) == 2
        bench.receive(puback(2))
        second.result()
        assert not bench.publish().done


def test_tx_bytes():
    with Bench(tx_bytes=10) as bench:
        bench.connect()
        bench.publish(b"123456")
        raises(MQTTError, "tx_bytes", bench.publish(b"12345").result)
        assert not bench.publish(b"1234").done
        assert len(bench.link.sent) == 2


def test_a_payload_beyond_tx_bytes_goes_alone():
    with Bench(tx_bytes=10) as bench:
        bench.connect()
        assert not bench.publish(bytes(100)).done
        raises(MQTTError, "tx_bytes", bench.publish(b"").result)
        bench.receive(puback(1))
        assert not bench.publish(bytes(100)).done


def test_qos_0_counts_while_it_waits_for_the_module():
    with Bench(tx_queue=1) as bench:
        bench.connect()
        bench.link.stalled = True
        first = bench.publish(qos=0)
        raises(MQTTError, "tx_queue", bench.publish(qos=0).result)
        bench.link.stalled = False
        bench.turn()
        first.result()
        bench.publish(qos=0).result()


def test_a_cancelled_publish_is_under_way_all_the_same():
    with Bench(tx_queue=1) as bench:
        bench.connect()
        bench.publish().cancel()
        raises(MQTTError, "tx_queue", bench.publish().result)
        bench.receive(puback(1))
        assert bench.stats["unexpected"] == 0
        assert not bench.publish().done


def test_no_answer():
    for start in (
        lambda s: s.publish(b"t", b"x", 1, False),
        lambda s: s.subscribe(b"t", 0),
        lambda s: s.unsubscribe(b"t"),
    ):
        with Bench() as bench:
            bench.connect()
            task = bench.go(start(bench.session))
            bench.wait(19000, 500)
            assert not task.done
            bench.wait(2000, 500)
            raises(MQTTError, "no answer in time", task.result)
            assert bench.session.connected


def test_deadline():
    for qos in (0, 1):
        with Bench() as bench:
            bench.connect()
            bench.link.stalled = True
            task = bench.publish(qos=qos, deadline_ms=300)
            bench.wait(250)
            assert not task.done
            bench.wait(100)
            raises(MQTTError, "may have been delivered", task.result)


def test_a_packet_id_is_in_use_until_it_is_acknowledged_however_late():
    """The caller has given up, the broker may have not: another message with its id would be lost
    or acknowledged instead of it.
    """
    for give_up in (lambda bench, task: bench.wait(200), lambda bench, task: task.cancel()):
        with Bench() as bench:
            bench.connect()
            task = bench.publish(deadline_ms=100)
            give_up(bench, task)
            assert task.done
            bench.session.pid = 65535
            bench.publish()
            assert bench.link.sent[-1][5:7] == b"\0\x02"
            bench.receive(puback(1))
            assert bench.stats["unexpected"] == 0
            bench.session.pid = 65535
            bench.publish()
            assert bench.link.sent[-1][5:7] == b"\0\x01"


def test_a_publish_that_memory_does_not_suffice_for_leaves_nothing():
    with Bench(tx_queue=1) as bench:
        bench.connect(clean=False)

        def fail(*parts):
            raise MemoryError

        bench.link.send, send = fail, bench.link.send
        raises(MemoryError, "", bench.publish().result)
        bench.link.send = send
        assert not bench.publish(b"y").done
        bench.lose()
        bench.connect(clean=False, connack=b"\x20\x02\x01\0")
        assert bench.link.sent == [b"\x3a\x06\0\x01t\0\x02y"]


def test_a_met_deadline_is_forgotten():
    with Bench() as bench:
        bench.connect()
        for qos in (0, 1):
            task = bench.publish(qos=qos, deadline_ms=300)
            bench.receive(puback(1))
            task.result()
        bench.wait(400)
        assert bench.session.connected
        assert bench.channel._timed == []


def test_the_payload_is_copied_where_it_would_be_alone_in_a_chunk():
    """`+++` alone would end the module's data phase: short payloads go behind their head."""
    with Bench() as bench:
        bench.connect()
        sizes = []
        send = bench.link.send

        def note(*parts):
            sizes.append([len(part) for part in parts])
            return send(*parts)

        bench.link.send = note
        for payload in (b"", b"+", b"+++", b"++++"):
            bench.publish(payload, qos=0).result()
        assert sizes == [[5], [6], [8], [5, 4]]


def test_lost_connection_ends_what_waits():
    with Bench() as bench:
        bench.connect()
        tasks = [
            bench.publish(),
            bench.go(bench.session.subscribe(b"t", 0)),
            bench.go(bench.session.unsubscribe(b"t")),
        ]
        bench.lose()
        for task in tasks:
            raises(MQTTError, "connection lost: gone", task.result)
        assert [str(error) for error in bench.client.lost] == ["gone"]
        raises(MQTTError, "not connected", bench.publish().result)


def test_disconnect_ends_what_waits():
    with Bench() as bench:
        bench.connect()
        task = bench.publish()
        bench.go(bench.session.disconnect()).result()
        raises(MQTTError, "disconnected", task.result)
        assert bench.link.sent[-1] == b"\xe0\0"
        assert bench.link.user is None
        assert bench.client.lost == []  # it was asked for


def test_disconnect_while_connecting_ends_connect():
    with Bench() as bench:
        task = bench.go(bench.session.connect(b"broker", 1883, b"HELLO", True, 0))
        bench.go(bench.session.disconnect()).result()
        raises(MQTTError, "disconnected", task.result)
        assert bench.link.sent == [b"HELLO"]


def test_a_cancelled_disconnect_can_be_repeated_and_followed():
    for again in (True, False):
        with Bench() as bench:
            bench.connect()
            bench.link.stalled = True
            bench.go(bench.session.disconnect()).cancel()
            bench.link.stalled = False
            bench.turn()
            if again:
                bench.go(bench.session.disconnect()).result()
            assert bench.link.user is None
            bench.connect().result()
