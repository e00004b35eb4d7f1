"""What the firmwares differ in."""

import pytest
from testbench import START, Bench

from atsim import firmware
from atsim.module import Module

ERROR = b"\r\nERROR\r\n"
OK = b"\r\nOK\r\n"


@pytest.mark.parametrize("name", firmware.NAMES)
def test_every_name_loads(name):
    assert firmware.load(name).name == name


def test_unknown_names_and_rates_are_refused():
    with pytest.raises(ValueError, match="nosuch"):
        Bench("nosuch")
    with pytest.raises(ValueError, match="baud"):
        Module(Bench().net, baud=1)


@pytest.mark.parametrize("name", ["esp-at", "esp-at-2.2"])
def test_esp_at_simulates_only_what_it_lists(name):
    esp_at = firmware.load(name)
    flags = dict(esp_at.listing())
    order = ("test", "query", "set", "execute")
    for name, forms in esp_at.commands().items():
        for form in forms:
            assert flags[name][order.index(form)] == "1", (name, form)


def test_air601():
    bench = Bench("air601")
    assert bench.boot_text == b"\r\nready\r\n"
    assert bench.say(b"AT\r\n") == b"AT\r\n" + OK
    bench.say(b"ATE0\r\n")
    assert b"ESP" not in bench.say(b"AT+GMR\r\n")
    for command in (b'AT+MQTTUSERCFG=0,1,"c","","",0,0,""', b"AT+MQTTCONN?", b"AT+CMD?"):
        assert bench.say(command + b"\r\n") == ERROR
    bench.connected()
    assert bench.say(b"AT+CIPSEND=5761\r\n") == ERROR
    assert bench.say(b"AT+CIPSEND=5760\r\n") == b"\r\nOK\r\n\r\n>"
    bench.say(b"x" * 5760)
    bench.peer.queue = b"\x20\x02\x00\x00"
    assert bench.wait() == b"\r\n+IPD,4:\x20\x02\x00\x00\r\n"


def test_esp_at_own_mqtt_connection_ends_with_the_link():
    bench = Bench().online()
    bench.say(b'AT+MQTTUSERCFG=0,1,"c","u","p",0,0,""\r\n')
    assert bench.say(b"AT+MQTTCONN?\r\n") == b'+MQTTCONN:0,1,1,"","","",0\r\n' + OK
    bench.module.feed(b'AT+MQTTCONN=0,"peer.local",7,0\r\n')
    bench.wait(50_000)
    assert bench.peer.received == (
        b"\x10\x13\x00\x04MQTT\x04\xc2\x00\x78\x00\x01c\x00\x01u\x00\x01p"
    )
    bench.peer.queue = b"\x20\x02\x00\x00"
    assert bench.wait() == b'+MQTTCONNECTED:0,1,"peer.local","7","",0\r\n' + OK
    assert bench.say(b'AT+MQTTPUB=0,"t","x",0,0\r\n') == ERROR
    bench.peer.closed = True
    assert bench.wait() == b"+MQTTDISCONNECTED:0\r\n"
    assert bench.say(b"AT+MQTTCONN?\r\n") == b'+MQTTCONN:0,3,1,"peer.local","7","",0\r\n' + OK
    assert bench.say(b"AT+MQTTCLEAN=0\r\n") == OK
    assert bench.say(b"AT+MQTTCLEAN=0\r\n") == ERROR


def test_esp_at_own_mqtt_connection_refused():
    bench = Bench().online()
    bench.say(b'AT+MQTTUSERCFG=0,1,"c","","",0,0,""\r\n')
    said = bench.say(b'AT+MQTTCONN=0,"peer.local",8,0\r\n', 4_900_000)
    assert said == b"+MQTTDISCONNECTED:0\r\n"
    assert bench.wait(500_000) == ERROR
    assert bench.say(b"AT+MQTTCONN?\r\n") == b'+MQTTCONN:0,2,1,"","","",0\r\n' + OK


def test_links_stay_usable_beside_its_mqtt():
    bench = Bench().online()
    assert bench.say(START) == b"CONNECT\r\n" + OK
