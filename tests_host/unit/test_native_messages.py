"""The native engine's messages: whole, empty, in parts, too long, damaged. See joining.py."""

from rig.nativedesk import Native, native

GAP = 1100  # ms: a little more than ends a message in parts


def lengths(desk):
    return [(topic, len(payload)) for topic, payload in desk.taken()]


def parts(desk, topic, payload, sizes):
    """A message as the module hands it over."""
    at = 0
    for size in sizes:
        desk.message(topic, payload[at : at + size])
        at += size
    assert at == len(payload)


def losses(desk):
    return [detail for name, detail in desk.told if name == "lost"]


@native()
def test_whole(desk):
    for topic, payload in (
        (b"t", b"x"),
        (b"t", b""),
        (b"e/a,b", b"\r\nOK\r\n"),
        (b'e/a"b', b"+MQTTDISCONNECTED:0\r\n"),
        (b'a",b', b"\r\nready\r\n"),
        (b"t", b'+MQTTSUBRECV:0,"t",3,abc\r\n'),
        ("é€".encode(), bytes(range(60))),
        (b"t", b"ends with CR\r"),
    ):
        desk.message(topic, payload)
        assert desk.taken() == [(topic, payload)]
    assert desk.client.connected and desk.told == [("up", None)]
    assert desk.client.stats["received"] == 8


def test_glued_and_among_answers():
    with Native() as desk:
        desk.connect()
        task = desk.go(desk.client.publish("t", "x", 1))
        desk.hears(b'AT+MQTTPUB=0,"t","x",1,0\r\n')
        desk.says(
            b'+MQTTSUBRECV:0,"t/0",2,q0\r\n+MQTTSUBRECV:0,"t/1",2,q1\r\n'
            b'\r\nOK\r\n+MQTTSUBRECV:0,"t/2",2,q2\r\n'
        )
        task.result()
        assert desk.taken() == [(b"t/0", b"q0"), (b"t/1", b"q1"), (b"t/2", b"q2")]


def test_between_prompt_and_result():
    with Native() as desk:
        desk.connect()
        task = desk.go(desk.client.publish("t", b"\0", 1))
        desk.hears(b'AT+MQTTPUBRAW=0,"t",1,1,0\r\n')
        desk.says(b'\r\nOK\r\n+MQTTSUBRECV:0,"t",3,\r\n>\r\n\r\n>')
        desk.hears(b"\0")
        desk.says(b'+MQTTSUBRECV:0,"t",13,+MQTTPUB:OK\r\n\r\n')
        assert not task.done
        desk.says(b"+MQTTPUB:OK\r\n")
        task.result()
        assert desk.taken() == [(b"t", b"\r\n>"), (b"t", b"+MQTTPUB:OK\r\n")]


# payload's length, its parts: as ESP-AT 4.1 was seen to cut it (buffer 1024, TCP segments)
RECORDED = (
    (b"r/1", 1500, (1016, 484)),
    (b"r/0", 5000, (1016, 1024, 1024, 1024, 912)),
    (b"r/x", 3920, (1014, 416, 1024, 416, 1024, 26)),  # QoS 1; a segment after a segment
    (b"r/0", 1016, (1016,)),  # it fits just so, and nothing follows
    (b"r/2", 4000, (1013, 427, 1024, 416, 1024, 96)),  # of more than 16383 bytes they begin so
)


def test_in_parts():
    for topic, n, sizes in RECORDED:
        with Native({"max_payload": 5000}) as desk:
            desk.connect()
            payload = bytes([i * 7 & 255 for i in range(n)])
            parts(desk, topic, payload, sizes)
            assert desk.taken() == []
            desk.wait(900)
            assert desk.taken() == []  # more may come
            desk.wait(GAP - 900)
            assert desk.taken() == [(topic, payload)]
            assert desk.client.stats["joined"] == (len(sizes) > 1)
            desk.wait(5000)
            assert desk.taken() == []


def test_a_short_part_is_not_the_end():
    with Native() as desk:
        desk.connect()
        desk.message(b"t", b"a" * 1018)
        desk.message(b"t", b"b" * 10)
        desk.wait(900)
        desk.message(b"t", b"c" * 1024)
        desk.wait(900)
        desk.message(b"t", b"d")
        desk.wait(GAP)
        assert desk.taken() == [(b"t", b"a" * 1018 + b"b" * 10 + b"c" * 1024 + b"d")]


def test_ended_by_another_topic():
    with Native() as desk:
        desk.connect()
        desk.message(b"t", b"a" * 1018)
        desk.message(b"t", b"b" * 10)
        desk.message(b"u", b"other")
        assert desk.taken() == [(b"t", b"a" * 1018 + b"b" * 10), (b"u", b"other")]
        desk.message(b"t", b"next")
        assert desk.taken() == [(b"t", b"next")]
        assert losses(desk) == []


def test_one_long_message_after_the_other():
    """A part as long as the first one begins the next."""
    with Native({"rx_queue": 20}) as desk:
        desk.connect()
        for letter in (b"a", b"b", b"c"):
            parts(desk, b"t", letter * 1500, (1018, 482))
        desk.message(b"u", b"a" * 1018)
        desk.wait(GAP)
        assert desk.taken() == [
            (b"t", b"a" * 1500),
            (b"t", b"b" * 1500),
            (b"t", b"c" * 1500),
            (b"u", b"a" * 1018),
        ]


def test_parts_without_a_topic():
    """Old builds leave it out: it is the one before's. Without one before, it is lost."""
    with Native() as desk:
        desk.connect()
        desk.message(b"", b"orphan")
        assert desk.taken() == [] and losses(desk) == [None]
        desk.message(b"t", b"a" * 1018)
        desk.message(b"", b"b" * 1024)
        desk.message(b"", b"c")
        desk.wait(GAP)
        assert desk.taken() == [(b"t", b"a" * 1018 + b"b" * 1024 + b"c")]
        assert desk.client.stats["lost"] == 1


def test_a_part_that_cannot_be_the_first():
    """No message begins with one: what it belongs to has ended too early, or its start is lost."""
    with Native() as desk:
        desk.connect()
        desk.message(b"t", b"a" * 1018)
        desk.wait(GAP)
        desk.message(b"t", b"b" * 1024)
        assert lengths(desk) == [(b"t", 1018)]
        assert losses(desk) == [b"t"]


def test_too_long():
    for topic, n, sizes in RECORDED[:3]:
        with Native({"max_payload": n - 1}) as desk:
            told = []
            desk.client._on_oversize = lambda topic, size: told.append((topic, size))  # noqa: B023
            desk.connect()
            parts(desk, topic, b"x" * n, sizes)
            desk.wait(GAP)
            assert desk.taken() == [] and told == [(topic, n)]
            assert desk.client.stats["oversize"] == 1
            desk.message(topic, b"next")
            assert desk.taken() == [(topic, b"next")]
    with Native({"max_payload": 3}) as desk:
        desk.connect()
        desk.message(b"t", b"four")
        assert desk.taken() == [] and desk.client.stats["oversize"] == 1


def test_lengths_no_module_has():
    for head in (b"2000000000,", b"-1,x\r\n", b"99999999999,x\r\n", b"1e3,x\r\n", b",\r\n"):
        with Native() as desk:
            desk.connect()
            desk.says(b'+MQTTSUBRECV:0,"t",' + head)
            desk.wait(2000)
            desk.says(b"\r\n")
            desk.message(b"t", b"next")
            assert desk.taken() == [(b"t", b"next")], head


def test_damaged():
    """Bytes are missing: neither it nor what it is a part of is delivered, and it is told."""
    with Native() as desk:
        desk.connect()
        desk.says(b'+MQTTSUBRECV:0,"t",10,1234567\r\nrest of a line\r\n')
        assert desk.taken() == [] and losses(desk) == [b"t"]
        desk.message(b"t", b"next")
        assert desk.taken() == [(b"t", b"next")]


def test_damaged_parts():
    for bad in range(3):
        with Native() as desk:
            desk.connect()
            for i, n in enumerate((1018, 416, 1024)):
                part = b"x" * (n - 10 if i == bad else n)
                desk.says(b'+MQTTSUBRECV:0,"t",%d,' % n + part + b"\r\n")
                if i == bad:
                    desk.wait(1100, 1100) if i == 2 else desk.says(b"z" * 20 + b"\r\n")
            desk.wait(GAP + 1000)
            assert desk.taken() == [], bad
            assert losses(desk) == [b"t"], bad
            assert desk.client.stats["received"] == 0
            desk.message(b"t", b"next")
            assert desk.taken() == [(b"t", b"next")]


def test_a_part_of_which_the_head_is_lost():
    """The line that is left of it is garbage; it may have been a part of the message."""
    with Native() as desk:
        desk.connect()
        desk.message(b"t", b"a" * 1018)
        desk.says(b"a" * 300 + b"\r\n")
        desk.message(b"t", b"c" * 100)
        desk.wait(GAP)
        assert desk.taken() == [] and losses(desk) == [b"t"]


def test_the_connection_goes_in_the_middle():
    with Native() as desk:
        desk.connect()
        desk.message(b"t", b"a" * 1018)
        desk.says(b"+MQTTDISCONNECTED:0\r\n")
        desk.wait(GAP)
        assert desk.taken() == [] and losses(desk) == [b"t"]


def test_part_by_part():
    told = []
    options = {"on_part": lambda topic, part: told.append((topic, part)), "max_payload": 100}
    with Native(options) as desk:
        desk.connect()
        desk.message(b"t", b"short")
        parts(desk, b"t", b"x" * 3000, (1018, 416, 1024, 542))
        assert [(topic, len(part)) for topic, part in told] == [
            (b"t", 1018),
            (b"t", 416),
            (b"t", 1024),
            (b"t", 542),
        ]
        desk.wait(GAP)
        assert told[4:] == [(b"t", None)]
        assert desk.taken() == [(b"t", b"short")]
        assert desk.client.stats["received"] == 2


def test_an_on_part_that_fails():
    def on_part(topic, part):
        raise KeyError(topic)

    with Native({"on_part": on_part}) as desk:
        desk.connect()
        parts(desk, b"t", b"x" * 1500, (1018, 482))
        desk.wait(GAP)
        assert desk.client.stats["callback_errors"] == 3
        assert [name for name, _ in desk.told] == ["up"] + ["on_part"] * 3


def test_a_slow_application():
    """The inbox is full: the application gets a turn; only then does the policy decide."""
    for policy, kept in (("drop-oldest", b"2"), ("drop-newest", b"1")):
        with Native({"rx_queue": 1, "rx_policy": policy}) as desk:
            desk.connect()
            desk.uart.feed(b'+MQTTSUBRECV:0,"t",1,1\r\n+MQTTSUBRECV:0,"t",1,2\r\n')
            desk.channel.poll()
            assert desk.taken() == [(b"t", b"1"), (b"t", b"2")][:1]
            assert desk.taken() == [(b"t", b"2")]
            desk.message(b"t", b"1")
            desk.message(b"t", b"2")
            assert desk.taken() == [(b"t", kept)]
            assert desk.client.stats["dropped"] == 1


def test_a_part_that_takes_long_to_come():
    """At 9600 baud a part takes a second."""
    with Native() as desk:
        desk.connect()
        desk.message(b"t", b"a" * 1018)
        desk.wait(500)
        desk.says(b'+MQTTSUBRECV:0,"t",1000,')
        for _ in range(10):
            desk.wait(150)
            desk.says(b"b" * 100)
        assert desk.taken() == []
        desk.says(b"\r\n")
        desk.wait(GAP)
        assert lengths(desk) == [(b"t", 2018)]


def test_damaged_after_the_end_of_another():
    with Native() as desk:
        desk.connect()
        parts(desk, b"t", b"x" * 1100, (1018, 82))
        desk.says(b'+MQTTSUBRECV:0,"u",10,1234567\r\nrest of a line\r\n')
        desk.message(b"t", b"next")
        assert losses(desk) == [b"t", b"u"]  # the damage may have hidden a part of the first
        assert desk.taken() == [(b"t", b"next")]


def test_no_gap_while_the_application_is_busy():
    """What is here already counts, however late it is looked at."""
    with Native() as desk:
        desk.connect()
        desk.message(b"t", b"a" * 1018)
        desk.pass_by(5000)
        desk.message(b"t", b"b" * 100)
        desk.wait(GAP)
        assert lengths(desk) == [(b"t", 1118)]


def test_a_message_of_bytes_that_are_commands():
    with Native() as desk:
        desk.connect()
        desk.message(b"t", b"\r\nAT+RST\r\n" * 50)
        desk.message(b"a\r\nAT+RST", b"x")  # a topic that no line can hold
        desk.message(b"t", b"next")
        assert desk.taken()[-1] == (b"t", b"next")
        desk.hears(b"")
