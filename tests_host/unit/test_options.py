"""Wrong arguments: a ValueError that names the argument, and not a byte on the UART."""

from atmqtt import MQTTClient
from atmqtt.tls import TLS
from plain import raises
from rig.fakelink import CONNACK
from rig.overlink import CONNECTED, START
from rig.scripted import Desk

HOST = "broker.local"

# argument, values that can never work, what the message says
CONSTRUCTOR = (
    ("host", (None, 5, ["a"], "", b"", "a\r\nAT+RST", "a\n", "a\0b"), "host"),
    ("port", (None, "1883", 0, -1, 65536, 1.5), "port"),
    ("client_id", (None, 5, "a\0b", b"\xff", "c" * 65536), "client_id"),
    ("username", (5, "a\0b", b"\xc0\x80", "u" * 65536), "username"),
    ("password", (5, "p" * 65536), "password"),
    ("keepalive", (None, "60", -1, 65536, 1.5), "keepalive"),
    ("will", (5, "abcd5", ("t", "p", 0), ("t", "p", 0, False, 1), []), "will: "),
    ("will", (("", "p", 0, False), (None, "p", 0, False)), "will topic"),
    ("will", (("a/+", "p", 0, False), ("#", "p", 0, False), ("a\0", "p", 0, False)), "will topic"),
    ("will", (("t", None, 0, False), ("t", 5, 0, False), ("t", "p" * 65536, 0, 0)), "will payl"),
    ("will", (("t", "p", 3, False), ("t", "p", None, False), ("t", "p", "1", False)), "will qos"),
    ("engine", ("both", "", 5), "engine"),
    ("require", (None, 5, "granted", ("speed",), (None,)), "require"),
    ("path", (5, ["/"], "a\0", "a\r\nAT+RST"), "path"),
    ("rx_policy", (None, "drop", 5, "raise"), "rx_policy"),
    ("tls", (True, "tls", {}, TLS), "tls"),
    ("store", (True, "folder", 5, b"x", object()), "store: a dict"),
    ("max_payload", (None, 0, -1, "4096", 1.5), "max_payload"),
    ("rx_queue", (None, 0, -1, "8", 1.5), "rx_queue"),
    ("tx_queue", (None, 0, -1, "8", 1.5), "tx_queue"),
    ("tx_bytes", (None, 0, -1, "8", 1.5), "tx_bytes"),
)
TOPICS = (None, 5, ["t"], "", b"", "a/+", "#", "a\0b", b"\xff", b"\xed\xa0\x80", "t" * 65536)
FILTERS = (None, 5, ["t"], "", "a#", "#/a", "a+", "a\0", b"\xff", "t" * 65536)
QUALITIES = (None, 3, -1, "1", 1.0, b"\1")


def make(desk, **options):
    arguments = {"host": HOST, "client_id": "c", "username": "user"}
    arguments.update(options)
    return MQTTClient(desk.modem, arguments.pop("host"), arguments.pop("port", 1883), **arguments)


def connected(desk):
    client = make(desk)
    task = desk.go(client.connect())
    desk.hears(START)
    desk.says(CONNECTED)
    desk.takes(client._how[0])
    desk.brings(CONNACK)
    task.result()
    return client


def test_constructor():
    for name, values, text in CONSTRUCTOR:
        for value in values:
            with Desk() as desk:
                error = raises(ValueError, text, make, desk, **{name: value})
                assert type(error) is ValueError, (name, value)
                desk.hears(b"")


def test_values_that_need_each_other():
    with Desk() as desk:
        raises(ValueError, "username", make, desk, username=None, password="secret")
        raises(ValueError, "client_id", make, desk, client_id="", clean_session=False)
        make(desk, client_id="", clean_session=True)
        raises(ValueError, "clean_session=False", make, desk, store={})
        make(desk, store={}, clean_session=False)


def test_messages_do_not_tell_the_password():
    with Desk() as desk:
        for options in (
            {"username": None, "password": "secret"},
            {"password": "secret" * 11000},
            {"password": "secret", "username": "a\0"},
            {"password": "secret", "port": 0},
        ):
            error = raises(ValueError, "", make, desk, **options)
            assert "secret" not in str(error)


def test_publish():
    with Desk() as desk:
        client = connected(desk)
        for topic in TOPICS:
            raises(ValueError, "topic: ", desk.go(client.publish(topic, "x")).result)
        for payload in (None, 5, 1.5, ["x"], {}):
            raises(ValueError, "payload: ", desk.go(client.publish("t", payload)).result)
        for qos in QUALITIES:
            raises(ValueError, "qos: ", desk.go(client.publish("t", "x", qos)).result)
        for ms in (0, -1, "100", 1.5, 1 << 29, 1 << 40):
            call = client.publish("t", "x", 1, deadline_ms=ms)
            raises(ValueError, "deadline_ms: ", desk.go(call).result)
        desk.hears(b"")
        assert client.connected and desk.channel.idle()


def test_subscribe_and_unsubscribe():
    with Desk() as desk:
        client = connected(desk)
        for topic in FILTERS:
            raises(ValueError, "topic_filter: ", desk.go(client.subscribe(topic)).result)
            raises(ValueError, "topic_filter: ", desk.go(client.unsubscribe(topic)).result)
        for qos in QUALITIES:
            raises(ValueError, "qos: ", desk.go(client.subscribe("t", qos)).result)
        desk.hears(b"")
        assert client.connected and desk.channel.idle()


def test_bad_values_are_bad_without_a_connection_too():
    with Desk() as desk:
        client = make(desk)
        raises(ValueError, "topic: ", desk.go(client.publish("", "x")).result)
        raises(ValueError, "topic_filter: ", desk.go(client.subscribe("")).result)
        raises(ValueError, "qos: ", desk.go(client.subscribe("t", 3)).result)
        raises(ValueError, "topic_filter: ", desk.go(client.unsubscribe("")).result)


def test_a_host_name_that_is_too_long_for_the_module():
    for host in ("h" * 65, "\xe9" * 33):
        with Desk() as desk:
            client = make(desk, host=host)
            raises(ValueError, "host", desk.go(client.connect()).result)
            desk.hears(b"")
    with Desk() as desk:
        desk.go(make(desk, host="h" * 64).connect())
        desk.hears(b'AT+CIPSTART="TCP","' + b"h" * 64 + b'",1883\r\n')


def test_what_is_not_there_yet():
    for name, value in (
        ("tx_policy", "drop-oldest"),
        ("passthrough", True),
        ("on_stream", print),
    ):
        with Desk() as desk:
            raises(NotImplementedError, name, make, desk, **{name: value})
            desk.hears(b"")


def test_calls_that_are_not_there_yet():
    with Desk() as desk:
        raises(NotImplementedError, "retry", desk.go(make(desk).connect(retry=True)).result)
        desk.hears(b"")


def test_tls_is_for_the_connection():
    with Desk() as desk:
        task = desk.go(make(desk, tls=TLS(verify=False), port=8883).connect())
        told = []
        while b"AT+CIPSTART" not in desk.uart.written:
            assert desk.uart.written, "it waits"
            told.append(desk.uart.written)
            desk.uart.written = b""
            desk.says(b"\r\nOK\r\n")
        desk.hears(b'AT+CIPSTART="SSL","broker.local",8883\r\n')
        assert b"AT+CIPSSLCCONF=0\r\n" in told
        desk.says(b"CLOSED\r\n\r\nERROR\r\n")
        desk.hears(b"AT+CIPCLOSE\r\n")
        desk.says(b"\r\nERROR\r\n")
        raises(OSError, "CIPSTART refused", task.result)


def test_what_the_engine_can_do_may_be_required():
    with Desk() as desk:
        make(desk, require=("granted", "retained", "qos2"), engine="packets")
        make(desk, require=["granted"])
        make(desk, tls=TLS(verify=False), on_oversize=print)
        make(desk, rx_policy="drop-newest", max_payload=1, rx_queue=1, tx_queue=1, tx_bytes=1)


def test_all_kinds_of_buffers():
    for topic, payload in (
        ("t", "\xfc"),
        (b"t", b"\xc3\xbc"),
        (bytearray(b"t"), bytearray(b"\xc3\xbc")),
        (memoryview(b"t"), memoryview(b"\xc3\xbc")),
    ):
        with Desk() as desk:
            task = desk.go(connected(desk).publish(topic, payload))
            desk.takes(b"\x30\x05\0\x01t\xc3\xbc")
            task.result()
