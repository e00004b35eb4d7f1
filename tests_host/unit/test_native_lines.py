"""What the native engine writes: each command as literal bytes, and what it never writes."""

from atmqtt.dialects import esp_at, load
from plain import raises
from rig.nativedesk import CLEAN, CONN, CONNCFG, ERROR, OK, PROMPT, Native

RAW_OK = b"+MQTTPUB:OK\r\n"

DIALECTS = "esp-at esp-at-old esp8266 w800 ln882h bouffalo beken beken-sdk nonos air601".split()

# payload, and how AT+MQTTPUB has it (transcript 13)
IN_LINE = (
    ("a,b", b'"a\\,b"'),
    ('a"b', b'"a\\"b"'),
    ("a\\b", b'"a\\\\b"'),
    ('{"k":1,"v":2}', b'"{\\"k\\":1\\,\\"v\\":2}"'),
    (" sp ", b'" sp "'),
    ("é€😀", b'"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"'),
    ("", b'""'),
    (b"tab\there", b'"tab\there"'),
    (bytearray(b"\xff\x01>+"), b'"\xff\x01>+"'),
    (memoryview(b"view"), b'"view"'),
    ("+++", b'"+++"'),
)
AFTER_PROMPT = (
    b"\r",
    b"\n",
    b"\0",
    b"a\r\nAT+RST\r\nb",
    bytes(range(256)),
    b"x" * 1500,
)


def publishes(desk, payload, *exchanges, qos=0, retain=False, topic="t"):
    task = desk.go(desk.client.publish(topic, payload, qos, retain))
    desk.answers(*exchanges)
    desk.hears(b"")
    return task.result()


def test_in_the_line():
    with Native() as desk:
        desk.connect()
        for payload, text in IN_LINE:
            publishes(desk, payload, (b'AT+MQTTPUB=0,"t",%s,0,0\r\n' % text, OK))
        publishes(desk, "x", (b'AT+MQTTPUB=0,"t","x",1,1\r\n', OK), qos=1, retain=True)
        publishes(desk, "x", (b'AT+MQTTPUB=0,"t","x",2,0\r\n', OK), qos=2)
        publishes(desk, "x", (b'AT+MQTTPUB=0,"e/a\\"\\,\\\\","x",0,0\r\n', OK), topic='e/a",\\')


def test_after_a_prompt():
    with Native() as desk:
        desk.connect()
        for payload in AFTER_PROMPT:
            for qos in (0, 1, 2):
                publishes(
                    desk,
                    payload,
                    (b'AT+MQTTPUBRAW=0,"t",%d,%d,0\r\n' % (len(payload), qos), PROMPT),
                    (payload, RAW_OK),
                    qos=qos,
                )


def test_the_longest_line_has_255_bytes():
    frame = len(b'AT+MQTTPUB=0,"t","",0,0\r\n')
    with Native() as desk:
        desk.connect()
        fits = b"d" * (255 - frame)
        line = b'AT+MQTTPUB=0,"t","%s",0,0\r\n' % fits
        assert len(line) == 255
        publishes(desk, fits, (line, OK))
        n = len(fits) + 1
        raw = (b'AT+MQTTPUBRAW=0,"t",%d,0,0\r\n' % n, PROMPT)
        publishes(desk, fits + b"d", raw, (fits + b"d", RAW_OK))
        quotes = b'"' * n  # shorter, but each takes a backslash
        publishes(desk, quotes, (b'AT+MQTTPUBRAW=0,"t",%d,0,0\r\n' % n, PROMPT), (quotes, RAW_OK))


def test_topics_that_cannot_be_sent():
    with Native() as desk:
        desk.connect()
        client = desk.client
        for topic in ("t" * 129, "a\r\nAT+RST", "a\n", "a\r", '"' * 128):
            for call in (
                client.publish(topic, "x"),
                client.publish(topic, "\r\n", 1),
                client.publish(topic, ""),
                client.subscribe(topic),
                client.unsubscribe(topic),
            ):
                raises(ValueError, "", desk.go(call).result)
                desk.hears(b"")
        publishes(
            desk, "x", (b'AT+MQTTPUB=0,"%s","x",0,0\r\n' % (b"t" * 128), OK), topic="t" * 128
        )


def test_an_eleventh_filter():
    with Native() as desk:
        desk.connect()
        client = desk.client
        for i in range(10):
            task = desk.go(client.subscribe("f/%d" % i, 1))
            desk.answers((b'AT+MQTTSUB=0,"f/%d",1\r\n' % i, OK))
            assert task.result() is None
        raises(ValueError, "10", desk.go(client.subscribe("f/10")).result)
        desk.hears(b"")
        task = desk.go(client.subscribe("f/3", 2))  # an old one, anew
        desk.answers((b'AT+MQTTSUB=0,"f/3",2\r\n', OK))
        task.result()
        task = desk.go(client.unsubscribe("f/3"))
        desk.answers((b'AT+MQTTUNSUB=0,"f/3"\r\n', OK))
        task.result()
        task = desk.go(client.subscribe("f/10"))
        desk.answers((b'AT+MQTTSUB=0,"f/10",0\r\n', OK))
        task.result()


# options of the client, and what the module is told before AT+MQTTCONN
LONG = "L" * 300
CONFIGURED = (
    (
        {"username": 'us"er', "password": "pa,ss\\"},
        ((b'AT+MQTTUSERCFG=0,1,"c","us\\"er","pa\\,ss\\\\",0,0,""\r\n', OK), (CONNCFG, OK)),
    ),
    (
        {"will": ("lw/t", "bye, bye", 2, True), "keepalive": 10, "clean_session": False},
        (
            (b'AT+MQTTUSERCFG=0,1,"c","","",0,0,""\r\n', OK),
            (b'AT+MQTTCONNCFG=0,10,1,"lw/t","bye\\, bye",2,1\r\n', OK),
        ),
    ),
    (  # the longest goes into a line of its own
        {"client_id": "i" * 80, "username": "u" * 100, "password": "p" * 99},
        (
            (b'AT+MQTTUSERCFG=0,1,"%s","","%s",0,0,""\r\n' % (b"i" * 80, b"p" * 99), OK),
            (b'AT+MQTTUSERNAME=0,"%s"\r\n' % (b"u" * 100), OK),
            (CONNCFG, OK),
        ),
    ),
    (
        {"client_id": "i" * 200, "username": "u" * 200, "password": "p" * 200},
        (
            (b'AT+MQTTUSERCFG=0,1,"","","%s",0,0,""\r\n' % (b"p" * 200), OK),
            (b'AT+MQTTCLIENTID=0,"%s"\r\n' % (b"i" * 200), OK),
            (b'AT+MQTTUSERNAME=0,"%s"\r\n' % (b"u" * 200), OK),
            (CONNCFG, OK),
        ),
    ),
    (  # too long for any line, or with bytes that no line can carry
        {"client_id": LONG, "username": "u\r\nAT+RST\r\n", "password": b"p\0"},
        (
            (b'AT+MQTTUSERCFG=0,1,"","","",0,0,""\r\n', OK),
            (b"AT+MQTTLONGCLIENTID=0,300\r\n", PROMPT),
            (LONG.encode(), OK),
            (b"AT+MQTTLONGUSERNAME=0,11\r\n", PROMPT),
            (b"u\r\nAT+RST\r\n", OK),
            (b"AT+MQTTLONGPASSWORD=0,2\r\n", PROMPT),
            (b"p\0", OK),
            (CONNCFG, OK),
        ),
    ),
)
LISTED = (b"USERNAME", b"CLIENTID", b"LONGCLIENTID", b"LONGUSERNAME", b"LONGPASSWORD")
LIST = b"".join([b'+CMD:7,"AT+MQTT%s",0,0,1,0\r\n' % name for name in LISTED]) + OK


def test_how_it_is_configured():
    for options, exchanges in CONFIGURED:
        with Native(options) as desk:
            task = desk.go(desk.client.connect())
            if desk.uart.written != CLEAN:  # in doubt, and only then
                desk.answers((b"AT+CMD?\r\n", LIST))
            desk.answers((CLEAN, OK), *exchanges)
            desk.hears(CONN)
            assert not task.done


def test_what_cannot_be_configured():
    for options, text in (
        ({"host": "bad_host"}, "host"),
        ({"host": "::1"}, "host"),
        ({"host": "h" * 129}, "host"),
        ({"client_id": "i" * 1025}, "client_id"),
        ({"username": "u" * 1025}, "username"),
        ({"username": "u", "password": "p" * 1025}, "password"),
        ({"will": ("t" * 129, "x", 0, False)}, "will topic"),
        ({"will": ("t", "x" * 129, 0, False)}, "will payload"),
        ({"will": ("t", "a\r\nAT+RST\r\n", 0, False)}, "will payload"),
        ({"will": ("t", '"' * 128, 0, False)}, "too long"),
        ({"keepalive": 7201}, "keepalive"),
        ({"path": "/" + "p" * 33}, "path"),
        ({"clean_session": False, "store": {}}, "store"),
        ({"require": ("granted",)}, "granted"),
    ):
        with Native(options) as desk:
            raises(ValueError, text, desk.go(desk.client.connect()).result)
            desk.hears(b"")
            assert desk.told == []


def test_the_limits_of_older_firmware():
    with Native(dialect=load("esp-at-old")) as desk:
        desk.connect()
        raises(ValueError, "1024 bytes", desk.go(desk.client.publish("t", b"x" * 1025)).result)
        raises(ValueError, "64 bytes", desk.go(desk.client.publish("t" * 65, b"x")).result)
        desk.hears(b"")


def test_a_data_phase_gets_what_was_announced():
    """However the caller changes its buffer, or its mind."""
    with Native() as desk:
        desk.connect()
        payload = bytearray(b"\0" * 300)
        task = desk.go(desk.client.publish("t", payload, 1))
        desk.hears(b'AT+MQTTPUBRAW=0,"t",300,1,0\r\n')
        task.cancel()
        payload[:] = b"\1" * 300
        desk.says(PROMPT)
        desk.hears(b"\0" * 300)
        desk.says(RAW_OK)
        publishes(desk, "next", (b'AT+MQTTPUB=0,"t","next",0,0\r\n', OK))


def test_no_prompt_no_data():
    with Native() as desk:
        desk.connect()
        task = desk.go(desk.client.publish("t", b"\0", 0))
        desk.answers((b'AT+MQTTPUBRAW=0,"t",1,0,0\r\n', b"ERR CODE:0x010a6006\r\n" + ERROR))
        error = raises(OSError, "AT+MQTTPUBRAW refused", task.result)
        assert error.code == 0x010A6006


def test_every_dialect_knows_its_mqtt():
    for name in DIALECTS:
        dialect = load(name)
        for attribute in dir(esp_at):
            if attribute.startswith("mqtt_"):
                assert hasattr(dialect, attribute) or not dialect.mqtt_schemes, (name, attribute)
