"""W800 and LN882H: what they do otherwise than ESP-AT."""

import pytest
from mqttbench import CONN, ERROR, HOST, LOST, OK, PORT, SECOND, USERCFG, MqttBench

PROMPT = OK + b"\r\n>"


@pytest.mark.parametrize("name", ["w800", "ln882h"])
def test_there_and_back(name):
    bench = MqttBench(name).greeted()
    assert bench.answer(b'AT+MQTTSUB=0,"t",1') == b""
    assert bench.hear() == b"\x82\x06\x00\x01\x00\x01t\x01"
    assert bench.tell(b"\x90\x03\x00\x01\x01") == OK
    assert bench.answer(b'AT+MQTTPUB=0,"t","x",0,0') == OK
    assert bench.answer(b'AT+MQTTPUBRAW=0,"t",2,0,0') == PROMPT
    assert bench.say(b"\x00,") == b"+MQTTPUB:OK\r\n"
    assert bench.hear() == b"\x30\x04\x00\x01tx" + b"\x30\x05\x00\x01t\x00,"
    assert bench.tell(b"\x30\x04\x00\x01tx") == b'+MQTTSUBRECV:0,"t",1,x\r\n'
    assert bench.answer(b"AT+MQTTCLEAN=0") == OK


def test_w800_tells_of_subscriptions():
    bench = MqttBench("w800").greeted()
    for number in range(10):
        bench.subscribed(b"%d" % number)
    assert bench.answer(b'AT+MQTTSUB=0,"3",0') == b"ALREADY SUBSCRIBE\r\n" + OK
    assert bench.answer(b'AT+MQTTSUB=0,"a",0') == b"ALREADY FULL SUBSCRIBE\r\n" + OK
    assert bench.hear() == b""


def test_w800_refuses_in_its_own_words():
    bench = MqttBench("w800")
    assert bench.answer(b"AT+MQTTUSERCFG=0,1,c") == b"\r\nCMD PARSE ERR\r\n"
    assert bench.answer(b"HELLO") == b"\r\nCMD FORMAT ERR\r\n"
    assert bench.answer(b'AT+MQTTUSERCFG=0,6,"c","","",0,0,""') == ERROR
    assert bench.answer(b'AT+MQTTSNI=0,"h"') == ERROR
    bench.say(USERCFG)
    assert bench.answer(b"AT+MQTTLONGCLIENTID=0,3") == PROMPT
    assert bench.say(b"abc") == OK
    bench.module.feed(CONN % (HOST.encode(), PORT, 0))
    bench.wait()
    assert bench.say(b"AT\r\n", SECOND) == b"\r\nbusy ...\r\n"


@pytest.mark.parametrize("name", ["w800", "esp-at-2.1"])
def test_questions_that_only_some_answer(name):
    bench = MqttBench(name)
    said = bench.answer(b"AT+MQTTUSERCFG?")
    assert said == b'+MQTTUSERCFG:0,0,"","","",0,0,""\r\n' + OK
    bench.answer(b'AT+MQTTUSERCFG=0,1,"c","u","p",0,0,"x"')
    said = bench.answer(b"AT+MQTTUSERCFG?")
    assert said == b'+MQTTUSERCFG:0,1,"c","u","p",0,0,"x"\r\n' + OK
    said = bench.answer(b"AT+MQTTCONNCFG?")
    assert said == b'+MQTTCONNCFG:0,120,0,"","",0,0\r\n' + OK
    bench.answer(b'AT+MQTTCONNCFG=0,60,1,"w","m",2,1')
    said = bench.answer(b"AT+MQTTCONNCFG?")
    assert said == b'+MQTTCONNCFG:0,60,1,"w","m",2,1\r\n' + OK
    for other in ("esp-at", "esp-at-2.2", "ln882h"):
        assert ERROR in MqttBench(other).answer(b"AT+MQTTUSERCFG?")


def test_w800_tells_its_protocols():
    bench = MqttBench("w800")
    bench.answer(b'AT+MQTTUSERCFG=0,2,"c","","",0,0,""')
    assert bench.answer(b"AT+MQTTALPN?") == b"+MQTTALPN:0,0\r\n" + OK
    assert bench.answer(b'AT+MQTTALPN=0,2,"mqtt","x"') == OK
    assert bench.answer(b"AT+MQTTALPN?") == b'+MQTTALPN:0,2,"mqtt","x"\r\n' + OK


def test_ln882h_fails_to_connect_without_an_error():
    bench = MqttBench("ln882h")
    bench.say(USERCFG)
    assert bench.answer(b'AT+MQTTCONN=0,"peer.local",8,0', 20 * SECOND) == LOST
    assert bench.answer(b"AT") == OK


def test_ln882h_says_ok_unasked_after_a_reconnection():
    bench = MqttBench("ln882h").greeted(reconnect=1)
    bench.drop()
    assert bench.wait(10 * SECOND) == b""
    bench.accept(OK)
    assert bench.answer(b"AT+MQTTCONN?") == b'+MQTTCONN:0,4,1,"peer.local","7","",1\r\n' + OK


def test_ln882h_tells_of_subscriptions():
    bench = MqttBench("ln882h").greeted().subscribed(b"t")
    assert bench.answer(b'AT+MQTTSUB=0,"t",0') == b"ALREADY SUBSCRIBE\r\n"
    assert bench.answer(b"AT") == OK
    assert bench.answer(b'AT+MQTTUNSUB=0,"u"') == b"NO UNSUBSCRIBE\r\n" + OK


def test_ln882h_gives_the_parts_of_a_message_no_heads():
    bench = MqttBench("ln882h").greeted()
    said = bench.tell(b"\x30\xdf\x0b\x00\x01t" + b"x" * 1500)
    first = b'+MQTTSUBRECV:0,"t",1018,%s\r\n' % (b"x" * 1018)
    assert said == first + b",482,%s\r\n" % (b"x" * 482)


def test_ln882h_limits():
    bench = MqttBench("ln882h")
    assert bench.answer(b'AT+MQTTUSERCFG=0,2,"c","","",0,0,""') == ERROR
    for command in (b"LONGCLIENTID=0,5", b'ALPN=0,1,"a"', b'SNI=0,"a"'):
        assert bench.answer(b"AT+MQTT" + command) == ERROR
    bench.greeted()
    assert bench.answer(b'AT+MQTTPUBRAW=0,"t",1025,0,0') == ERROR
    assert bench.answer(b'AT+MQTTPUBRAW=0,"t",1024,0,0') == PROMPT


def test_ln882h_keeps_no_session():
    bench = MqttBench("ln882h")
    bench.say(USERCFG)
    assert bench.answer(b'AT+MQTTCONNCFG=0,60,1,"","",0,0') == OK
    bench.say(CONN % (HOST.encode(), PORT, 0))
    assert bench.hear() == b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01c"
