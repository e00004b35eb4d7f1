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


@pytest.mark.parametrize("name", ["esp-at", "esp-at-2.4", "esp-at-2.2"])
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


def test_links_stay_usable_beside_its_mqtt():
    bench = Bench().online()
    assert bench.say(START) == b"CONNECT\r\n" + OK
