"""The commands that keep certificates and TLS settings; what they are good for is in test_tls."""

import pytest
from test_trafficlog import log_of
from testbench import SECOND, Bench

from atsim.commands.certificates import provisioned

OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"
PROMPT = b"\r\nOK\r\n\r\n>"


@pytest.fixture
def bench():
    bench = Bench()
    bench.say(b"ATE0\r\n")
    return bench


def store(bench: Bench, namespace: bytes, key: bytes, value: bytes) -> None:
    line = b'AT+SYSMFG=2,"%s","%s",8,%d\r\n' % (namespace, key, len(value))
    assert bench.say(line) == PROMPT
    assert bench.say(value) == OK


def test_stored_certificates_outlive_everything_but_their_erasure(bench):
    pem = b"-----BEGIN\nOK\r\n\r\nOK\r\n>"
    store(bench, b"mqtt_ca", b"mqtt_ca", b"first")
    store(bench, b"mqtt_ca", b"mqtt_ca", pem)
    read = b'AT+SYSMFG=1,"mqtt_ca","mqtt_ca"\r\n'
    answer = b'+SYSMFG:"mqtt_ca","mqtt_ca",8,%d,' % len(pem) + pem + b"\r\n" + OK
    assert bench.say(read, SECOND) == answer
    for restart in (b"AT+RST\r\n", b"AT+RESTORE\r\n"):
        bench.say(restart, 5 * SECOND)
        bench.say(b"ATE0\r\n")
        assert bench.say(read, SECOND) == answer
    assert bench.say(b"AT+SYSMFG?\r\n", SECOND) == b'+SYSMFG:"mqtt_ca"\r\n' + OK
    assert bench.say(b'AT+SYSMFG=0,"mqtt_ca"\r\n', SECOND) == OK
    assert bench.say(read, SECOND) == ERROR
    assert bench.say(b'AT+SYSMFG=0,"mqtt_ca"\r\n', SECOND) == ERROR


@pytest.mark.parametrize(
    "line",
    [
        b'AT+SYSMFG=3,"a","a"',
        b'AT+SYSMFG=2,"a","a",7,5',
        b'AT+SYSMFG=2,"a","a",8,0',
        b'AT+SYSMFG=2,"a","a",8,5,1',
        b'AT+SYSMFG=2,"a","",8,5',
        b'AT+SYSMFG=1,"sixteen letters!"',
        b"AT+SYSMFG=1",
        b"AT+CIPSSLCCONF=4",
        b"AT+CIPSSLCCONF=0,0,0,0",
        b'AT+CIPSSLCALPN=2,"mqtt"',
        b"AT+CIPSSLCCIPHER=1,49195",
        b"AT+CIPSSLCCIPHER=1,0x1c02b",
        b'AT+CIPSSLCSNI="%s"' % (b"n" * 65),
    ],
)
def test_refused(bench, line):
    assert bench.say(line + b"\r\n", SECOND) == ERROR


def test_settings_can_be_asked_for(bench):
    for line in (
        b'AT+CIPSSLCSNI="a"',
        b'AT+CIPSSLCCN="b"',
        b'AT+CIPSSLCALPN=2,"c","d"',
        b"AT+CIPSSLCCIPHER=2,0xC02B,0xc02f",
        b"AT+CIPSSLCCONF=2,1",
    ):
        assert bench.say(line + b"\r\n", SECOND) == OK
    bench.say(b"AT+CIPMUX=1\r\n")
    assert bench.say(b'AT+CIPSSLCSNI=3,"e"\r\n') == OK
    for query, line in (
        (b"AT+CIPSSLCSNI?", b'+CIPSSLCSNI:0,"a"\r\n+CIPSSLCSNI:3,"e"\r\n'),
        (b"AT+CIPSSLCCN?", b'+CIPSSLCCN:0,"b"\r\n'),
        (b"AT+CIPSSLCALPN?", b'+CIPSSLCALPN:0,"c","d"\r\n'),
        (b"AT+CIPSSLCCIPHER?", b"+CIPSSLCCIPHER:0,0xc02b,0xc02f\r\n"),
    ):
        assert bench.say(query + b"\r\n") == line + OK
    bench.say(b"AT+RST\r\n", 5 * SECOND)
    bench.say(b"ATE0\r\n")
    assert bench.say(b"AT+CIPSSLCSNI?\r\n") == OK
    assert bench.say(b"AT+CIPSSLCCONF?\r\n") == b"+CIPSSLCCONF:0,2,1,0\r\n" + OK


def test_keys_are_not_in_the_log():
    bench = Bench(certificates=provisioned(ca=b"public", key=b"s3cret"))
    bench.say(b"ATE0\r\n")
    stream = log_of(bench)
    store(bench, b"client_key", b"client_key.1", b"s3cret too")
    assert b"s3cret" in bench.say(b'AT+SYSMFG=1,"client_key"\r\n', SECOND)
    assert "s3cret" not in stream.getvalue()
    assert '"client_key.1",8,10,' in stream.getvalue()
