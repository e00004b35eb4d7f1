"""Packets that other implementations sent and received, from data/seed_vectors.json."""

import json

from atmqtt import asking, mqtt311, options
from rig.fakelink import Bench

_FILE = __file__.rpartition("/unit/")[0] + "/data/seed_vectors.json"
with open(_FILE) as _file:
    VECTORS = json.load(_file)


def octets(text):
    return bytes([int(text[i : i + 2], 16) for i in range(0, len(text), 2)])


def text(vector, name):
    return vector[name].encode()


def test_nothing_in_the_file_is_forgotten():
    known = (
        "about connect connack pingreq pingresp disconnect subscribe suback unsubscribe unsuback "
        "publish puback remaining_length ipd aliyun"
    )
    assert sorted(VECTORS) == sorted(known.split())


def test_connect():
    for vector in VECTORS["connect"]:
        packet = options.connect(
            text(vector, "client_id"),
            text(vector, "username"),
            text(vector, "password"),
            vector["keepalive_s"],
            vector["clean_session"],
        )
        assert packet == octets(vector["hex"]), vector["source"]


def test_connack():
    for vector in VECTORS["connack"]:
        with Bench() as bench:
            task = bench.connect(clean=False, connack=octets(vector["hex"]))
            assert task.result() == vector["session_present"]


def test_ping_and_disconnect():
    with Bench() as bench:
        bench.connect(keepalive=2)
        bench.wait(1000)
        assert bench.link.sent == [octets(VECTORS["pingreq"])]
        bench.receive(octets(VECTORS["pingresp"]))
        bench.go(bench.session.disconnect())
        assert bench.link.sent[-1] == octets(VECTORS["disconnect"])
        assert bench.link.dropped == []


def test_subscribe_and_unsubscribe():
    for vector in VECTORS["subscribe"]:
        for topic, qos in vector["filters"]:
            packet = asking.subscribe(vector["packet_id"], topic.encode(), qos)
            assert packet == octets(vector["hex"])
    for vector in VECTORS["unsubscribe"]:
        for topic in vector["filters"]:
            packet = asking.unsubscribe(vector["packet_id"], topic.encode())
            assert packet == octets(vector["hex"])


def test_suback_unsuback_and_puback_end_what_has_their_packet_id():
    for vectors, start in (
        (VECTORS["suback"], lambda s: s.subscribe(b"t", 1)),
        (VECTORS["unsuback"], lambda s: s.unsubscribe(b"t")),
        (VECTORS["puback"], lambda s: s.publish(b"t", b"x", 1, False)),
    ):
        for vector in vectors:
            with Bench() as bench:
                bench.connect()
                bench.session.pid = vector["packet_id"] - 1  # the last one given out
                task = bench.go(start(bench.session))
                assert not task.done
                bench.receive(octets(vector["hex"]))
                result = task.result()
                assert vectors is not VECTORS["suback"] or [result] == vector["return_codes"]


def test_publish_both_ways():
    for vector in VECTORS["publish"]:
        packet = octets(vector["hex"])
        topic, payload = text(vector, "topic"), text(vector, "payload_utf8")
        qos, retain = vector["qos"], vector["retain"]
        assert (
            mqtt311.publish(topic, len(payload), qos, retain, 0, vector["dup"]) + payload == packet
        )
        with Bench(max_payload=len(payload)) as bench:
            bench.connect()
            bench.receive(packet)
            assert (bench.inbox.waiting[0][0], bench.inbox.waiting[0][1]) == (topic, payload)
            assert bench.inbox.waiting[0][2] & 15 == qos << 1 | retain


def test_remaining_length():
    for vector in VECTORS["remaining_length"]:
        assert mqtt311.remaining_length(vector["value"]) == octets(vector["hex"])
