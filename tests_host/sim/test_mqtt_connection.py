"""The life of the module's own MQTT connection: refusals, losses, reconnection, keepalive."""

import pytest
from mqttbench import (
    CONN,
    CONNECTED,
    ERROR,
    HOST,
    LOST,
    OK,
    PORT,
    SECOND,
    USERCFG,
    MqttBench,
    mqtt_coded,
)

PUBLISH = b'AT+MQTTPUB=0,"t","x",1,0'


def state(bench: MqttBench) -> bytes:
    return bench.answer(b"AT+MQTTCONN?").partition(b",")[2][:1]


@pytest.fixture
def configured():
    bench = MqttBench()
    bench.say(USERCFG)
    return bench


def test_refused(configured):
    said = configured.answer(b'AT+MQTTCONN=0,"peer.local",8,0', 4_900_000)
    assert said == LOST
    assert configured.wait(200_000) == ERROR
    assert state(configured) == b"2"
    configured.say(CONN % (HOST.encode(), PORT, 0))  # the configuration is still there
    configured.accept(OK, 0)


@pytest.mark.parametrize(
    "answer",
    [
        b"\x20\x02\x00\x05",
        b"\x20\x02\x01\x01",
        b"\x20\x01\x00",
        b"\x90\x03\x00\x01\x00",
        b"\xff" * 9,
    ],
)
def test_a_broker_that_does_not_accept(configured, answer):
    configured.say(CONN % (HOST.encode(), PORT, 1))
    assert configured.tell(answer, 4_900_000) == LOST
    assert configured.wait(200_000) == ERROR
    assert configured.peer.gone
    assert state(configured) == b"2"


def test_a_broker_that_says_nothing(configured):
    assert configured.say(CONN % (HOST.encode(), PORT, 0), 9_900_000) == b""
    assert configured.wait(200_000) == LOST
    assert configured.wait(5 * SECOND) == ERROR


def test_a_host_that_says_nothing(configured):
    configured.net.black_hole = True
    assert configured.say(CONN % (HOST.encode(), PORT, 0), 9_900_000) == b""
    assert configured.wait(6 * SECOND) == LOST + ERROR


def test_without_a_network():
    bench = MqttBench()
    bench.answer(b"AT+CWQAP", SECOND)
    bench.say(USERCFG)
    assert bench.say(CONN % (HOST.encode(), PORT, 0)) == LOST
    assert bench.wait(5 * SECOND) == ERROR


def test_wifi_goes_while_the_broker_thinks(configured):
    assert configured.say(CONN % (HOST.encode(), PORT, 0)) == b""
    configured.module.access_points[0].up = False
    assert configured.wait() == b"WIFI DISCONNECT\r\n" + LOST
    assert configured.tell(b"\x20\x02\x00\x00", 6 * SECOND) == ERROR


def test_wifi_goes_while_connecting(configured):
    configured.net.black_hole = True
    assert configured.say(CONN % (HOST.encode(), PORT, 0)) == b""
    configured.module.access_points[0].up = False
    assert configured.wait() == b"WIFI DISCONNECT\r\n" + LOST
    assert configured.wait(6 * SECOND) == ERROR


@pytest.mark.parametrize("scheme", [1, 2, 6, 7])
def test_port_0_is_the_schemes_own(scheme):
    asked = []
    bench = MqttBench()
    connect = bench.net.connect
    bench.net.connect = lambda host, port, tls=None: asked.append(port) or connect(host, port, tls)
    bench.answer(b'AT+MQTTUSERCFG=0,%d,"c","","",0,0,""' % scheme)
    bench.say(CONN % (HOST.encode(), 0, 0), 6 * SECOND)
    assert asked == [{1: 1883, 2: 8883, 6: 80, 7: 443}[scheme]]


def test_clean_says_goodbye_and_forgets():
    bench = MqttBench().greeted().subscribed()
    assert bench.answer(b"AT+MQTTCLEAN=0") == OK
    assert bench.hear() == b"\xe0\x00"
    assert bench.peer.gone
    assert bench.answer(b"AT+MQTTCONN?") == b'+MQTTCONN:0,0,0,"","","",0\r\n' + OK
    assert bench.answer(b"AT+MQTTSUB?") == b'+MQTTSUB:0,0,"",0\r\n' + OK
    bench.greeted()


def test_clean_waits_for_a_client_that_sleeps():
    bench = MqttBench().greeted()
    bench.drop()
    bench.wait(2 * SECOND)
    assert bench.answer(b"AT+MQTTCLEAN=0", 2 * SECOND) == b""
    assert bench.wait(SECOND) == OK
    assert state(bench) == b"0"


def test_without_reconnection_a_loss_is_the_end():
    bench = MqttBench().greeted()
    bench.drop()
    assert state(bench) == b"3"
    assert bench.wait(100 * SECOND) == b""
    assert len(bench.peers) == 1


def test_reconnection():
    bench = MqttBench().greeted(reconnect=1).subscribed(b"a")
    bench.drop()
    assert bench.answer(b'AT+MQTTSUB=0,"b",0') == mqtt_coded(0x51)
    assert bench.wait(9_700_000) == b""
    assert len(bench.peers) == 1
    bench.wait(300_000)
    bench.accept()
    assert bench.hear() == b"\x82\x06\x00\x02\x00\x01a\x00"
    assert state(bench) == b"4"
    assert bench.tell(b"\x90\x03\x00\x02\x00") == b""
    assert state(bench) == b"6"


def test_attempts_that_fail_are_told():
    bench = MqttBench().greeted(reconnect=1)
    bench.net.refuse(HOST, PORT)
    bench.drop()
    assert bench.wait(10 * SECOND) == LOST
    assert bench.wait(20 * SECOND + 100_000) == LOST + LOST
    assert state(bench) == b"3"


def test_wifi_goes_and_comes_back():
    bench = MqttBench().greeted(reconnect=1)
    bench.module.station.lose()
    assert bench.wait(SECOND // 2) == b"WIFI DISCONNECT\r\n" + LOST
    assert bench.wait(8 * SECOND) == b"WIFI CONNECTED\r\nWIFI GOT IP\r\n"
    assert bench.wait(2 * SECOND) == b""
    bench.accept()


def test_what_was_not_acknowledged_is_sent_again():
    bench = MqttBench().greeted(reconnect=1)
    assert bench.answer(PUBLISH) == b""
    assert bench.hear() == b"\x32\x06\x00\x01t\x00\x01x"
    bench.peer.closed = True
    assert bench.wait() == LOST + mqtt_coded(0x0C)
    bench.wait(10 * SECOND)
    bench.accept()
    assert bench.hear() == b"\x3a\x06\x00\x01t\x00\x01x"
    assert bench.tell(b"\x40\x02\x00\x01") == b""
    assert bench.wait(20 * SECOND) == b""
    assert bench.hear() == b""
    # the acknowledgement nobody waited for ends the next wait at once
    assert bench.answer(PUBLISH) == OK


@pytest.mark.parametrize(("name", "resend"), [("esp-at", 5 * SECOND), ("esp-at-2.4", SECOND)])
def test_an_acknowledgement_that_does_not_come(name, resend):
    bench = MqttBench(name).greeted()
    assert bench.answer(PUBLISH, resend - 200_000) == b""
    assert bench.hear() == b"\x32\x06\x00\x01t\x00\x01x"
    bench.wait(400_000)
    assert bench.hear() == b"\x3a\x06\x00\x01t\x00\x01x"
    bench.wait(29 * SECOND)
    assert bench.hear().count(b"\x3a\x06\x00\x01t\x00\x01x") == 30 * SECOND // resend - 2
    bench.wait(20 * SECOND)
    assert bench.hear() == b""  # given up, while the command waits on
    assert bench.tell(b"\x40\x02\x00\x01") == OK


def test_pubrel_is_sent_again():
    bench = MqttBench().greeted()
    bench.answer(b'AT+MQTTPUB=0,"t","x",2,0')
    bench.tell(b"\x50\x02\x00\x01")
    bench.hear()
    bench.wait(5 * SECOND)
    assert bench.hear() == b"\x62\x02\x00\x01"
    assert bench.tell(b"\x70\x02\x00\x01") == OK


def test_keepalive():
    bench = MqttBench()
    bench.say(USERCFG)
    bench.answer(b'AT+MQTTCONNCFG=0,10,0,"","",0,0')
    bench.say(CONN % (HOST.encode(), PORT, 0))
    bench.accept(OK, 0)
    for _ in range(3):
        assert bench.wait(5 * SECOND) == b""
        assert bench.hear() == b"\xc0\x00"
        assert bench.tell(b"\xd0\x00", 1) == b""
    assert bench.wait(5 * SECOND) == b""
    assert bench.wait(5 * SECOND) == LOST  # the last one found no answer
    assert bench.peer.gone


@pytest.mark.parametrize(
    "packet",
    [
        b"\x10\x00",
        b"\x20\x02\x00\x00",
        b"\x36\x03\x00\x01t",
        b"\x38\x03\x00\x01t",
        b"\x30\x01\x00",
        b"\x32\x05\x00\x01t\x00\x00",
        b"\x41\x02\x00\x01",
        b"\x40\x00",
        b"\x30\xff\xff\xff\xff\x01",
        b"\x90\xff\x07",
        b"\x00\x00",
        b"\xf0\x00",
    ],
)
def test_a_broker_that_breaks_the_standard(packet):
    bench = MqttBench().greeted()
    assert bench.tell(packet) == LOST
    assert bench.peer.gone


def test_a_reset_ends_everything():
    bench = MqttBench().greeted(reconnect=1)
    assert bench.answer(PUBLISH) == b""
    assert bench.say(b"AT+RST\r\n", 2 * SECOND) == (
        b"\r\nWill force to restart!!!\r\n" + b"WIFI CONNECTED\r\n\r\nready\r\nWIFI GOT IP\r\n"
    )
    assert bench.peer.gone
    bench.wait(60 * SECOND)
    assert len(bench.peers) == 1
    bench.say(b"ATE0\r\n")
    assert bench.answer(b"AT+MQTTCONN?") == b'+MQTTCONN:0,0,0,"","","",0\r\n' + OK


def test_its_link_is_none_of_the_hosts():
    bench = MqttBench().greeted()
    assert bench.answer(b"AT+CIPSTATE?") == OK
    assert bench.answer(b'AT+CIPSTART="TCP","peer.local",7') == b"CONNECT\r\n" + OK
    assert bench.answer(b"AT+CIPCLOSE") == b"CLOSED\r\n" + OK
    assert state(bench) == b"4"


def test_the_peer_closes_behind_its_last_words():
    bench = MqttBench().greeted()
    bench.peer.closed = True
    assert bench.tell(b"\x30\x04\x00\x01ax") == b'+MQTTSUBRECV:0,"a",1,x\r\n' + LOST


def test_session_present_makes_no_difference(configured):
    configured.say(CONN % (HOST.encode(), PORT, 0))
    said = configured.tell(b"\x20\x02\x01\x00")
    assert said == CONNECTED % (HOST.encode(), PORT, 0) + OK
