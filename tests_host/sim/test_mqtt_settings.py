"""AT+MQTTUSERCFG, AT+MQTTCONNCFG and the like: what they refuse, the CONNECT they lead to."""

import pytest
from mqttbench import CONN, ERROR, HOST, OK, PORT, USERCFG, MqttBench, coded, mqtt_coded

BAD = 0x01080000  # + index of the argument


@pytest.fixture
def bench():
    return MqttBench()


@pytest.fixture
def configured(bench):
    assert bench.say(USERCFG) == OK
    return bench


def connect_packet(bench: MqttBench) -> bytes:
    bench.say(CONN % (HOST.encode(), PORT, 0))
    return bench.hear()


def test_the_shortest_connect(configured):
    assert connect_packet(configured) == b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x78\x00\x01c"


def test_user_and_password(bench):
    assert bench.answer(rb'AT+MQTTUSERCFG=0,1,"a\,b","u\"","p\\",0,0,""') == OK
    assert connect_packet(bench) == (
        b"\x10\x17\x00\x04MQTT\x04\xc2\x00\x78\x00\x03a,b" + b'\x00\x02u"' + b"\x00\x02p\\"
    )


def test_the_single_commands_replace_them(configured):
    for line in (b'CLIENTID=0,"id"', b'USERNAME=0,"us"', b'PASSWORD=0,"pw"'):
        assert configured.answer(b"AT+MQTT" + line) == OK
    assert connect_packet(configured) == (
        b"\x10\x16\x00\x04MQTT\x04\xc2\x00\x78\x00\x02id\x00\x02us\x00\x02pw"
    )


def test_long_fields_hold_any_bytes(configured):
    values = {b"CLIENTID": b'a,"\\\r\nAT+RST\r\n', b"USERNAME": b"\x00", b"PASSWORD": b"p" * 1024}
    for name, value in values.items():
        assert configured.answer(b"AT+MQTTLONG%s=0,%d" % (name, len(value))) == OK + b"\r\n>"
        assert configured.say(value) == OK
    assert connect_packet(configured) == (
        b"\x10\x9f\x08\x00\x04MQTT\x04\xc2\x00\x78"
        b'\x00\x0ea,"\\\r\nAT+RST\r\n' + b"\x00\x01\x00" + b"\x04\x00" + b"p" * 1024
    )


@pytest.mark.parametrize("name", [b"CLIENTID", b"USERNAME", b"PASSWORD"])
def test_long_fields_have_limits(configured, name):
    wrong = {b"CLIENTID": 0x16, b"USERNAME": 0x19, b"PASSWORD": 0x1C}[name]
    for length in (b"0", b"1025", b"-1"):
        assert configured.answer(b"AT+MQTTLONG%s=0,%s" % (name, length)) == mqtt_coded(wrong)


def test_will_keepalive_session(configured):
    assert configured.answer(b'AT+MQTTCONNCFG=0,10,1,"lw/t","bye\\, bye",2,1') == OK
    assert connect_packet(configured) == (
        b"\x10\x1d\x00\x04MQTT\x04\x34\x00\x0a\x00\x01c\x00\x04lw/t\x00\x08bye, bye"
    )


def test_a_will_may_be_empty_and_its_topic_may_not(configured):
    assert configured.answer(b'AT+MQTTCONNCFG=0,0,0,"w","",0,0') == OK
    assert configured.answer(b"AT+MQTTCONN?") == b'+MQTTCONN:0,2,1,"","","",0\r\n' + OK
    assert connect_packet(configured) == (
        b"\x10\x12\x00\x04MQTT\x04\x06\x00\x78\x00\x01c\x00\x01w\x00\x00"
    )


def test_without_a_will_topic_there_is_no_will(configured):
    assert configured.answer(b'AT+MQTTCONNCFG=0,7200,0,"","m",2,1') == OK
    assert connect_packet(configured) == b"\x10\x0d\x00\x04MQTT\x04\x02\x1c\x20\x00\x01c"


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        (b'x,1,"c","","",0,0,""', (BAD + 0, 0x010A6010)),
        (b'0,x,"c","","",0,0,""', (BAD + 1, 0x010A6012)),
        (b'0,1,"c"', (BAD + 3, 0x010A6017)),
        (b'0,1,"c",u,"",0,0,""', (BAD + 3, 0x010A6017)),
        (b'0,1,"c","","p,w",0,0,""', (BAD + 4, 0x010A601A)),
        (b'0,1,"c","","",x,0,""', (BAD + 5, 0x010A601D)),
        (b'0,1,"c","","",0,,""', (BAD + 6, 0x010A601F)),
        (b'0,1,"c","","",-1,0,""', (0x010A601E,)),
        (b'0,1,"c","","",0,256,""', (0x010A6020,)),
        (b'0,1,"c","","",0,0,"",1', (BAD + 8,)),
        (b'0,1,"c","","",0,0,"\xff"', (0x010A6027,)),
    ],
)
def test_what_usercfg_refuses(bench, line, codes):
    assert bench.answer(b"AT+MQTTUSERCFG=" + line) == coded(*codes)
    assert bench.answer(b"AT+MQTTCONN?") == b'+MQTTCONN:0,0,0,"","","",0\r\n' + OK


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        (b'1,60,0,"","",0,0', (0x010A6011,)),
        (b'0,x,0,"","",0,0', (BAD + 1, 0x010A602B)),
        (b'0,-1,0,"","",0,0', (0x010A602D,)),
        (b'0,60,,"","",0,0', (BAD + 2, 0x010A602E)),
        (b"0,60,0,w", (BAD + 3, 0x010A6030)),
        (b'0,60,0,"w",m,0,0', (BAD + 4, 0x010A6033)),
        (b'0,60,0,"w","%s",0,0' % (b"m" * 129), (0x010A6035,)),
        (b'0,60,0,"w","m",,0', (BAD + 5, 0x010A6036)),
        (b'0,60,0,"w","m",0', (BAD + 6, 0x010A6038)),
        (b'0,60,0,"w","m",0,0,0', (BAD + 7,)),
    ],
)
def test_what_conncfg_refuses(configured, line, codes):
    assert configured.answer(b"AT+MQTTCONNCFG=" + line) == coded(*codes)
    assert configured.answer(b"AT+MQTTCONN?") == b'+MQTTCONN:0,1,1,"","","",0\r\n' + OK


@pytest.mark.parametrize(
    "line",
    [
        b'CLIENTID=0,"a"',
        b'USERNAME=0,"a"',
        b'PASSWORD=0,"a"',
        b"LONGCLIENTID=0,1",
        b"LONGUSERNAME=0,1",
        b"LONGPASSWORD=0,1",
        b'ALPN=0,1,"a"',
        b'SNI=0,"a"',
    ],
)
def test_the_order_of_commands(bench, line):
    wrong_state = mqtt_coded(0x02)
    assert bench.answer(b"AT+MQTT" + line) == wrong_state
    bench.say(USERCFG)
    assert bench.answer(b'AT+MQTTCONNCFG=0,60,0,"","",0,0') == OK
    assert bench.answer(b"AT+MQTT" + line) == wrong_state
    assert bench.answer(b'AT+MQTTCONNCFG=0,60,0,"","",0,0') == OK  # again is allowed
    assert bench.say(USERCFG) == OK  # and from the beginning
    assert bench.answer(b"AT+MQTT" + line)[:4] in (OK[:4], b"\r\nOK")


def test_nothing_but_clean_while_connected():
    bench = MqttBench().greeted()
    wrong_state, not_configured = mqtt_coded(0x02), mqtt_coded(0x01)
    assert bench.say(USERCFG) == wrong_state
    assert bench.answer(b'AT+MQTTALPN=0,1,"a"') == wrong_state
    assert bench.answer(b'AT+MQTTCONNCFG=0,60,0,"","",0,0') == not_configured
    assert bench.say(CONN % (HOST.encode(), PORT, 0)) == not_configured
    bench.drop()
    assert bench.say(USERCFG) == wrong_state
    assert bench.say(CONN % (HOST.encode(), PORT, 0)) == not_configured


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        (b'1,"peer.local",7,0', (0x010A6011,)),
        (b"0,peer,7,0", (BAD + 1, 0x010A603A)),
        (b'0,"",7,0', (0x010A603B,)),
        (b'0,"%s",7,0' % (b"h" * 129), (0x010A603C,)),
        (b'0,"peer.local:7",7,0', (0x010A6052,)),
        (b'0,"peer.local",x,0', (BAD + 2, 0x010A603D)),
        (b'0,"peer.local",65536,0', (0x010A603E,)),
        (b'0,"peer.local",7', (BAD + 3, 0x010A603F)),
        (b'0,"peer.local",7,2', (0x010A6040,)),
        (b'0,"peer.local",7,0,5000', (BAD + 4,)),
    ],
)
def test_what_conn_refuses(configured, line, codes):
    assert configured.answer(b"AT+MQTTCONN=" + line) == coded(*codes)


def test_other_refusals(configured):
    assert configured.answer(b'AT+MQTTALPN=0,2,"a"') == mqtt_coded(0x08)
    assert configured.answer(b'AT+MQTTALPN=0,6,"a","b","c","d","e","f"') == ERROR
    assert configured.answer(b'AT+MQTTSNI=0,"%s"' % (b"h" * 65)) == ERROR
    assert configured.answer(b"AT+MQTTCLEAN=1") == mqtt_coded(0x11)
    assert configured.answer(b"AT+MQTTCLEAN=0") == OK
    assert configured.answer(b"AT+MQTTCLEAN=0") == mqtt_coded(0x03)


@pytest.mark.parametrize(
    ("scheme", "code"), [(3, 0x21), (4, 0x23), (5, 0x21), (8, 0x21), (9, 0x23), (10, 0x21)]
)
def test_schemes_that_miss_a_certificate(bench, scheme, code):
    bench.answer(b'AT+MQTTUSERCFG=0,%d,"c","","",0,0,""' % scheme)
    assert bench.say(CONN % (HOST.encode(), PORT, 0)) == mqtt_coded(code)
    assert bench.answer(b"AT+MQTTCONN?")[:13] == b"+MQTTCONN:0,1"


@pytest.mark.parametrize(
    ("name", "topic", "will"),
    [
        ("esp-at-2.1", 64, 64),
        ("esp-at-2.2", 128, 64),
        ("esp-at-2.4", 128, 64),
        ("esp-at", 128, 128),
    ],
)
def test_limits(name, topic, will):
    bench = MqttBench(name)
    bench.say(USERCFG)
    line = b'AT+MQTTCONNCFG=0,60,0,"%s","%s",0,0'
    assert bench.answer(line % (b"t" * topic, b"")) == OK
    assert bench.answer(line % (b"t" * (topic + 1), b"")) == mqtt_coded(0x32)
    assert bench.answer(line % (b"t", b"m" * will)) == OK
    assert bench.answer(line % (b"t", b"m" * (will + 1))) == mqtt_coded(0x35)


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("esp-at", []),
        ("esp-at-2.4", ["SNI", "LONGCLIENTID", "LONGUSERNAME", "LONGPASSWORD"]),
        ("esp-at-2.1", ["SNI", "LONGCLIENTID", "LONGUSERNAME", "LONGPASSWORD", "ALPN"]),
    ],
)
def test_commands_by_version(name, missing):
    bench = MqttBench(name)
    for command in ("CLIENTID", "ALPN", "SNI", "LONGCLIENTID", "LONGUSERNAME", "LONGPASSWORD"):
        said = bench.answer(b"AT+MQTT%s=0,1" % command.encode())
        assert said == (coded(0x01090000) if command in missing else mqtt_coded(0x02))


def test_without():
    bench = MqttBench(without=["AT+MQTTPUBRAW", "AT+MQTTLONGCLIENTID"])
    bench.say(USERCFG)
    assert bench.answer(b"AT+MQTTLONGCLIENTID=0,5") == coded(0x01090000)
    assert bench.answer(b"AT+MQTTLONGUSERNAME=0,5") == OK + b"\r\n>"
