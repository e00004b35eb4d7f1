"""Firmware that has AT+MQTT* but is not ESP-AT: its words, as literal bytes."""

from atmqtt import Modem
from atmqtt.dialects import load
from atmqtt.errors import MQTTError
from plain import raises
from rig.nativedesk import CONN, CONNCFG, CONNECTED, OK, USERCFG, Native
from rig.scripted import ScriptedUART
from rig.task import Task, parking

SHORT_OK = b"OK\r\n"  # Beken's has nothing before it
ERROR = b"ERROR\r\n"
HOST = "192.168.0.102"
PROMPT = b"OK\r\n>"


def beken(name="beken", **options):
    settings = {"host": HOST, "port": 8883}
    settings.update(options)
    return Native(settings, dialect=load(name))


def beken_connects(desk, scheme=1, user=b"-,-"):
    task = desk.go(desk.client.connect())
    desk.answers(
        (b"AT+MQTTCLEAN=0\r\n", ERROR),
        (b"AT+MQTTUSERCFG=0,%d,c,%s,0,0,\r\n" % (scheme, user), SHORT_OK),
        (b"AT+MQTTCONN=0,192.168.0.102,8883,0\r\n", SHORT_OK),
    )
    assert not task.done  # OK means only that it tries
    return task


def test_beken_as_documented_and_as_its_source():
    for name, scheme in (("beken", 1), ("beken-sdk", 0)):
        with beken(name) as desk:
            task = beken_connects(desk, scheme)
            desk.says(b"+MQTTCONN:OK\r\n")
            task.result()
            client = desk.client
            for said in (SHORT_OK, b"+MQTTPUB:OK\r\n"):
                task = desk.go(client.publish("test/abc", "987654321", 1))
                desk.answers((b"AT+MQTTPUB=0,test/abc,987654321,1,0\r\n", said))
                task.result()
            task = desk.go(client.publish("t", '{"a":1,"b":2}'))
            desk.answers((b'AT+MQTTPUB=0,t,{"a":1\\,"b":2},0,0\r\n', SHORT_OK))
            task.result()
            task = desk.go(client.publish("t", "back\\slash"))
            desk.answers(
                (b"AT+MQTTPUBRAW=0,t,10,0,0\r\n", PROMPT), (b"back\\slash", b"+MQTTPUBRAW:OK\r\n")
            )
            task.result()
            desk.says(b'+MQTTSUBRECV:0,"t",3,a,b\r\n')
            desk.says(b'+MQTTSUBREV:"t",3,"abc"\r\n')
            assert desk.taken() == [(b"t", b"a,b"), (b"t", b"abc")]


def test_beken_hands_over_long_messages_whole():
    for name in ("beken", "beken-sdk"):
        with beken(name) as desk:
            task = beken_connects(desk, int(name == "beken"))
            desk.says(b"+MQTTCONN:OK\r\n")
            task.result()
            desk.says(b'+MQTTSUBRECV:0,"t",4096,' + b"x" * 4096 + b"\r\n")
            desk.says(b'+MQTTSUBRECV:0,"t",1,y\r\n')
            assert desk.taken() == [(b"t", b"x" * 4096), (b"t", b"y")]


def test_beken_fails():
    with beken() as desk:
        task = beken_connects(desk)
        desk.says(b"+MQTTCONN:ERROR,-1\r\n")
        raises(MQTTError, "refused by the broker", task.result)
        task = beken_connects(desk)
        desk.says(b"+MQTTCONN:OK\r\n")
        task.result()
        for line, payload in (
            (b"AT+MQTTPUB=0,t,x,1,0\r\n", b"x"),
            (b"AT+MQTTPUBRAW=0,t,1,1,0\r\n", b"\0"),
        ):
            task = desk.go(desk.client.publish("t", payload, 1))
            desk.hears(line)
            word = line[2:].split(b"=")[0]
            desk.says(word + b":ERROR,-1\r\n")
            raises(MQTTError, "may have been delivered", task.result)
            desk.answers((b"AT+MQTTCONN?\r\n", b"+MQTTCONN:0,connected,1,h,1883,0\r\n" + SHORT_OK))
        assert desk.client.connected


def test_beken_that_never_says_how_it_went():
    for state, there in ((b"connected", True), (b"disconnect", False)):
        with beken() as desk:
            task = beken_connects(desk)
            desk.wait(25100)
            desk.get_in_step(SHORT_OK)
            desk.answers(
                (b"AT+MQTTCONN?\r\n", b"+MQTTCONN:0,%s,1,h,1883,0\r\n" % state + SHORT_OK)
            )
            assert desk.client.connected is there
            if not there:
                raises(OSError, "", task.result)


def test_beken_reconnects_by_itself():
    with beken(username="u", password="a,b") as desk:
        task = beken_connects(desk, user=b"u,a\\,b")
        desk.says(b"+MQTTCONN:OK\r\n")
        task.result()
        task = desk.go(desk.client.subscribe("a/#", 1))
        desk.answers((b"AT+MQTTSUB=0,a/#,1\r\n", SHORT_OK))
        task.result()
        desk.says(b"+TCMQTTRECONNECTING\r\n")
        assert not desk.client.connected
        desk.says(b"+TCMQTTRECONNECTED\r\n")
        assert desk.client.connected
        desk.get_in_step(SHORT_OK)
        desk.answers((b"AT+MQTTSUB=0,a/#,1\r\n", SHORT_OK))


def test_what_beken_cannot():
    for options, text in (
        ({"client_id": ""}, "client_id"),
        ({"client_id": "a\\b"}, "client_id"),
        ({"clean_session": False}, "will"),
        ({"will": ("t", "", 0, False)}, "will"),
        ({"host": "h" * 65}, "host"),
        ({"username": "u" * 65}, "username"),
        ({"engine": "packets"}, "packets"),
    ):
        with beken(**options) as desk:
            raises(ValueError, text, desk.go(desk.client.connect()).result)
            desk.hears(b"")
    with beken() as desk:
        task = beken_connects(desk)
        desk.says(b"+MQTTCONN:OK\r\n")
        task.result()
        for topic, payload in (("a\\b", "x"), ("t" * 128, "x"), ("t", b"\0" * 513)):
            raises(ValueError, "", desk.go(desk.client.publish(topic, payload)).result)
        desk.hears(b"")


def test_nothing_to_clean_on_beken():
    """Said in two lines, of which the second may come late, or never."""
    for rest in (ERROR, b""):
        with beken() as desk:
            task = desk.go(desk.client.connect())
            desk.answers((b"AT+MQTTCLEAN=0\r\n", b"+MQTTDISCONN:-1\r\n"))
            desk.hears(b"")
            desk.says(rest)
            desk.wait(600)
            desk.get_in_step(SHORT_OK)
            desk.hears(b"AT+MQTTUSERCFG=0,1,c,-,-,0,0,\r\n")
            assert not task.done


def test_beken_with_a_will():
    with beken(will=("test/aaa", "good bye", 1, False), keepalive=180) as desk:
        desk.go(desk.client.connect())
        desk.answers(
            (b"AT+MQTTCLEAN=0\r\n", SHORT_OK),
            (b"AT+MQTTUSERCFG=0,1,c,-,-,0,0,\r\n", SHORT_OK),
            (b"AT+MQTTCONNCFG=0,180,0,test/aaa,good bye,1,0\r\n", SHORT_OK),
        )


def test_ln882h():
    with Native(dialect=load("ln882h")) as desk:
        desk.connect()
        client = desk.client
        task = desk.go(client.subscribe("t", 1))
        desk.answers((b'AT+MQTTSUB=0,"t",1\r\n', OK))
        task.result()
        task = desk.go(client.subscribe("t", 1))
        desk.answers((b'AT+MQTTSUB=0,"t",1\r\n', b"ALREADY SUBSCRIBE\r\n"))
        desk.wait(600)
        assert task.result() is None  # and no OK follows
        task = desk.go(client.unsubscribe("u"))
        desk.get_in_step()
        desk.answers((b'AT+MQTTUNSUB=0,"u"\r\n', b"NO UNSUBSCRIBE\r\n" + OK))
        task.result()
        desk.says(b'+MQTTSUBRECV:0,"t",1018,' + b"a" * 1018 + b"\r\n,500," + b"b" * 500 + b"\r\n")
        desk.wait(1100)
        assert desk.taken() == [(b"t", b"a" * 1018 + b"b" * 500)]
        raises(
            ValueError,
            "clean_session",
            desk.go(desk.another(clean_session=False).connect()).result,
        )


def test_ln882h_says_ok_unasked_when_it_is_back():
    """Which is not the answer to what is sent because it is back."""
    with Native(dialect=load("ln882h")) as desk:
        client = desk.connect().client
        task = desk.go(client.subscribe("t", 1))
        desk.answers((b'AT+MQTTSUB=0,"t",1\r\n', OK))
        task.result()
        desk.says(b"+MQTTDISCONNECTED:0\r\n")
        desk.says(CONNECTED)
        assert client.connected
        task = desk.go(client.publish("t", "x"))
        desk.get_in_step()
        desk.answers((b'AT+MQTTSUB=0,"t",1\r\n', OK), (b'AT+MQTTPUB=0,"t","x",0,0\r\n', OK))
        task.result()


def test_w800():
    with Native({"client_id": "i" * 300}, dialect=load("w800")) as desk:
        task = desk.go(desk.client.connect())
        desk.answers(
            (b"AT+MQTTCLEAN=0\r\n", b"CMD FORMAT ERR\r\n"),
            (b'AT+MQTTUSERCFG=0,1,"","","",0,0,""\r\n', OK),
            (b"AT+MQTTLONGCLIENTID=0,300\r\n", b"\r\nOK\r\n\r\n>"),
            (b"i" * 300, OK),
            (CONNCFG, OK),
            (CONN, b"CMD PARSE ERR\r\n"),
        )
        raises(MQTTError, "refused", task.result)


def test_bouffalo():
    with Native({"client_id": "i" * 23}, dialect=load("bouffalo")) as desk:
        desk.go(desk.client.connect())
        desk.answers(
            (b"AT+MQTTCLEAN=0\r\n", OK),
            (b'AT+MQTTUSERCFG=0,0,"%s","","","","",""\r\n' % (b"i" * 23), OK),
            (CONNCFG, OK),
        )
    with Native({"client_id": "i" * 24}, dialect=load("bouffalo")) as desk:
        raises(ValueError, "client_id", desk.go(desk.client.connect()).result)


def test_esp_at_8266():
    with Native({"path": "/"}, dialect=load("esp8266")) as desk:
        desk.go(desk.client.connect())
        desk.answers(
            (b"AT+MQTTCLEAN=0\r\n", OK),
            (USERCFG.replace(b",1,", b",6,", 1), OK),
            (CONNCFG, OK),
            (CONN, OK),
        )
        assert desk.client.connected
        desk.message(b"t", b"a" * 506)
        desk.message(b"t", b"b" * 200)
        desk.wait(1100)
        assert desk.taken() == [(b"t", b"a" * 506 + b"b" * 200)]


# what a module accepts, and what it says to AT+MQTTCONN?
FAMILIES = (
    ("beken", (), b"+MQTTCONN:0,disconnect,1,,0,0\r\n"),
    ("beken-sdk", (), b"+MQTTCONNSTATE:disconnect,0,,0,0\r\n"),
    ("bouffalo", (b"AT+CIPRECVBUF?",), b'+MQTTCONN:0,0,0,"","","",0\r\n'),
    ("w800", (b"AT+MQTTUSERCFG?",), b'+MQTTCONN:0,0,0,"","","",0\r\n'),
    ("ln882h", (), b'+MQTTCONN:0,0,0,"","","",0\r\n'),
    ("esp-at", (b"AT+SYSLOG=1", b"AT+CIPSENDLCFG?"), b'+MQTTCONN:0,0,0,"","","",0\r\n'),
    ("esp-at-old", (b"AT+SYSLOG=1",), b'+MQTTCONN:0,0,0,"","","",0\r\n'),
)


def test_which_is_which():
    always = (b"AT", b"ATE0", b"AT+GMR", b"AT+MQTTCONN?", b"AT+CIPMUX=0")
    for name, accepted, state in FAMILIES:
        uart = ScriptedUART()
        modem = Modem(uart)
        modem.channel.wait = parking(modem.channel)
        task = Task(modem.start())
        while not task.done:
            line, uart.written = uart.written.rstrip(b"\r\n"), b""
            if line:
                if line == b"AT+MQTTCONN?":
                    uart.feed(state)
                elif line.endswith(b"?") and line[2:6] in (b"+CWM", b"+CIP"):
                    uart.feed(line[2:-1] + b":1\r\n")
                known = line in always + accepted or line in (b"AT+CWMODE?", b"AT+CIPMUX?")
                uart.feed(b"\r\nOK\r\n" if known else b"\r\nERROR\r\n")
            modem.channel.poll()
            task.step()
        task.result()
        assert modem.dialect.name == name and modem.has_mqtt
