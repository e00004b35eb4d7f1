"""Brokers that break the protocol, or stretch it, through the whole driver: bytes on the UART.

Whatever comes, in whatever pieces, poll() raises nothing, and after it one can connect again.
"""

from malformed import BROKEN

from atmqtt.errors import MQTTError
from plain import raises
from rig.fakelink import CONNACK
from rig.overlink import Conversation
from rig.scripted import Desk

BEFORE = b"\x30\x06\0\x01tone"
BEHIND = b"\x30\x06\0\x01ttwo"
CLOSE = b"AT+CIPCLOSE\r\n"


def pieces(data, cut):
    """Two pieces, or one if the cut is at an end."""
    return [piece for piece in (data[:cut], data[cut:]) if piece]


def ways(data):
    """Whole, cut in two at every place, byte by byte."""
    for cut in range(len(data)):
        yield pieces(data, cut)
    if len(data) < 100:
        yield [data[i : i + 1] for i in range(len(data))]


class Hostile:
    """A connection after the other with a broker that breaks the protocol on each."""

    def __init__(self, desk):
        self.desk = desk
        self.talk = Conversation(desk)
        self.client = self.talk.client
        self.count = 0  # of broken connections
        self.lost = 0  # of those that had been made

    def is_closed(self, what):
        """The driver has noticed: the module is told to close, the client knows, once."""
        self.desk.hears(CLOSE)
        self.desk.says(b"CLOSED\r\n", b"\r\nOK\r\n")
        self.count += 1
        assert self.client.stats["protocol_errors"] == self.count, what
        assert len(self.client.lost) == self.lost, what
        assert not self.talk.session.connected, what
        assert not self.desk.link.is_open and self.desk.channel.idle(), what

    def breaks(self, blocks, kept, what):
        """The broker accepts us, then sends these blocks; messages `kept` are delivered."""
        talk = self.talk.connect()
        self.desk.brings(*blocks)
        self.lost += 1
        self.is_closed(what)
        assert str(self.client.lost[-1]).startswith("protocol error"), what
        while kept:
            assert talk.take() == kept[0], what
            kept = kept[1:]
        assert len(talk.inbox.waiting) == 0, what
        self.desk.hears(b"")

    def greets(self, blocks, what):
        """The broker sends these blocks where CONNACK should be."""
        task = self.talk.greeting()
        self.desk.brings(*blocks)
        self.is_closed(what)
        raises(MQTTError, "protocol error", task.result)

    def good(self):
        """After all that everything works, and the stream was never out of step."""
        self.talk.connect()
        self.desk.brings(BEFORE)
        assert self.talk.take() == b"one"
        task = self.talk.publish(b"x", 1)
        self.desk.takes(b"\x32\x06\0\x01t\0\x01x")
        self.desk.brings(b"\x40\x02\0\x01")
        task.result()
        stats = self.desk.modem.stats
        assert (stats["garbage"], stats["damaged"], stats["unknown"]) == (0, 0, 0)
        assert self.desk.events == []


def test_alone():
    for what, data in BROKEN:
        with Desk() as desk:
            hostile = Hostile(desk)
            for blocks in ways(data):
                hostile.breaks(blocks, [], (what, data, blocks))
            hostile.good()


def test_between_good_messages():
    """What came before it is delivered, what comes behind it is not."""
    for what, data in BROKEN:
        with Desk() as desk:
            hostile = Hostile(desk)
            for blocks in ways(BEFORE + data + BEHIND):
                hostile.breaks(blocks, [b"one"], (what, data, blocks))
            hostile.good()


def test_behind_messages_that_fill_the_inbox():
    """They hold back the block; it is read on when the application had its turn."""
    for what, data in BROKEN:
        with Desk() as desk:
            hostile = Hostile(desk)
            hostile.breaks([BEFORE + BEHIND + data], [b"one", b"two"], (what, data))
            hostile.good()


def test_instead_of_connack():
    for what, data in BROKEN:
        if data != CONNACK:
            with Desk() as desk:
                hostile = Hostile(desk)
                for blocks in ways(data + CONNACK):
                    hostile.greets(blocks, (what, data, blocks))
                hostile.good()


def test_fetched_from_a_module_that_keeps_what_comes():
    for what, data in BROKEN:
        with Desk() as desk:
            desk.modem.passive = True
            hostile = Hostile(desk)
            talk = hostile.talk
            talk.greeting()
            for part in (CONNACK, BEFORE + data + BEHIND):
                desk.says(b"\r\n+IPD,%d\r\n" % len(part))
                desk.hears(b"AT+CIPRECVDATA=%d\r\n" % desk.modem.dialect.block_max)
                desk.says(b"+CIPRECVDATA:%d," % len(part) + part)
                desk.hears(b"")
                desk.says(b"\r\nOK\r\n")
            hostile.lost += 1
            hostile.is_closed((what, data))
            assert talk.take() == b"one" and len(talk.inbox.waiting) == 0, what


def test_connacks_that_cannot_be():
    for data in (b"\x20\x02\x01\0", b"\x20\x02\x02\0", b"\x20\x02\xff\0", b"\x20\x02\x01\x05"):
        with Desk() as desk:
            hostile = Hostile(desk)
            for blocks in ways(data):
                hostile.greets(blocks, blocks)
            hostile.good()


def test_connack_in_any_pieces():
    for blocks in ways(CONNACK):
        with Desk() as desk:
            talk = Conversation(desk)
            task = talk.greeting()
            desk.brings(*blocks)
            assert task.result() is False


def test_refused_and_closed_is_refused():
    for blocks in ways(b"\x20\x02\0\x05"):
        with Desk() as desk:
            talk = Conversation(desk)
            task = talk.greeting()
            desk.brings(*blocks)
            desk.says(b"CLOSED\r\n")
            assert raises(MQTTError, "not authorized", task.result).code == 5
            desk.hears(CLOSE)
            desk.says(b"\r\nERROR\r\n")
            talk.connect()


def test_a_message_of_20000_bytes_is_read_past():
    data = b"\x30\xa0\x9c\x01\0\x01t" + b"\r\n+IPD,4:" * 2300
    data = data[: 4 + 20000] + BEHIND
    for size in (1460, 1461, 2920):
        with Desk() as desk:
            talk = Conversation(desk).connect()
            desk.brings(*[data[i : i + size] for i in range(0, len(data), size)])
            assert talk.client.events == [("oversize", b"t", 19997)]
            assert talk.take() == b"two"


# --- strange, and within the protocol


def test_a_message_of_qos_1_twice():
    data = b"\x32\x06\0\x01t\0\x05x" + b"\x3a\x06\0\x01t\0\x05x"
    for blocks in ways(data):
        with Desk() as desk:
            talk = Conversation(desk).connect()
            desk.brings(*blocks)
            for _ in range(2):  # DUP says nothing: each may be a message of its own
                assert talk.take() == b"x"
                desk.takes(b"\x40\x02\0\x05")
            assert len(talk.inbox.waiting) == 0


def test_a_message_of_qos_2_twice_is_delivered_once():
    data = b"\x34\x06\0\x01t\0\x05x" + b"\x3c\x06\0\x01t\0\x05x"
    for blocks in ways(data):
        with Desk() as desk:
            talk = Conversation(desk).connect()
            desk.brings(*blocks)
            assert talk.take() == b"x"
            for _ in range(2):
                desk.takes(b"\x50\x02\0\x05")
            assert len(talk.inbox.waiting) == 0
            for _ in range(2):  # the second is of an id that is unknown by then
                desk.brings(b"\x62\x02\0\x05")
                desk.takes(b"\x70\x02\0\x05")


def test_a_message_before_suback():
    for blocks in ways(BEFORE + b"\x90\x03\0\x01\x02"):
        with Desk() as desk:
            talk = Conversation(desk).connect()
            task = desk.go(talk.session.subscribe(b"t", 2))
            desk.takes(b"\x82\x06\0\x01\0\x01t\x02")
            desk.brings(*blocks)
            assert task.result() == 2
            assert talk.take() == b"one"


def test_a_message_between_pubrec_and_pubcomp():
    for blocks in ways(b"\x50\x02\0\x01" + BEFORE):
        with Desk() as desk:
            talk = Conversation(desk).connect()
            task = talk.publish(b"x", 2)
            desk.takes(b"\x34\x06\0\x01t\0\x01x")
            desk.brings(*blocks)
            assert talk.take() == b"one"
            desk.takes(b"\x62\x02\0\x01")
            assert not task.done
            desk.brings(b"\x70\x02\0\x01")
            task.result()


def test_suback_concerns_the_subscription_it_names():
    for blocks in ways(b"\x90\x03\0\x09\0" + b"\x90\x03\0\x01\x80" + b"\x90\x03\0\x02\x01"):
        with Desk() as desk:
            talk = Conversation(desk).connect()
            first = desk.go(talk.session.subscribe(b"a", 1))
            second = desk.go(talk.session.subscribe(b"b", 1))
            desk.takes(b"\x82\x06\0\x01\0\x01a\x01")
            desk.takes(b"\x82\x06\0\x02\0\x01b\x01")
            desk.brings(*blocks)
            assert raises(MQTTError, "subscription refused", first.result).code == 0x80
            assert second.result() == 1
            assert talk.client.stats["unexpected"] == 1
            assert talk.session.connected


def test_answers_nobody_has_asked_for():
    """PUBACK, PUBCOMP, UNSUBACK of unknown ids, PINGRESP without a PINGREQ: counted."""
    data = b"\x40\x02\0\x07" + b"\x70\x02\0\x07" + b"\xb0\x02\0\x07" + b"\xd0\0"
    for blocks in ways(data):
        with Desk() as desk:
            talk = Conversation(desk).connect()
            desk.brings(*blocks)
            desk.brings(BEFORE)
            assert talk.take() == b"one"
            assert talk.client.stats["unexpected"] == 4
            desk.hears(b"")


def test_pubrec_of_an_unknown_id_is_released():
    for blocks in ways(b"\x50\x02\0\x07"):
        with Desk() as desk:
            talk = Conversation(desk).connect()
            desk.brings(*blocks)
            desk.takes(b"\x62\x02\0\x07")
            assert talk.client.stats["unexpected"] == 1
