"""How a session begins: CONNACK and everything that may come instead of it."""

from atmqtt.errors import ATError, ATTimeout, MQTTError
from plain import raises
from rig.fakelink import CONNACK, Bench


def connecting(bench, clean=True):
    return bench.go(bench.session.connect(b"broker", 1883, b"HELLO", clean, 60))


def test_accepted():
    with Bench() as bench:
        task = connecting(bench)
        assert not task.done
        assert bench.link.sent == [b"HELLO"]
        bench.receive(CONNACK)
        assert task.result() is False
        assert bench.session.connected


def test_refused():
    for code, text in (
        (1, "protocol version"),
        (2, "client id"),
        (3, "unavailable"),
        (4, "user name or password"),
        (5, "not authorized"),
        (6, "refused"),
        (255, "refused"),
    ):
        with Bench() as bench:
            task = bench.connect(connack=bytes((0x20, 2, 0, code)))
            error = raises(MQTTError, text, task.result)
            assert error.code == code
            assert not bench.session.connected
            assert bench.link.user is None  # closed at this end too
            assert bench.client.lost == []  # nobody was told it was up


def test_the_return_code_outlives_the_closed_connection():
    """A broker that refuses closes at once; often both arrive together."""
    with Bench() as bench:
        task = connecting(bench)
        bench.link.user.on_data(b"\x20\x02\0\x05", 0, 4)
        bench.link.lose(MQTTError("closed by the other side"))
        bench.turn()
        assert raises(MQTTError, "not authorized", task.result).code == 5


def test_closed_before_connack():
    with Bench() as bench:
        task = connecting(bench)
        bench.link.lose(MQTTError("closed by the other side"))
        bench.turn()
        error = raises(MQTTError, "closed by the other side", task.result)
        assert error.code is None
        assert bench.client.lost == []


def test_no_connack():
    with Bench() as bench:
        task = connecting(bench)
        bench.wait(19000)
        assert not task.done
        bench.wait(2000)
        raises(MQTTError, "no answer", task.result)
        assert bench.link.user is None


def test_half_a_connack_is_none():
    with Bench() as bench:
        task = bench.connect(connack=b"\x20\x02\0")
        assert not task.done
        bench.receive(b"\0")
        task.result()
        assert bench.session.connected


def test_session_present():
    for clean, flags, expected in ((False, 1, True), (False, 0, False), (True, 0, False)):
        with Bench() as bench:
            task = bench.connect(clean=clean, connack=bytes((0x20, 2, flags, 0)))
            assert task.result() is expected


def test_session_present_where_none_can_be():
    """With a clean session, or together with a refusal (MQTT-3.2.2-1, MQTT-3.2.2-4)."""
    for clean, flags, code in ((True, 1, 0), (False, 1, 2), (True, 1, 5), (False, 2, 0)):
        with Bench() as bench:
            task = bench.connect(clean=clean, connack=bytes((0x20, 2, flags, code)))
            raises(MQTTError, "protocol error", task.result)
            assert bench.stats["protocol_errors"] == 1
            assert bench.link.user is None


def test_anything_before_connack_breaks_the_protocol():
    for packet in (
        b"\x30\x04\0\x01tx",
        b"\x32\x06\0\x01t\0\x01x",
        b"\x40\x02\0\x01",
        b"\x90\x03\0\x01\0",
        b"\xb0\x02\0\x01",
        b"\xd0\0",
        b"\x30\xff\xff\x7f",  # too long to keep
    ):
        with Bench() as bench:
            task = bench.connect(connack=packet)
            raises(MQTTError, "protocol error", task.result)
            assert bench.stats["protocol_errors"] == 1
            assert (
                len(bench.inbox.waiting) == bench.stats["received"] == bench.stats["oversize"] == 0
            )


def test_a_second_connack_closes():
    with Bench() as bench:
        bench.connect()
        bench.receive(CONNACK)
        assert not bench.session.connected
        assert bench.stats["protocol_errors"] == 1
        assert len(bench.client.lost) == 1


def test_packets_right_behind_connack():
    """The broker of a kept session sends what has waited in the same segment."""
    with Bench() as bench:
        bench.connect(clean=False, connack=b"\x20\x02\x01\0\x30\x04\0\x01tx")
        assert bench.session.connected
        assert bench.inbox.waiting[0][1] == b"x"


def test_the_link_cannot_be_opened():
    for error in (ATError("refused", 0x123), ATTimeout("no answer"), MQTTError("in use")):
        with Bench() as bench:
            bench.link.refusal = error
            task = connecting(bench)
            assert raises(OSError, "", task.result) is error
            assert bench.link.sent == []


def test_again_after_each_kind_of_failure():
    for connack in (b"\x20\x02\0\x03", b"\x20\x02\x01\0", b"\xf0\0", b"\x20\x02\0", b"\x30\x09\0"):
        with Bench() as bench:
            bench.connect(connack=connack)
            bench.wait(21000)  # for those that are no answer
            assert not bench.session.connected
            bench.connect().result()
            assert bench.session.connected
            task = bench.go(bench.session.publish(b"t", b"x", 0, False))
            task.result()


def test_a_cancelled_connect_closes_the_link():
    with Bench() as bench:
        task = connecting(bench)
        task.cancel()
        assert task.done
        assert bench.link.user is None
        bench.connect().result()
        assert bench.session.connected


def test_calls_before_connect():
    with Bench() as bench:
        session = bench.session
        for call in (
            session.publish(b"t", b"x", 0, False),
            session.subscribe(b"t", 0),
            session.unsubscribe(b"t"),
        ):
            raises(MQTTError, "not connected", bench.go(call).result)
        bench.go(session.disconnect()).result()
        assert bench.link.sent == []
