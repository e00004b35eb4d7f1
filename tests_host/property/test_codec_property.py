"""The MQTT codec on generated packets and on noise, against the broker's own codec."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atmqtt import asking, mqtt311, options
from atsim import brokerwire as wire
from atsim.brokertopics import valid_filter, valid_name
from rig.fakelink import Bench

LONGEST = 268435455
# the broker takes no control characters, as the standard allows it
TEXT = st.text(max_size=40).filter(lambda text: wire.valid_utf8(text.encode())).map(str.encode)
BINARY = st.binary(max_size=300)
TOPIC = TEXT.filter(lambda topic: topic and not set(b"+#") & set(topic))
QOS = st.integers(0, 2)
PID = st.integers(1, 65535)


def parse(packet):
    """(type, flags, Reader of the body) of the one packet in these bytes."""
    splitter = wire.Splitter(1 << 20)
    splitter.feed(packet)
    found = splitter.next()
    assert found is not None
    kind, flags, body = found
    assert packet.endswith(body)
    splitter.feed(b"\xd0\0")
    assert splitter.next() == (wire.PINGRESP, 0, b"")  # nothing is left over
    return kind, flags, wire.Reader(body)


@given(st.integers(1, LONGEST))
def test_remaining_length(n):
    splitter = wire.Splitter(0)
    splitter.feed(b"\x30" + mqtt311.remaining_length(n))
    with pytest.raises(wire.ProtocolError, match=f"^packet of {n} bytes$"):
        splitter.next()


@given(
    TEXT,
    st.none() | TEXT,
    st.none() | BINARY,
    st.integers(0, 65535),
    st.booleans(),
    st.none() | st.tuples(TOPIC, BINARY, QOS, st.booleans()),
)
def test_connect(client_id, username, password, keepalive, clean, will):
    if username is None:
        password = None
    packet = options.connect(client_id, username, password, keepalive, clean, will)
    kind, flags, reader = parse(packet)
    assert (kind, flags) == (wire.CONNECT, 0)
    fields = wire.Connect(reader.rest())
    assert (fields.level, fields.client_id, fields.keepalive) == (4, client_id, keepalive)
    assert (fields.username, fields.password) == (username, password)
    assert (fields.clean, fields.will) == (clean, will)


@given(TOPIC, BINARY, QOS, st.booleans(), PID, st.booleans())
def test_publish(topic, payload, qos, retain, pid, dup):
    dup = dup and qos > 0
    packet = mqtt311.publish(topic, len(payload), qos, retain, pid, dup) + payload
    assert packet == wire.encode_publish(topic, payload, qos, retain, dup, pid)
    kind, flags, reader = parse(packet)
    assert (kind, flags) == (wire.PUBLISH, dup << 3 | qos << 1 | retain)
    assert reader.text() == topic
    assert not qos or reader.packet_id() == pid
    assert reader.rest() == payload


@given(PID, TEXT, QOS)
def test_subscribe_unsubscribe_and_puback(pid, topic, qos):
    kind, flags, reader = parse(asking.subscribe(pid, topic, qos))
    assert (kind, flags) == (wire.SUBSCRIBE, 2)
    assert (reader.packet_id(), reader.text(), reader.byte()) == (pid, topic, qos)
    reader.end()
    kind, flags, reader = parse(asking.unsubscribe(pid, topic))
    assert (kind, flags) == (wire.UNSUBSCRIBE, 2)
    assert (reader.packet_id(), reader.text()) == (pid, topic)
    reader.end()
    assert mqtt311.ack(0x40, pid) == wire.encode_ack(wire.PUBACK, pid)


def accepted(check, topic):
    """Whether the library takes the topic."""
    try:
        return check(topic) == topic
    except ValueError:
        return False


@given(st.text("a/+#$", max_size=8).map(str.encode) | TEXT)
def test_names_and_filters_are_what_the_broker_takes(topic):
    assert accepted(mqtt311.topic_name, topic) == valid_name(topic)
    assert accepted(asking.topic_filter, topic) == valid_filter(topic)


@given(st.binary(max_size=6) | st.text("\ud7ff\ue000é€🎉a", max_size=3).map(str.encode))
def test_utf8_is_what_python_takes(raw):
    try:
        legal = bool(raw) and "\0" not in raw.decode() and not set(b"+#") & set(raw)
    except UnicodeDecodeError:
        legal = False
    assert accepted(mqtt311.topic_name, raw) == legal


# --- what a broker sends


def message(qos):
    """A strategy for PUBLISH packets: (bytes, what the inbox holds of it)."""

    def build(topic, payload, retain, pid, dup):
        flags = dup << 3 | qos << 1 | retain if qos else retain
        packet = wire.encode_publish(topic, payload, qos, retain, dup and qos > 0, pid)
        return packet, (topic, payload, int(flags), pid if qos else 0)

    return st.builds(build, TOPIC, PAYLOAD, st.booleans(), PID, st.booleans())


MAX_PAYLOAD = 64
PAYLOAD = BINARY | st.integers(MAX_PAYLOAD - 2, 700).map(lambda n: b"p" * n)
MESSAGES = st.lists(message(0) | message(1) | message(2), max_size=6)
CUTS = st.lists(st.integers(0, 2000), max_size=8)
PACKETS = MESSAGES.map(lambda found: b"".join(packet for packet, _ in found))
ANSWERS = st.lists(
    st.sampled_from(
        [
            b"\x40\x02\0\1",
            b"\x50\x02\0\2",
            b"\x62\x02\0\3",
            b"\x70\x02\0\2",
            b"\x90\x03\0\3\0",
            b"\xb0\x02\0\4",
            b"\xd0\0",
            b"\x30\xff\xff\x03",
            b"\x34\xff\xff\x03\0\1t\0\1",
        ]
    ),
    max_size=3,
).map(b"".join)


def flipped(data, at, bits):
    """The data with some bits of one byte inverted."""
    if not data:
        return data
    at %= len(data)
    return data[:at] + bytes([data[at] ^ bits]) + data[at + 1 :]


NOISE = (
    st.binary(max_size=200)
    | st.lists(PACKETS | ANSWERS | st.binary(max_size=4), max_size=4).map(b"".join)
    | st.builds(flipped, PACKETS, st.integers(0, 5000), st.integers(1, 255))
)


def pieces(data, cuts):
    """The data, cut at these positions."""
    at = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in zip(at, at[1:], strict=False)]


def outcome(parts, connected=True):
    """Everything a stream has done to a session that waits for answers."""
    with Bench(rx_queue=500, max_payload=MAX_PAYLOAD) as bench:
        session = bench.session
        if connected:
            bench.connect()
            calls = [
                bench.go(session.publish(b"t", b"x", 1, False)),
                bench.go(session.publish(b"t", b"x", 2, False)),
                bench.go(session.subscribe(b"t", 1)),
            ]
        else:
            calls = [bench.go(session.connect(b"broker", 1883, b"HELLO", False, 60))]
        for part in parts:
            bench.receive(part)
            piece = session.decoder.piece
            assert piece is None or len(piece) <= MAX_PAYLOAD + 512
        stats = bench.stats
        assert stats["protocol_errors"] == len(bench.link.dropped) <= 1
        if connected:
            assert session.connected == (not stats["protocol_errors"])
            assert len(bench.client.lost) == stats["protocol_errors"]
        inbox = bench.inbox
        messages = []
        while inbox.waiting:
            topic, payload, flags, pid = inbox.waiting.pop(0)
            messages.append((topic, payload, flags & 15, pid))
        # an acknowledgement that has not left yet when the link is closed never does
        sent = b"" if stats["protocol_errors"] else b"".join(bench.link.sent)
        did = bench.client.events, sent, [call.done for call in calls]
        return messages, dict(stats), session.connected, *did


def due(found):
    """What is to be delivered of these messages, and reported as too long."""
    kept = []
    reports = []
    ids = set()
    for topic, payload, flags, pid in found:
        if flags & 4 and pid in ids:
            continue  # QoS 2 before its PUBREL: a repetition, whatever it holds
        if flags & 4:
            ids.add(pid)
        if len(payload) <= MAX_PAYLOAD:
            kept.append((topic, payload, flags, pid))
        else:
            reports.append(("oversize", topic, len(payload)))
    return kept, reports


@settings(deadline=None)
@given(MESSAGES, CUTS)
def test_messages_arrive_however_the_stream_is_cut(found, cuts):
    data = b"".join(packet for packet, _ in found)
    kept, reports = due([fields for _, fields in found])
    messages, stats, connected, events, _, _ = outcome(pieces(data, cuts))
    assert (messages, events) == (kept, reports)
    assert connected and stats["received"] == len(kept)
    assert stats["oversize"] == len(reports)


@settings(max_examples=300, deadline=None)
@given(NOISE, CUTS, st.booleans())
def test_noise_is_counted_and_its_cuts_do_not_matter(data, cuts, connected):
    whole = outcome([data], connected)
    assert outcome(pieces(data, cuts), connected) == whole
    assert outcome([data[i : i + 1] for i in range(len(data))], connected) == whole
