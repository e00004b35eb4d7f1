"""atsim's broker, byte for byte. Plain tests: they also run on MicroPython."""

from atsim.broker import Broker
from atsim.brokersession import Message
from plain import raises

HELLO = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x01a"  # client "a", clean session
HELLO_B = HELLO[:-1] + b"b"
STAY = b"\x10\x0d\x00\x04MQTT\x04\x00\x00\x00\x00\x01a"  # client "a", its session is kept
LAST_WILL = b"\x10\x13\x00\x04MQTT\x04\x0e\x00\x0a\x00\x01a\x00\x01w\x00\x01W"  # 10 s, QoS 1
ACCEPTED = b"\x20\x02\x00\x00"
RESUMED = b"\x20\x02\x01\x00"


def say(connection, *packets):
    """Send packets; return what the broker answers on the same connection."""
    connection.receive(b"".join(packets))
    return connection.take()


def enter(broker, hello=HELLO, answer=ACCEPTED):
    connection = broker.open()
    assert say(connection, hello) == answer
    return connection


def subscribed(broker, hello=HELLO, qos=2):
    """A client that has subscribed to everything."""
    connection = enter(broker, hello)
    granted = bytes([qos])
    assert say(connection, b"\x82\x06\x00\x01\x00\x01#" + granted) == b"\x90\x03\x00\x01" + granted
    return connection


def test_every_byte_of_a_conversation_may_come_alone():
    hello, filters = LAST_WILL, b"\x82\x06\x00\x01\x00\x01#\x02"
    messages = b"\x34\x06\x00\x01t\x00\x05x" + b"\x62\x02\x00\x05" + b"\xc0\x00"
    expected = ACCEPTED + b"\x90\x03\x00\x01\x02" + b"\x50\x02\x00\x05"
    expected += b"\x34\x06\x00\x01t\x00\x01x" + b"\x70\x02\x00\x05" + b"\xd0\x00"
    assert say(Broker().open(), hello + filters + messages) == expected
    connection = Broker().open()
    answer = b""
    for byte in hello + filters + messages:
        connection.receive(bytes([byte]))
        answer += connection.take(3) + connection.take()
    assert answer == expected


def test_other_protocol_levels_are_refused():
    for level in (3, 5):
        connection = Broker().open()
        hello = b"\x10\x0d\x00\x04MQTT" + bytes([level]) + b"\x02\x00\x00\x00\x01a"
        assert say(connection, hello) == b"\x20\x02\x00\x01"
        assert connection.closed


def test_credentials():
    right = b"\x10\x13\x00\x04MQTT\x04\xc2\x00\x00\x00\x01a\x00\x01u\x00\x01p"
    wrong = right[:-1] + b"q"
    for broker, code in (
        (Broker({"u": "p"}), b"\x05"),
        (Broker({"u": "p"}, refusal=4), b"\x04"),
    ):
        assert not enter(broker, right).closed
        for hello in (wrong, HELLO):
            assert enter(broker, hello, b"\x20\x02\x00" + code).closed


def test_empty_client_id():
    broker = Broker()
    named = enter(broker, b"\x10\x12\x00\x04MQTT\x04\x02\x00\x00\x00\x06auto-1")
    nameless = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x00\x00\x00"
    first, second = enter(broker, nameless), enter(broker, nameless)
    assert not named.closed and not first.closed and not second.closed
    kept = b"\x10\x0c\x00\x04MQTT\x04\x00\x00\x00\x00\x00"
    assert enter(broker, kept, b"\x20\x02\x00\x02").closed


def test_an_unfinished_connect_gets_no_answer_and_ninety_seconds():
    broker = Broker()
    connection = broker.open()
    assert say(connection, HELLO[:-1]) == b""
    assert broker.due() == 90000000
    broker.tick(89999999)
    assert not connection.closed
    broker.tick(90000000)
    assert connection.closed and broker.due() is None


def test_keepalive_ends_after_one_and_a_half_times_of_silence():
    broker = Broker()
    watcher = subscribed(broker, HELLO_B, qos=0)
    connection = enter(broker, LAST_WILL)
    broker.tick(10000000)
    connection.receive(b"\xc0")  # half a packet is none
    assert broker.due() == 5000000
    broker.tick(14999999)
    assert not connection.closed
    assert say(connection, b"\x00") == b"\xd0\x00"
    broker.tick(29999998)
    assert not connection.closed and watcher.take() == b""
    broker.tick(29999999)
    assert connection.closed and watcher.take() == b"\x30\x04\x00\x01wW"
    assert not watcher.closed  # its keepalive is 0
    assert broker.due() is None


def test_what_mosquitto_forgives_closes_the_connection_and_publishes_the_will():
    for wrong in (
        b"\xc1\x00",  # reserved flags
        b"\x42\x02\x00\x09",
        b"\x52\x02\x00\x09",
        b"\x72\x02\x00\x09",
        b"\xc0\x01x",  # surplus bytes
        b"\x40\x03\x00\x09x",
        b"\x62\x03\x00\x09x",
        b"\xe0\x01x",
        b"\x38\x04\x00\x01tx",  # DUP at QoS 0
        b"\xd0\x00",  # PINGRESP, SUBACK, UNSUBACK from a client
        b"\x90\x03\x00\x01\x00",
        b"\xb0\x02\x00\x01",
        LAST_WILL,  # a second CONNECT
    ):
        broker = Broker()
        watcher = subscribed(broker, HELLO_B)
        connection = enter(broker, LAST_WILL)
        assert say(connection, wrong, b"\x30\x03\x00\x01t") == b"", wrong
        assert connection.closed
        assert watcher.take() == b"\x32\x06\x00\x01w\x00\x01W", wrong


def test_disconnect_drops_the_will_and_what_comes_after_it():
    broker = Broker()
    watcher = subscribed(broker, HELLO_B)
    connection = enter(broker, LAST_WILL)
    assert say(connection, b"\xe0\x00", b"\x30\x03\x00\x01t", b"\xc0\x00") == b""
    connection.lost()
    assert connection.closed and watcher.take() == b""


def test_a_clean_session_ends_with_its_connection():
    broker = Broker()
    subscribed(broker).lost()
    raises(KeyError, "", broker.session, b"a")
    subscribed(broker, STAY).lost()
    assert broker.session(b"a").subscriptions == {b"#": 2}


def test_overlapping_subscriptions_give_one_copy_at_the_highest_qos():
    broker = Broker()
    connection = enter(broker)
    both = b"\x82\x0d\x00\x01\x00\x03a/b\x00\x00\x02a/\x00"
    assert say(connection, both) == b"\x90\x04\x00\x01\x00\x00"
    assert say(connection, b"\x82\x06\x00\x02\x00\x01#\x02") == b"\x90\x03\x00\x02\x02"
    broker.publish(Message(b"a/b", b"x", 2))
    assert connection.take() == b"\x34\x08\x00\x03a/b\x00\x01x"


def test_a_resumed_session_sends_again_with_dup_in_the_old_order():
    broker = Broker()
    connection = subscribed(broker, STAY)
    for payload, qos in ((b"1", 1), (b"2", 2), (b"3", 2)):
        broker.publish(Message(b"t", payload, qos))
    connection.take()
    assert say(connection, b"\x50\x02\x00\x02") == b"\x62\x02\x00\x02"
    connection.lost()
    broker.publish(Message(b"t", b"4", 1))
    broker.publish(Message(b"t", b"5", 0))
    again = b"\x3a\x06\x00\x01t\x00\x011" + b"\x62\x02\x00\x02" + b"\x3c\x06\x00\x01t\x00\x033"
    connection = enter(broker, STAY, RESUMED + again + b"\x32\x06\x00\x01t\x00\x044")
    assert say(connection, b"\x40\x02\x00\x01", b"\x70\x02\x00\x02", b"\x40\x02\x00\x04") == b""
    connection.lost()
    connection = enter(broker, STAY, RESUMED + b"\x3c\x06\x00\x01t\x00\x033")
    assert enter(broker, HELLO).take() == b""  # a clean session forgets all of it
    assert connection.closed
    enter(broker, STAY)


def test_an_incoming_qos_2_message_survives_the_connection():
    broker = Broker()
    watcher = subscribed(broker, HELLO_B, qos=0)
    connection = enter(broker, STAY)
    assert say(connection, b"\x34\x06\x00\x01t\x00\x05x") == b"\x50\x02\x00\x05"
    connection.lost()
    connection = enter(broker, STAY, RESUMED)
    assert say(connection, b"\x3c\x06\x00\x01t\x00\x05x") == b"\x50\x02\x00\x05"
    assert watcher.take() == b""
    assert say(connection, b"\x62\x02\x00\x05", b"\x62\x02\x00\x05") == b"\x70\x02\x00\x05" * 2
    assert watcher.take() == b"\x30\x04\x00\x01tx"


def test_the_window_is_kept_and_the_queue_is_bounded():
    broker = Broker()
    connection = subscribed(broker)
    session = broker.session(b"a")
    session.max_queued = 2
    for number in range(24):
        broker.publish(Message(b"t", bytes([number]), 1 + number % 2))
    sent = connection.take()
    assert len(sent) == 20 * 8 and sent[-1] == 19
    assert session.dropped == 2
    assert say(connection, b"\x50\x02\x00\x02") == b"\x62\x02\x00\x02"  # still in the window
    assert say(connection, b"\x40\x02\x00\x01") == b"\x32\x06\x00\x01t\x00\x15\x14"
    broker.publish(Message(b"t", b"now", 0))
    assert connection.take() == b"\x30\x06\x00\x01tnow"
    assert say(connection, b"\x70\x02\x00\x02") == b"\x34\x06\x00\x01t\x00\x16\x15"


def test_packet_ids_wrap_and_skip_those_in_flight():
    broker = Broker()
    connection = subscribed(broker)
    broker.publish(Message(b"t", b"", 1))
    assert connection.take() == b"\x32\x05\x00\x01t\x00\x01"
    for number in range(2, 65536):
        ident = bytes([number >> 8, number & 255])
        broker.publish(Message(b"t", b"", 1))
        assert say(connection, b"\x40\x02" + ident) == b"\x32\x05\x00\x01t" + ident
    broker.publish(Message(b"t", b"", 1))
    assert connection.take() == b"\x32\x05\x00\x01t\x00\x02"


def test_a_packet_too_long_closes_as_soon_as_its_length_is_known():
    broker = Broker()
    broker.max_packet = 130
    connection = enter(broker)
    assert say(connection, b"\x30\x82\x01\x00\x01t", bytes(127)) == b"" and not connection.closed
    assert say(connection, b"\x30\x83\x01") == b"" and connection.closed


def test_a_client_that_does_not_read_loses_qos_0_messages_and_then_the_connection():
    broker = Broker()
    broker.max_output = 10
    connection = subscribed(broker, qos=0)
    for _ in range(5):
        broker.publish(Message(b"t", b"x", 0))
    assert broker.dropped == 3
    assert connection.take(7) == b"\x30\x04\x00\x01tx\x30" and connection.pending == 5
    connection.receive(b"\xc0\x00" * 7)
    assert not connection.closed
    connection.receive(b"\xc0\x00" * 3)
    assert connection.closed


def test_retained_messages_are_bounded_and_cleared_by_an_empty_one():
    broker = Broker()
    broker.max_retained = 3
    for topic in (b"1", b"2", b"3", b"4", b"1"):
        broker.publish(Message(topic, b"x" + topic, 0, True))
    assert [message.topic for message in broker.retained(b"#")] == [b"1", b"2", b"3"]
    assert broker.dropped == 1
    broker.publish(Message(b"1", b"", 0, True))
    broker.publish(Message(b"3", b"new", 1, True))
    connection = enter(broker)
    expected = b"\x90\x03\x00\x01\x01" + b"\x31\x05\x00\x012x2" + b"\x33\x08\x00\x013\x00\x01new"
    assert say(connection, b"\x82\x06\x00\x01\x00\x01#\x01") == expected


def test_unreleased_qos_2_messages_are_bounded():
    broker = Broker()
    connection = enter(broker)
    broker.session(b"a").max_queued = 2
    assert say(connection, b"\x34\x05\x00\x01t\x00\x01" * 3) == b"\x50\x02\x00\x01" * 3
    assert say(connection, b"\x34\x05\x00\x01t\x00\x02") == b"\x50\x02\x00\x02"
    assert say(connection, b"\x34\x05\x00\x01t\x00\x03") == b"" and connection.closed


def test_remaining_lengths_of_one_to_three_bytes():
    for size, header in (
        (127, b"\x30\x7f"),
        (128, b"\x30\x80\x01"),
        (16383, b"\x30\xff\x7f"),
        (16384, b"\x30\x80\x80\x01"),
    ):
        broker = Broker()
        broker.max_packet = size
        connection = subscribed(broker, qos=0)
        packet = header + b"\x00\x01t" + bytes(size - 3)
        assert say(connection, packet) == packet
    broker = Broker()
    connection = enter(broker)
    assert say(connection, b"\x30\x80\x80\x80\x80") == b"" and connection.closed
