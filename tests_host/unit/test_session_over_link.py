"""A session, its link and the module's words together."""

from atmqtt.dialects import air601
from atmqtt.errors import ATError, MQTTError
from plain import raises
from rig.fakelink import CONNACK
from rig.overlink import CONNECTED, HELLO, START, Conversation
from rig.scripted import Desk

CLOSE = b"AT+CIPCLOSE\r\n"
PRESENT = b"\x20\x02\x01\0"
SEND8 = b"AT+CIPSEND=8\r\n"


def test_connect_publish_receive_disconnect():
    with Desk() as desk:
        talk = Conversation(desk).connect()
        task = talk.publish(b"hello", qos=1)
        desk.takes(b"\x32\x0a\0\x01t\0\x01hello")
        assert not task.done
        desk.brings(b"\x40\x02\0\x01")
        task.result()
        desk.brings(b"\x32\x0a\0\x01t\0\x09w", b"orld")
        assert talk.take() == b"world"
        desk.takes(b"\x40\x02\0\x09")
        task = desk.go(talk.session.disconnect())
        desk.takes(b"\xe0\0")
        desk.hears(CLOSE)
        desk.says(b"CLOSED\r\n\r\nOK\r\n")
        task.result()
        assert talk.client.lost == []


def test_payloads_that_look_like_the_module():
    for payload in (b"\r\nOK\r\n", b"\r\n+IPD,9:", b"CLOSED\r\n", b"\r\nready\r\n", b"\r\n>"):
        with Desk() as desk:
            talk = Conversation(desk).connect()
            packet = bytes((0x30, 3 + len(payload))) + b"\0\x01t" + payload
            task = talk.publish(payload)
            desk.takes(packet)
            task.result()
            desk.brings(packet)
            assert talk.take() == payload
            assert talk.session.connected


def test_plus_plus_plus_is_never_written_alone():
    """In a burst of its own it would end the module's data phase."""
    for payload in (b"+++", bytearray(b"+++"), b"++++", b"+" * 6):
        with Desk() as desk:
            talk = Conversation(desk).connect()
            writes = []
            write = desk.uart.write

            def note(buf, off, n, writes=writes, write=write):
                writes.append(bytes(memoryview(buf)[off : off + n]))
                return write(buf, off, n)

            desk.uart.write = note
            task = talk.publish(payload)
            desk.takes(bytes((0x30, 3 + len(payload))) + b"\0\x01t" + bytes(payload))
            task.result()
            assert b"+++" not in writes


def test_the_link_is_refused():
    with Desk() as desk:
        talk = Conversation(desk)
        task = talk.connecting()
        desk.hears(START)
        desk.says(b"\r\nERROR\r\n")
        desk.hears(CLOSE)
        desk.says(b"\r\nERROR\r\n")
        raises(ATError, "CIPSTART refused", task.result)
        talk.connect()


def test_the_link_was_open_already():
    with Desk() as desk:
        talk = Conversation(desk)
        task = talk.connecting()
        desk.hears(START)
        desk.says(b"ALREADY CONNECTED\r\n\r\nERROR\r\n")
        desk.hears(CLOSE)
        desk.says(b"CLOSED\r\n\r\nOK\r\n")
        desk.hears(START)
        desk.says(CONNECTED)
        desk.takes(HELLO)
        desk.brings(CONNACK)
        task.result()


def test_closed_before_connack():
    with Desk() as desk:
        talk = Conversation(desk)
        task = talk.greeting()
        desk.says(b"CLOSED\r\n")
        raises(MQTTError, "closed by the other side", task.result)
        talk.connect()


def test_the_return_code_outlives_the_closed_connection():
    with Desk() as desk:
        talk = Conversation(desk)
        task = talk.greeting()
        desk.says(b"\r\n+IPD,4:\x20\x02\0\x04\r\nCLOSED\r\n")
        assert raises(MQTTError, "user name", task.result).code == 4


def test_lost_is_reported_once():
    with Desk() as desk:
        talk = Conversation(desk).connect()
        tasks = [talk.publish(b"x", qos=1), talk.publish(b"y"), talk.publish(b"z")]
        desk.hears(b"AT+CIPSEND=8\r\n")
        desk.says(b"CLOSED\r\n", b"\r\nERROR\r\n", b"CLOSED\r\n")
        for task in tasks:
            raises(OSError, "", task.result)
        assert len(talk.client.lost) == 1
        talk.connect()


def test_a_damaged_block_closes_the_session():
    """Its stream has a hole: QoS 1 comes again, on a new connection."""
    with Desk() as desk:
        talk = Conversation(desk).connect()
        desk.says(b"\r\n+IPD,7:\x30\x04\0\x01tx\r\n\r\n")
        assert not talk.session.connected
        assert len(talk.inbox.waiting) == 0
        desk.hears(CLOSE)
        desk.says(b"CLOSED\r\n\r\nOK\r\n")
        talk.connect()


def test_a_broken_protocol_closes_the_link():
    with Desk() as desk:
        talk = Conversation(desk).connect()
        desk.brings(b"\xf0\0")
        assert (talk.session.connected, talk.client.stats["protocol_errors"]) == (False, 1)
        desk.hears(CLOSE)
        desk.says(b"CLOSED\r\n\r\nOK\r\n")
        talk.connect()


def test_a_deadline_takes_back_what_was_not_sent():
    for qos in (0, 1):
        with Desk() as desk:
            talk = Conversation(desk).connect()
            first = talk.publish(b"one")
            task = talk.publish(b"two", qos=qos, deadline_ms=500)
            desk.wait(600)
            raises(MQTTError, "no answer in time", task.result)
            desk.takes(b"\x30\x06\0\x01tone")
            first.result()
            desk.hears(b"")


def test_a_deadline_does_not_stop_what_is_being_sent():
    with Desk() as desk:
        talk = Conversation(desk).connect()
        task = talk.publish(b"one", deadline_ms=500)
        desk.wait(600)
        raises(MQTTError, "no answer in time", task.result)
        desk.takes(b"\x30\x06\0\x01tone")
        assert talk.session.connected


def test_a_deadline_never_takes_back_half_a_packet():
    """What was taken back of a long packet would be missing in the stream."""
    payload = bytes(range(250)) * 50
    for qos in (0, 1):
        with Desk(air601) as desk:
            talk = Conversation(desk).connect()
            task = talk.publish(payload, qos=qos, deadline_ms=500)
            desk.wait(600)
            raises(MQTTError, "no answer in time", task.result)
            packet = b"\x32\xd9\x61\0\x01t\0\x01" if qos else b"\x30\xd7\x61\0\x01t"
            packet += payload
            for start in (0, 5760, 11520):
                desk.takes(packet[start : start + 5760])
            desk.hears(b"")
            if qos:
                desk.brings(b"\x40\x02\0\x01")
            assert talk.client.stats["unexpected"] == 0
            assert talk.session.connected


def test_a_full_inbox_stops_the_reading_once():
    """The application gets a turn; if it does not use it, the policy decides."""
    messages = [b"\x30\x04\0\x01t" + c for c in (b"a", b"b", b"c", b"d")]
    halves = [b"".join(messages[:2]), b"".join(messages[2:])]
    for blocks in (messages, [b"".join(messages)], halves):
        with Desk() as desk:
            talk = Conversation(desk).connect()
            for data in blocks:
                desk.uart.feed(b"\r\n+IPD,%d:" % len(data) + data + b"\r\n")
            taken = b""
            for _ in messages:
                desk.channel.poll()
                while talk.inbox.waiting:
                    taken += talk.inbox.waiting.pop(0)[1]
            assert taken == b"abcd", blocks
            assert talk.client.stats["dropped"] == 0


def test_a_full_inbox_does_not_stop_the_answers_behind_it():
    with Desk() as desk:
        talk = Conversation(desk).connect()
        task = talk.publish(b"x")
        desk.hears(b"AT+CIPSEND=6\r\n")
        for c in b"abcdefgh":
            desk.uart.feed(b"\r\n+IPD,6:\x30\x04\0\x01t" + bytes((c,)) + b"\r\n")
        desk.uart.feed(b"\r\nOK\r\n\r\n>")
        for _ in range(20):
            desk.channel.poll()
        desk.hears(b"\x30\x04\0\x01tx")
        desk.says(b"\r\nSEND OK\r\n")
        task.result()
        assert talk.client.stats["dropped"] == 6
        assert talk.take() + talk.take() == b"gh"


def test_keepalive_over_the_module():
    with Desk() as desk:
        Conversation(desk).connect(keepalive=4)
        desk.wait(2000)
        desk.takes(b"\xc0\0")
        desk.brings(b"\xd0\0")
        desk.wait(2000)
        desk.takes(b"\xc0\0")


def test_reset_of_the_module():
    with Desk() as desk:
        talk = Conversation(desk).connect()
        task = talk.publish(b"x", qos=1)
        desk.says(b"\r\nready\r\n")
        raises(OSError, "reset", task.result)
        assert [str(error) for error in talk.client.lost] == ["the module was reset"]
        desk.hears(b"AT+CIPSEND=8\r\n")  # and nothing else: it has forgotten the connection
        assert desk.channel.idle()


def closed(desk):
    """The module closes what it is asked to close."""
    desk.hears(CLOSE)
    desk.says(b"CLOSED\r\n\r\nOK\r\n")


def test_a_message_that_the_module_was_told_of_is_under_way():
    """Its deadline passes before the prompt comes: it leaves, so its id is in use."""
    with Desk() as desk:
        talk = Conversation(desk).connect()
        buffer = bytearray(b"before")
        task = talk.publish(buffer, qos=2, deadline_ms=500)
        desk.hears(b"AT+CIPSEND=13\r\n")
        desk.wait(600)
        raises(MQTTError, "may have been delivered", task.result)
        buffer[:] = b"behind"  # it is the caller's again
        desk.says(b"\r\nOK\r\n\r\n>")
        desk.hears(b"\x34\x0b\0\x01t\0\x01before")
        desk.says(b"\r\nSEND OK\r\n")
        desk.brings(b"\x50\x02\0\x01")
        desk.takes(b"\x62\x02\0\x01")
        desk.brings(b"\x70\x02\0\x01")
        assert talk.client.stats["unexpected"] == 0


def test_disconnect_meets_a_message_that_the_module_was_told_of():
    with Desk() as desk:
        talk = Conversation(desk, clean=False).connect()
        task = talk.publish(b"x", qos=2)
        desk.hears(SEND8)
        bye = desk.go(talk.session.disconnect())
        raises(MQTTError, "disconnected", task.result)
        desk.says(b"\r\nOK\r\n\r\n>")
        desk.hears(b"\x34\x06\0\x01t\0\x01x")
        desk.says(b"\r\nSEND OK\r\n")
        desk.takes(b"\xe0\0")
        closed(desk)
        bye.result()
        talk.connect(connack=PRESENT)
        desk.takes(b"\x3c\x06\0\x01t\0\x01x")


def test_resuming_over_the_module():
    with Desk() as desk:
        talk = Conversation(desk, clean=False).connect()
        tasks = [talk.publish(b"a", qos=2), talk.publish(b"b", qos=2), talk.publish(b"c", qos=1)]
        desk.takes(b"\x34\x06\0\x01t\0\x01a")
        desk.takes(b"\x34\x06\0\x01t\0\x02b")
        desk.brings(b"\x50\x02\0\x01")
        desk.takes(b"\x32\x06\0\x01t\0\x03c")
        desk.hears(b"AT+CIPSEND=4\r\n")  # PUBREL
        desk.says(b"CLOSED\r\n", b"\r\nERROR\r\n")
        assert not any(task.done for task in tasks)
        talk.connect(connack=PRESENT)
        desk.takes(b"\x3c\x06\0\x01t\0\x02b")
        desk.takes(b"\x3a\x06\0\x01t\0\x03c")
        desk.takes(b"\x62\x02\0\x01")
        desk.brings(b"\x70\x02\0\x01\x40\x02\0\x03\x50\x02\0\x02")
        desk.takes(b"\x62\x02\0\x02")
        desk.brings(b"\x70\x02\0\x02")
        for task in tasks:
            task.result()


def test_what_the_module_refused_was_not_sent():
    """The connection had gone: the next one gets it for the first time."""
    with Desk() as desk:
        talk = Conversation(desk, clean=False).connect()
        talk.publish(b"x", qos=2)
        desk.hears(SEND8)
        desk.says(b"link is not valid\r\n\r\nERROR\r\n")
        closed(desk)
        talk.connect(connack=PRESENT)
        desk.takes(b"\x34\x06\0\x01t\0\x01x")


def test_what_leaves_after_the_connection_was_given_up_was_sent():
    """The module was told of it before, and asks for it before it closes."""
    with Desk() as desk:
        talk = Conversation(desk, clean=False).connect()
        talk.publish(b"x", qos=2)
        desk.hears(SEND8)
        desk.brings(b"\xf0\0")
        assert not talk.session.connected
        desk.says(b"\r\nOK\r\n\r\n>")
        desk.hears(b"\x34\x06\0\x01t\0\x01x")
        desk.says(b"\r\nSEND OK\r\n")
        closed(desk)
        talk.connect(connack=PRESENT)
        desk.takes(b"\x3c\x06\0\x01t\0\x01x")


def test_what_a_late_prompt_gets_was_sent():
    """Ten seconds after AT+CIPSEND the connection is given up; the module still counts bytes.

    Its caller's deadline takes it back no more.
    """
    for deadline_ms in (None, 11000):
        with Desk() as desk:
            talk = Conversation(desk, clean=False).connect()
            task = talk.publish(b"x", qos=2, deadline_ms=deadline_ms)
            desk.hears(SEND8)
            desk.wait(10000)
            assert not talk.session.connected
            desk.hears(b"AT+CWMODE?\r\n")
            desk.says(b"\r\nOK\r\n\r\n>")
            desk.hears(b"\x34\x06\0\x01t\0\x01x")
            desk.says(b"\r\nSEND OK\r\n", b"+CWMODE:1\r\n\r\nOK\r\n")
            closed(desk)
            desk.wait(1000)
            assert task.done == bool(deadline_ms)
            talk.connect(connack=PRESENT)
            desk.takes(b"\x3c\x06\0\x01t\0\x01x")
