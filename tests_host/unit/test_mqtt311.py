"""MQTT 3.1.1 packets as literal bytes, and what may stand in a topic."""

from atmqtt import asking, mqtt311, options
from plain import raises


def test_remaining_length_at_the_limits_of_its_bytes():
    for value, expected in (
        (0, b"\x00"),
        (127, b"\x7f"),
        (128, b"\x80\x01"),
        (16383, b"\xff\x7f"),
        (16384, b"\x80\x80\x01"),
        (2097151, b"\xff\xff\x7f"),
        (2097152, b"\x80\x80\x80\x01"),
        (268435455, b"\xff\xff\xff\x7f"),
    ):
        assert mqtt311.remaining_length(value) == expected, value


def test_remaining_length_beyond_four_bytes():
    for value in (-1, 268435456):
        raises(ValueError, "too long", mqtt311.remaining_length, value)


def test_connect_with_nothing_optional():
    packet = options.connect(b"abc", None, None, 60, True)
    assert packet == b"\x10\x0f\0\x04MQTT\x04\x02\0\x3c\0\x03abc"


def test_connect_keeping_the_session():
    packet = options.connect(b"abc", None, None, 0x1234, False)
    assert packet == b"\x10\x0f\0\x04MQTT\x04\0\x12\x34\0\x03abc"


def test_connect_with_everything_in_order():
    """Client id, will topic, will message, user name, password (MQTT-3.1.3-1)."""
    packet = options.connect(b"c", b"u", b"\0p", 1, True, (b"w", b"gone", 1, True))
    assert packet == (b"\x10\x1d\0\x04MQTT\x04\xee\0\x01\0\x01c\0\x01w\0\x04gone\0\x01u\0\x02\0p")


def test_connect_flags():
    will = b"w", b"", 0, False
    for flags, user, password, clean, last_will in (
        (0x00, None, None, False, None),
        (0x02, None, None, True, None),
        (0x80, b"u", None, False, None),
        (0xC0, b"u", b"p", False, None),
        (0xC2, b"", b"", True, None),  # present and empty is not absent
        (0x06, None, None, True, will),
        (0x0E, None, None, True, (b"w", b"", 1, False)),
        (0x16, None, None, True, (b"w", b"", 2, False)),
        (0x26, None, None, True, (b"w", b"", 0, True)),
    ):
        packet = options.connect(b"c", user, password, 0, clean, last_will)
        assert packet[9] == flags, (flags, packet)


def test_publish_heads():
    """The payload follows the head; its length is counted in."""
    for arguments, expected in (
        ((b"a/b", 5, 0, False), b"\x30\x0a\0\x03a/b"),
        ((b"a/b", 0, 0, True), b"\x31\x05\0\x03a/b"),
        ((b"a/b", 5, 1, False, 10), b"\x32\x0c\0\x03a/b\0\x0a"),
        ((b"a/b", 5, 1, True, 0xABCD, True), b"\x3b\x0c\0\x03a/b\xab\xcd"),
        ((b"a/b", 5, 2, False, 65535), b"\x34\x0c\0\x03a/b\xff\xff"),
        ((b"t", 125, 0, False), b"\x30\x80\x01\0\x01t"),
        ((b"t", 268435452, 0, False), b"\x30\xff\xff\xff\x7f\0\x01t"),
    ):
        assert mqtt311.publish(*arguments) == expected, arguments


def test_longest_payload_fits_below_any_topic():
    topic = b"t" * 65535
    head = mqtt311.publish(topic, mqtt311.PAYLOAD_MAX, 1, False, 1)
    assert head[:5] == b"\x32\xff\xff\xff\x7f"
    raises(ValueError, "too long", mqtt311.publish, topic, mqtt311.PAYLOAD_MAX + 1, 1, False, 1)


def test_subscribe_unsubscribe_and_acknowledgements():
    assert asking.subscribe(10, b"a/#", 1) == b"\x82\x08\0\x0a\0\x03a/#\x01"
    assert asking.unsubscribe(0x1234, b"a/#") == b"\xa2\x07\x12\x34\0\x03a/#"
    assert asking.subscribe(1, b"t", 2) == b"\x82\x06\0\x01\0\x01t\x02"
    assert mqtt311.ack(0x40, 0xFFFE) == b"\x40\x02\xff\xfe"
    assert mqtt311.ack(0x50, 1) == b"\x50\x02\0\x01"
    assert mqtt311.ack(0x62, 256) == b"\x62\x02\x01\0"
    assert mqtt311.ack(0x70, 65535) == b"\x70\x02\xff\xff"


def test_long_packets_have_long_lengths():
    packet = asking.subscribe(1, b"t" * 65535, 0)
    assert packet[:8] == b"\x82\x84\x80\x04\0\x01\xff\xff"
    assert len(packet) == 4 + 2 + 2 + 65535 + 1


def test_topic_names():
    for topic, expected in (
        ("a/b", b"a/b"),
        (b"a/b", b"a/b"),
        (bytearray(b"/"), b"/"),
        (memoryview(b"$SYS/x"), b"$SYS/x"),
        ("stra\xdfe", b"stra\xc3\x9fe"),
        (" a b ", b" a b "),
        (b"\xef\xbb\xbfx", b"\xef\xbb\xbfx"),  # a byte order mark is never stripped
        (b"\xed\x9f\xbf", b"\xed\x9f\xbf"),  # the last before the surrogates
        (b"\xf0\x9f\x8e\x89", b"\xf0\x9f\x8e\x89"),
        (b"t" * 65535, b"t" * 65535),
    ):
        result = mqtt311.topic_name(topic)
        assert result == expected and type(result) is bytes, topic


def test_topic_names_that_are_none():
    for topic, text in (
        ("", "empty"),
        (b"", "empty"),
        ("a/+", "wildcard"),
        ("#", "wildcard"),
        ("a+b", "wildcard"),
        ("a\0b", "NUL"),
        (b"t" * 65536, "longer than 65535"),
        (None, "str or bytes"),
        (5, "str or bytes"),
        (["a"], "str or bytes"),
    ):
        error = raises(ValueError, text, mqtt311.topic_name, topic)
        assert str(error).startswith("topic: "), error


def test_ill_formed_utf8():
    """Overlong forms, surrogates, beyond U+10FFFF, cut off: wherever they stand (MQTT-1.5.3-1)."""
    for raw in (
        b"\xff",
        b"\x80",
        b"\xc3",
        b"\xe2\x82",
        b"\xf0\x9f\x8e",
        b"\xc0\x80",
        b"\xc1\xbf",
        b"\xe0\x9f\xbf",
        b"\xed\xa0\x80",
        b"\xed\xbf\xbf",
        b"\xf0\x8f\xbf\xbf",
        b"\xf4\x90\x80\x80",
        b"\xf5\x80\x80\x80",
        b"\xf6\x80\x80\x80",
        b"\xf7\xbf\xbf\xbf",
        b"\xf8\x88\x80\x80\x80",
    ):
        for topic in (raw, b"a" + raw, raw + b"/b", b"\xed\x9f\xbf" + raw):
            raises(ValueError, "topic: not UTF-8", mqtt311.topic_name, topic)


def test_code_points_at_the_edges():
    for topic in ("\x01", "\x7f", "\x80", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff"):
        assert mqtt311.topic_name(topic) == topic.encode()
    for raw in (b"\xf0\x90\x80\x80", b"\xf4\x8f\xbf\xbf"):
        assert mqtt311.topic_name(raw) == raw


def test_topic_filters():
    for topic in (
        "#",
        "+",
        "/",
        "a/#",
        "+/+",
        "a/+/b",
        "/#",
        "+/#",
        "$SYS/#",
        "a//#",
        "t" * 65535,
    ):
        assert asking.topic_filter(topic) == topic.encode()


def test_topic_filters_that_are_none():
    for topic, text in (
        ("", "empty"),
        ("a#", "alone"),
        ("a/#b", "alone"),
        ("##", "alone"),
        ("a+", "alone"),
        ("++", "alone"),
        ("a/+b/c", "alone"),
        ("#/", "last"),
        ("#/a", "last"),
        ("a/#/b", "last"),
        ("a\0", "NUL"),
        (b"\xc0\x80", "UTF-8"),
        ("t" * 65536, "longer"),
        (1, "str or bytes"),
    ):
        error = raises(ValueError, text, asking.topic_filter, topic)
        assert str(error).startswith("topic_filter: "), error


def test_quality():
    assert [mqtt311.quality(qos) for qos in (0, 1, 2)] == [0, 1, 2]
    for qos in (3, -1, None, "1", 0.5, b"0"):
        raises(ValueError, "qos: 0, 1 or 2", mqtt311.quality, qos)
    raises(ValueError, "will qos: 0, 1 or 2", mqtt311.quality, 3, "will qos")
