"""Publishing and subscribing by AT+MQTT*, against a peer that counts bytes."""

import pytest
from mqttbench import ERROR, LOST, OK, SECOND, MqttBench, coded, mqtt_coded

BAD = 0x01080000  # + index of the argument
PROMPT = OK + b"\r\n>"


@pytest.fixture
def bench():
    return MqttBench().greeted()


def test_qos_0(bench):
    assert bench.answer(b'AT+MQTTPUB=0,"t","\\"hi\\"\\,",0,1') == OK
    assert bench.hear() == b'\x31\x08\x00\x01t"hi",'


def test_qos_1_waits_for_its_acknowledgement(bench):
    assert bench.answer(b'AT+MQTTPUB=0,"t","hi",1,0', 4 * SECOND) == b""
    assert bench.hear() == b"\x32\x07\x00\x01t\x00\x01hi"
    assert bench.say(b"AT\r\n", SECOND) == b"ERR CODE:0x010b0000\r\n\r\nbusy p...\r\n"
    assert bench.tell(b"\x40\x02\x00\x01") == OK


def test_qos_2(bench):
    assert bench.answer(b'AT+MQTTPUB=0,"t","hi",2,0') == b""
    assert bench.hear() == b"\x34\x07\x00\x01t\x00\x01hi"
    assert bench.tell(b"\x50\x02\x00\x01") == b""
    assert bench.hear() == b"\x62\x02\x00\x01"
    assert bench.tell(b"\x70\x02\x00\x01") == OK


def test_a_lost_connection_ends_the_wait(bench):
    for line in (b'AT+MQTTPUB=0,"t","hi",1,0', b'AT+MQTTSUB=0,"t",1', b'AT+MQTTUNSUB=0,"t"'):
        fresh = MqttBench().greeted()
        assert fresh.answer(line) == b""
        fresh.peer.closed = True
        code = {b"PUB": 0x0C, b"SUB": 0x0D, b"UNS": 0x0E}[line[7:10]]
        assert fresh.wait() == LOST + mqtt_coded(code)
        assert fresh.answer(line) == mqtt_coded(0x51)


def test_raw(bench):
    assert bench.answer(b'AT+MQTTPUBRAW=0,"t",8,0,0') == PROMPT
    assert bench.say(b"AT\r\n") == b""
    assert bench.say(b"\x00\r\n>") == b"+MQTTPUB:OK\r\n"
    assert bench.hear() == b"\x30\x0b\x00\x01tAT\r\n\x00\r\n>"


def test_raw_qos_1_says_so_after_the_acknowledgement(bench):
    assert bench.answer(b'AT+MQTTPUBRAW=0,"t",2,1,0') == PROMPT
    assert bench.say(b"hi") == b""
    assert bench.tell(b"\x40\x02\x00\x01") == b"+MQTTPUB:OK\r\n"


def test_raw_larger_than_the_window_of_tcp(bench):
    payload = bytes(range(256)) * 200
    assert bench.answer(b'AT+MQTTPUBRAW=0,"t",51200,0,0') == PROMPT
    assert bench.say(payload, SECOND) == b"+MQTTPUB:OK\r\n"
    assert bench.hear() == b"\x30\x83\x90\x03\x00\x01t" + payload


def test_surplus_bytes_behind_raw_data(bench):
    assert bench.answer(b'AT+MQTTPUBRAW=0,"t",2,0,0') == PROMPT
    said = bench.say(b"hi\r\n")
    assert said == b"ERR CODE:0x010b0000\r\n\r\nbusy p...\r\n+MQTTPUB:OK\r\n"


def test_a_loss_is_not_said_while_raw_waits(bench):
    assert bench.answer(b'AT+MQTTPUBRAW=0,"t",4,1,0') == PROMPT
    bench.say(b"hi")
    bench.peer.closed = True
    assert bench.wait(SECOND) == b""
    assert bench.say(b"!!") == b"+MQTTDISCONNECTED:0+MQTTPUB:FAIL\r\n"
    assert bench.answer(b"AT+MQTTCONN?")[:13] == b"+MQTTCONN:0,3"


def test_a_loss_after_the_data(bench):
    assert bench.answer(b'AT+MQTTPUBRAW=0,"t",2,1,0') == PROMPT
    assert bench.say(b"hi") == b""
    bench.peer.closed = True
    assert bench.wait(SECOND) == LOST + b"+MQTTPUB:FAIL\r\n"


def test_a_reconnection_is_not_said_while_raw_waits():
    bench = MqttBench().greeted(reconnect=1).subscribed()
    assert bench.answer(b'AT+MQTTPUBRAW=0,"t",2,0,0') == PROMPT
    bench.peer.closed = True
    assert bench.wait(11 * SECOND) == b""
    assert bench.hear()[:1] == b"\x10"
    assert bench.tell(b"\x20\x02\x00\x00") == b""
    assert bench.hear() == b""  # nor is anything subscribed to
    assert bench.say(b"hi") == b"+MQTTPUB:OK\r\n"
    assert bench.hear() == b"\x30\x05\x00\x01thi"


def test_messages_come_while_raw_waits(bench):
    assert bench.answer(b'AT+MQTTPUBRAW=0,"t",2,0,0') == PROMPT
    assert bench.tell(b"\x30\x04\x00\x01ax") == b'+MQTTSUBRECV:0,"a",1,x\r\n'


@pytest.mark.parametrize("wait", [1, 3 * SECOND])
def test_subscribing(bench, wait):
    assert bench.answer(b'AT+MQTTSUB=0,"a/#",1', wait) == b""
    bench.wait()
    assert bench.hear() == b"\x82\x08\x00\x01\x00\x03a/#\x01"
    assert bench.tell(b"\x90\x03\x00\x01\x01") == OK
    assert bench.answer(b"AT+MQTTSUB?") == b'+MQTTSUB:0,6,"a/#",1\r\n' + OK
    assert bench.answer(b"AT+MQTTCONN?")[:13] == b"+MQTTCONN:0,6"


def test_qos_0_is_ok_at_once_and_its_acknowledgement_ends_another_wait(bench):
    assert bench.answer(b'AT+MQTTSUB=0,"a",0') == OK
    assert bench.answer(b"AT+MQTTSUB?") == b'+MQTTSUB:0,4,"a",0\r\n' + OK
    assert bench.answer(b'AT+MQTTSUB=0,"b",1') == b""
    assert bench.tell(b"\x90\x03\x00\x01\x00") == OK  # that of the first
    assert bench.tell(b"\x90\x03\x00\x02\x01") == b""
    assert bench.answer(b'AT+MQTTSUB=0,"c",1') == OK  # the second's was still there


def test_a_refused_subscription_is_ok(bench):
    assert bench.answer(b'AT+MQTTSUB=0,"a",2') == b""
    assert bench.tell(b"\x90\x03\x00\x01\x80") == OK
    assert bench.answer(b"AT+MQTTSUB?") == b'+MQTTSUB:0,6,"a",2\r\n' + OK


def test_unsubscribing(bench):
    bench.subscribed(b"a")
    for name, packet_id, rest in ((b"b", 2, b"6"), (b"a", 3, b"5")):
        assert bench.answer(b'AT+MQTTUNSUB=0,"%s"' % name) == b""
        assert bench.hear() == b"\xa2\x05\x00%c\x00\x01%s" % (packet_id, name)
        assert bench.tell(b"\xb0\x02\x00%c" % packet_id) == OK
        assert bench.answer(b"AT+MQTTCONN?")[:13] == b"+MQTTCONN:0," + rest
    assert bench.answer(b"AT+MQTTSUB?") == b'+MQTTSUB:0,5,"",0\r\n' + OK


def test_the_eleventh_filter_is_not_remembered(bench):
    for number in range(11):
        bench.subscribed(b"%d" % number)
    listed = bench.answer(b"AT+MQTTSUB?")
    assert listed == b"".join(b'+MQTTSUB:0,6,"%d",0\r\n' % n for n in range(10)) + OK


def test_a_filter_twice(bench):
    for packet_id, qos in ((1, 1), (2, 2)):
        assert bench.answer(b'AT+MQTTSUB=0,"a",%d' % qos) == b""
        assert bench.tell(b"\x90\x03\x00%c%c" % (packet_id, qos)) == OK
    assert bench.answer(b"AT+MQTTSUB?") == b'+MQTTSUB:0,6,"a",2\r\n' + OK


def test_incoming(bench):
    said = bench.tell(b'\x30\x06\x00\x04a",b' + b"\x33\x0d\x00\x02\xc3\xa9\x00\x07\r\nOK\r\n\xff")
    assert said == b'+MQTTSUBRECV:0,"a",b",0,\r\n' + (
        b'+MQTTSUBRECV:0,"\xc3\xa9",7,\r\nOK\r\n\xff\r\n'
    )
    assert bench.hear() == b"\x40\x02\x00\x07"


def test_incoming_qos_2(bench):
    assert bench.tell(b"\x34\x06\x00\x01a\x00\x09x") == b'+MQTTSUBRECV:0,"a",1,x\r\n'
    assert bench.hear() == b"\x50\x02\x00\x09"
    assert bench.tell(b"\x62\x02\x00\x09") == b""
    assert bench.hear() == b"\x70\x02\x00\x09"


def parts(said: bytes) -> "list[int]":
    """The lengths of the parts of a message of `x`."""
    lengths = []
    while said:
        head, _, rest = said.partition(b",x")
        lengths.append(int(head[len(b'+MQTTSUBRECV:0,"ttt",') :]))
        assert rest[lengths[-1] - 1 :][:2] == b"\r\n"
        said = rest[lengths[-1] + 1 :]
    return lengths


@pytest.mark.parametrize(
    ("size", "qos", "by_segment", "expected"),
    [
        (1016, 0, False, [1016]),
        (1017, 0, False, [1016, 1]),
        (1014, 1, False, [1014]),
        (1015, 1, False, [1014, 1]),
        (3000, 0, False, [1016, 1024, 960]),
        (1500, 0, True, [1016, 416, 68]),
        (3000, 1, True, [1014, 416, 1024, 416, 130]),
    ],
)
def test_long_messages_come_in_parts(bench, size, qos, by_segment, expected):
    """The buffer of 1024 bytes cuts, and where reads find single segments these do too."""
    bench.module.mqtt.by_segment = by_segment
    bench.answer(b"AT+MQTTCLEAN=0")
    bench.greeted()
    body = b"\x00\x03ttt" + (b"\x00\x05" if qos else b"") + b"x" * size
    head = bytes([0x30 | qos << 1, 0x80 | len(body) & 0x7F, len(body) >> 7])
    assert parts(bench.tell(head + body, SECOND)) == expected
    assert bench.hear() == (b"\x40\x02\x00\x05" if qos else b"")
    assert bench.tell(b"\x30\x04\x00\x01ax") == b'+MQTTSUBRECV:0,"a",1,x\r\n'


@pytest.mark.parametrize(
    "data",
    [
        b"\x30\xe5\xd4\x03\x00\x03ttt" + b"x" * 60_000,
        (b"\x30\x85\x01\x00\x03ttt" + b"x" * 128) * 440,
    ],
)
def test_a_slow_uart_holds_the_broker_back(data):
    """60 kB take five seconds at 115200 baud; little of it waits in the module."""
    bench = MqttBench().greeted()
    bench.peer.queue = data
    bench.wait(2 * SECOND)
    assert 20_000 < len(bench.peer.queue) < 45_000
    bench.wait(4 * SECOND)
    assert bench.peer.queue == b""


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        (b'PUB=1,"t","x",0,0', (0x010A6011,)),
        (b'PUB=0,t,"x",0,0', (BAD + 1, 0x010A6041)),
        (b'PUB=0,"t","x",,0', (BAD + 3, 0x010A6047)),
        (b'PUB=0,"t","x",0', (BAD + 4, 0x010A6049)),
        (b'PUB=0,"t","x",0,0,0', (BAD + 5,)),
        (b'PUB=0,"","x",1,0', (0x010A600C,)),
        (b'PUBRAW=1,"t",1,0,0', (0x010A6011,)),
        (b'PUBRAW=0,"%s",1,0,0' % (b"t" * 129), (0x010A6043,)),
        (b'PUBRAW=0,"t",x,0,0', (BAD + 2, 0x010A604B)),
        (b'PUBRAW=0,"t",1,3,0', (0x010A6048,)),
        (b'PUBRAW=0,"t",1,0,2', (0x010A604A,)),
        (b'SUB=1,"t",0', (0x010A6011,)),
        (b"SUB=0,t,0", (BAD + 1, 0x010A6041)),
        (b'SUB=0,"t"', (BAD + 2, 0x010A6047)),
        (b'SUB=0,"t",0,0', (BAD + 3,)),
        (b'UNSUB=1,"t"', (0x010A6011,)),
        (b'UNSUB=0,"%s"' % (b"t" * 129), (0x010A6043,)),
        (b'UNSUB=0,""', (0x010A600E,)),
        (b'UNSUB=0,"t",0', (BAD + 2,)),
    ],
)
def test_refusals(bench, line, codes):
    assert bench.answer(b"AT+MQTT" + line) == coded(*codes)
    assert bench.hear() == b""


def test_limits_of_2_1():
    bench = MqttBench("esp-at-2.1").greeted()
    assert bench.answer(b'AT+MQTTPUB=0,"%s","x",0,0' % (b"t" * 65)) == mqtt_coded(0x43)
    assert bench.answer(b'AT+MQTTPUBRAW=0,"t",1025,0,0') == mqtt_coded(0x4C)
    assert bench.answer(b'AT+MQTTPUBRAW=0,"t",2,0,0') == OK + b"\r\n>"
    assert bench.say(b"hi") == b"+MQTTPUB:OK\r\n"


def test_a_message_between_ok_and_prompt():
    """Old firmwares write them apart."""
    bench = MqttBench("esp-at-2.1").greeted()
    bench.module.feed(b'AT+MQTTPUBRAW=0,"t",2,0,0\r\n')
    assert bench.wait(3_000) == OK
    assert bench.tell(b"\x30\x04\x00\x01ax") == b'+MQTTSUBRECV:0,"a",1,x\r\n' + b"\r\n>"


def test_unconnected():
    bench = MqttBench()
    for line in (b'PUB=0,"t","x",0,0', b'PUBRAW=0,"t",1,0,0', b'SUB=0,"t",0', b'UNSUB=0,"t"'):
        assert bench.answer(b"AT+MQTT" + line) == mqtt_coded(0x06)
    assert bench.answer(b"AT+MQTTSUB?") == b'+MQTTSUB:0,0,"",0\r\n' + OK
    bench.answer(b"AT+SYSLOG=0")
    assert bench.answer(b'AT+MQTTSUB=0,"t",0') == ERROR
