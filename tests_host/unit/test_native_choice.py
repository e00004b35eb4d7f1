"""Which engine is taken, and what the application is told of it."""

from atmqtt import TLS
from atmqtt.dialects import load
from plain import raises
from rig.nativedesk import CLEAN, ERROR, OK, Native
from rig.overlink import CONNECTED, START

NATIVE = "native: the module's own MQTT"
ANY = {"engine": None, "host": "broker.local"}


def chosen(options, dialect="esp-at", listing=None, has_mqtt=True):
    """The first lines that connect() sends, and what is told about it."""
    settings = dict(ANY)
    settings.update(options)
    with Native(settings, dialect=load(dialect)) as desk:
        desk.modem.has_mqtt = has_mqtt
        task = desk.go(desk.client.connect())
        if listing is not None:
            desk.answers((b"AT+CMD?\r\n", listing))
        sent, desk.uart.written = desk.uart.written, b""
        if task.done:
            raises(ValueError, "", task.result)
        return sent, desk.told


def test_native_where_it_can_do_it_all():
    for options in (
        {},
        {"username": "u", "password": "p", "will": ("t", "x", 1, True)},
        {"clean_session": False},
        {"max_payload": 100000},
        {"engine": "native"},
        {"path": "/mqtt"},
        {"tls": TLS(verify=False)},
        {"tls": TLS(verify=False, cert=True), "path": ""},
    ):
        sent, told = chosen(options)
        assert sent == CLEAN, options
        assert told == ([] if "engine" in options else [("engine", NATIVE)])


# options, what the reason says
FOR_PACKETS = (
    ({"require": ("granted",)}, "required: granted"),
    ({"require": ("retained", "qos2")}, "required: retained, qos2"),
    ({"store": {}, "clean_session": False}, "store"),
    ({"host": "under_score"}, "host"),
    ({"host": "h" * 62 + "_"}, "host"),
    ({"keepalive": 7201}, "keepalive"),
    ({"client_id": "i" * 1025}, "client_id"),
    ({"will": ("t", "\r\n", 0, False)}, "will payload"),
    ({"will": ("t", "x" * 129, 0, False)}, "will payload"),
    ({"tls": TLS(verify=2)}, "certificate"),
    ({"tls": TLS(verify=False, ciphers=(1,))}, "ciphers"),
    ({"tls": TLS(verify=False, sni="")}, "sni"),
)


def test_packets_where_it_cannot():
    for options, text in FOR_PACKETS:
        sent, told = chosen(options)
        assert sent and b"MQTT" not in sent, options
        name, detail = told[0]
        assert name == "engine" and detail.startswith("packets: ") and text in detail, detail


def test_packets_because_they_are_wished_for():
    with Native({"engine": "packets", "host": "broker.local"}) as desk:
        task = desk.go(desk.client.connect())
        desk.answers((START, CONNECTED))
        assert not task.done and desk.told == [] and desk.client.engine == "packets"


def test_native_is_not_wished_for_in_vain():
    for options, text in FOR_PACKETS:
        settings = dict(ANY)
        settings.update(options)
        settings["engine"] = "native"
        with Native(settings) as desk:
            raises(ValueError, text, desk.go(desk.client.connect()).result)
            desk.hears(b"")


def test_a_module_without_mqtt():
    sent, told = chosen({}, has_mqtt=False)
    assert sent == START and "no MQTT" in told[0][1]
    sent, told = chosen({}, dialect="air601")
    assert sent == START and "no MQTT" in told[0][1]
    for options in (
        {"engine": "native"},
        {"path": "/mqtt"},
        {"path": "/mqtt", "engine": "packets"},
    ):
        assert chosen(options, has_mqtt=False) == (b"", [])


def test_payloads_longer_than_it_sends():
    sent, told = chosen({}, dialect="esp-at-old")
    assert sent == START and "1024 bytes" in told[0][1]
    sent, told = chosen({"max_payload": 1024}, dialect="esp-at-old")
    assert sent == CLEAN and told == [("engine", NATIVE)]
    sent, told = chosen({}, dialect="beken")  # there is nothing else
    assert sent == CLEAN


LISTED = b'+CMD:0,"AT",0,0,0,1\r\n+CMD:90,"AT+MQTT%s",0,0,1,0\r\n+CMD:91,"AT+MQTTCONN",0,1,1,0\r\n'


def test_in_doubt_the_module_lists_its_commands():
    for options, name in (
        ({"client_id": "i" * 300}, b"LONGCLIENTID"),
        ({"username": "u", "password": "p" * 300}, b"LONGPASSWORD"),
        ({"username": "u" * 100, "client_id": "i" * 130}, b"CLIENTID"),
        ({"tls": TLS(verify=False, alpn=("mqtt",))}, b"ALPN"),
        ({"tls": TLS(verify=False, sni="name")}, b"SNI"),
    ):
        sent, told = chosen(options, listing=LISTED % name + OK)
        assert sent == CLEAN and told == [("engine", NATIVE)]
        for listing in (LISTED % b"PUB" + OK, LISTED % (name + b"X") + OK, ERROR):
            sent, told = chosen(options, listing=listing)
            assert sent and b"MQTT" not in sent and told[0][1].startswith("packets: ")


def test_chosen_once():
    with Native(ANY) as desk:
        task = desk.go(desk.client.connect())
        desk.says(b"")
        task.cancel()
        desk.says(OK)
        desk.uart.written = b""
        desk.go(desk.client.connect())
        desk.hears(CLEAN)
        assert desk.told == [("engine", NATIVE)]
