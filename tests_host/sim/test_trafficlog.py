"""The readable log: lines, MQTT packets, and no secret in it."""

import io

import pytest
from mqttbench import MqttBench
from testbench import Bench

from atsim.mqttlines import PacketLines, describe
from atsim.trafficlog import TrafficLog, masked

CONNECT = (
    b"\x10\x27\x00\x04MQTT\x04\xee\x00\x3c\x00\x03abc"
    b"\x00\x01w\x00\x04gone\x00\x04user\x00\x07passw0r"
)


def log_of(bench: Bench) -> io.StringIO:
    stream = io.StringIO()
    bench.module.add_tracer(TrafficLog(bench.module, stream).trace)
    return stream


def texts(stream: io.StringIO) -> "list[str]":
    """The lines without their times."""
    return [line.split(" ", 1)[1] for line in map(str.lstrip, stream.getvalue().splitlines())]


def test_a_session():
    bench = Bench()
    stream = log_of(bench)
    bench.connected()
    bench.say(b"AT+CIPSEND=41\r\n")
    bench.say(CONNECT)
    bench.peer.queue = b"\x20\x02\x00\x00" + b"\x32\x08\x00\x03a/b\x00\x03x"
    bench.wait()
    assert texts(stream) == [
        "> ATE0",
        "< \\r\\nOK\\r\\n",
        "> AT+CWMODE=1",
        "< \\r\\nOK\\r\\n",
        '> AT+CWJAP="home",***',
        "< WIFI CONNECTED\\r\\n",
        "< WIFI GOT IP\\r\\n",
        "< \\r\\nOK\\r\\n",
        '> AT+CIPSTART="TCP","peer.local",7',
        "< CONNECT\\r\\n",
        "< \\r\\nOK\\r\\n",
        "> AT+CIPSEND=41",
        "< \\r\\nOK\\r\\n\\r\\n>",
        "> (41 bytes of data)",
        "< \\r\\nRecv 41 bytes\\r\\n",
        '  MQTT > CONNECT "abc" keepalive 60 clean 1 will q1 "w" user "user" password ***',
        "< \\r\\nSEND OK\\r\\n",
        "  MQTT < CONNACK session 0 code 0",
        '  MQTT < PUBLISH q1 id 3 "a/b" 1 B',
        "< \\r\\n+IPD,14:...",
    ]


def test_links_are_kept_apart():
    bench = Bench().online()
    stream = log_of(bench)
    bench.say(b"AT+CIPMUX=1\r\n")
    for number in (0, 1):
        bench.say(b'AT+CIPSTART=%d,"TCP","peer.local",7\r\n' % number)
    for number, half in ((0, b"\xc0"), (1, b"\xe0"), (0, b"\x00"), (1, b"\x00")):
        bench.say(b"AT+CIPSEND=%d,1\r\n" % number)
        bench.say(half)
    packets = [text for text in texts(stream) if "MQTT" in text]
    assert packets == ["  MQTT > PINGREQ", "  MQTT > DISCONNECT"]


def test_passthrough_is_shown():
    bench = Bench().connected()
    stream = log_of(bench)
    bench.say(b"AT+CIPMODE=1\r\n")
    bench.say(b"AT+CIPSEND\r\n")
    bench.say(b"\xc0\x00")
    bench.peer.queue = b"\xd0\x00"
    bench.wait()
    assert texts(stream)[-3:] == ["  MQTT > PINGREQ", "  MQTT < PINGRESP", "< \\xd0\\x00"]


def test_the_modules_own_mqtt_is_shown_without_its_secrets():
    bench = MqttBench()
    stream = log_of(bench)
    bench.answer(b'AT+MQTTUSERCFG=0,1,"c","u","s3cret",0,0,""')
    bench.answer(b"AT+MQTTLONGPASSWORD=0,6")
    bench.say(b"s3cret")
    bench.say(b'AT+MQTTCONN=0,"peer.local",7,0\r\n')
    bench.tell(b"\x20\x02\x00\x00")
    bench.tell(b"\x32\x08\x00\x03a/b\x00\x03x")
    assert texts(stream) == [
        '> AT+MQTTUSERCFG=0,1,"c","u",***',
        "< \\r\\nOK\\r\\n",
        "> AT+MQTTLONGPASSWORD=0,6",
        "< \\r\\nOK\\r\\n\\r\\n>",
        "> (6 bytes of data)",
        "< \\r\\nOK\\r\\n",
        '> AT+MQTTCONN=0,"peer.local",7,0',
        '  MQTT > CONNECT "c" keepalive 120 clean 1 user "u" password ***',
        "  MQTT < CONNACK session 0 code 0",
        '< +MQTTCONNECTED:0,1,"peer.local","7","",0\\r\\n',
        "< \\r\\nOK\\r\\n",
        '  MQTT < PUBLISH q1 id 3 "a/b" 1 B',
        '< +MQTTSUBRECV:0,"a/b",1,x\\r\\n',
        "  MQTT > PUBACK id 3",
    ]


def test_a_configuration_that_is_asked_for_is_not_shown():
    bench = MqttBench("w800")
    stream = log_of(bench)
    bench.answer(b'AT+MQTTUSERCFG=0,1,"c","u","s3cret",0,0,""')
    assert b"s3cret" in bench.answer(b"AT+MQTTUSERCFG?")
    assert "s3cret" not in stream.getvalue()


def test_times_are_module_times():
    bench = Bench()
    stream = log_of(bench)
    bench.say(b"AT\r\n")
    assert stream.getvalue().splitlines() == ["     2.001 > AT", "     2.002 < \\r\\nOK\\r\\n"]


@pytest.mark.parametrize(
    "line",
    [
        b'AT+CWJAP="home","s3cret"\r\n',
        b'at+cwjap="home","s3cret","aa:bb",1\r\n',
        b'AT+CWJAP="a\\,b","s3cret"\r\n',
        b'JUNKAT+CWJAP="home","s3cret"\r\n',
        b'AT+CWSAP="own","s3cret",5,3\r\n',
        b'AT+MQTTUSERCFG=0,1,"id","user","s3cret",0,0,""\r\n',
        b'AT+MQTTUSERCFG=0,1,"i\\,d","user","s3cret",0,0,""\r\n',
        b"AT+MQTTUSERCFG=0,1,id,us\\,er,s3cret,0,0,\r\n",
        b'AT+MQTTPASSWORD=0,"s3cret"\r\n',
    ],
)
def test_secrets_are_masked(line):
    assert "s3cret" not in masked(line)
    assert "***" in masked(line)


def test_other_lines_are_whole():
    assert masked(b"AT+CWJAP?\r\n") == "AT+CWJAP?"
    assert masked(b"AT+CWJAP\r\n") == "AT+CWJAP"
    assert masked(b'AT+CIPSTART="TCP","h",1\r\n') == 'AT+CIPSTART="TCP","h",1'
    assert masked(b"\xff\n\\\r\n") == "\\xff\\n\\\\"


def test_echo_does_not_tell_either():
    bench = Bench()
    stream = log_of(bench)
    bench.say(b"AT+CWMODE=1\r\n")
    assert b"s3cret" in bench.say(b'AT+CWJAP="home","s3cret"\r\n', 10_000_000)
    assert "s3cret" not in stream.getvalue()


def test_packets_cut_anywhere():
    stream = CONNECT + b"\xc0\x00" + b"\x30\x83\x01\x00\x01t" + bytes(128)
    whole = PacketLines().feed(stream)
    assert whole[1:] == ["PINGREQ", 'PUBLISH q0 "t" 128 B']
    for cut in range(len(stream)):
        lines = PacketLines()
        assert lines.feed(stream[:cut]) + lines.feed(stream[cut:]) == whole


@pytest.mark.parametrize(
    ("packet", "line"),
    [
        (b"\x82\x0c\x00\x07\x00\x03a/b\x01\x00\x01#\x02", 'SUBSCRIBE id 7 "a/b" q1 "#" q2'),
        (b"\x90\x04\x00\x07\x01\x80", "SUBACK id 7 granted 1 128"),
        (b"\xa2\x05\x00\x08\x00\x01#", 'UNSUBSCRIBE id 8 "#"'),
        (b"\x3d\x05\x00\x01\xff\x00\x09", 'PUBLISH q2 id 9 dup retain "\\xff" 0 B'),
        (b"\x62\x02\x01\x00", "PUBREL id 256"),
        (b"\x40\x01\x00", "PUBACK malformed"),
        (b"\x30\x02\x00\x09", "PUBLISH malformed"),
        (b"\xe0\x00", "DISCONNECT"),
    ],
)
def test_packet_lines(packet, line):
    assert PacketLines().feed(packet) == [line]
    assert describe(packet[0], packet[2:]) == line


def test_what_is_no_mqtt_is_left_alone():
    lines = PacketLines()
    assert lines.feed(b"\x00\x00") == []
    assert lines.feed(b"\xc0\x00") == []
    assert PacketLines().feed(b"GET / HTTP/1.1\r\n\r\n") == []
