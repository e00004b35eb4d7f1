"""Beken's dialect: as documented, and as its source has it."""

import pytest
from mqttbench import SECOND, MqttBench

BOTH = ("beken", "beken-source")
PUBLISH = b"AT+MQTTPUB=0,t,x,%d,0"


class BekenBench(MqttBench):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.ok = self.module.firmware.ok
        self.error = self.module.firmware.error
        self.documented = name == "beken"

    def configured(self, scheme: int = 0) -> "BekenBench":
        scheme += self.documented
        assert self.answer(b"AT+MQTTUSERCFG=0,%d,c,u,p,0,0," % scheme) == self.ok
        return self

    def greeted(self, reconnect: int = 0) -> "BekenBench":
        self.configured()
        line = b"AT+MQTTCONN=0,peer.local,7,%d" % reconnect
        assert self.answer(line) == self.ok
        self.accept(b"+MQTTCONN:OK\r\n")
        return self

    def accept(self, then: bytes = b"", reconnect: int = 1) -> None:
        assert self.hear()[:1] == b"\x10"
        assert self.tell(b"\x20\x02\x00\x00") == then

    def subscribed(self, name: bytes = b"t") -> "BekenBench":
        assert self.answer(b"AT+MQTTSUB=0,%s,0" % name) == self.ok
        request = self.hear()
        assert self.tell(b"\x90\x03" + request[2:4] + b"\x00") == b""
        return self


@pytest.fixture(params=BOTH)
def bench(request):
    return BekenBench(request.param)


def test_wording():
    assert BekenBench("beken").answer(b"AT") == b"\r\nOK\r\n"
    source = BekenBench("beken-source")
    assert source.answer(b"AT") == b"OK\r\n"
    assert source.answer(b"AT+NOSUCH") == b"ERROR\r\n"


def test_echo(bench):
    bench.answer(b"ATE1")
    assert bench.answer(b"AT") == b"AT\r\n\r\n" + bench.ok


def test_connect(bench):
    bench.configured()
    assert bench.answer(b"AT+MQTTCONNCFG=0,30,1,w/t,by\\,e,1,1") == bench.ok
    assert bench.answer(b"AT+MQTTCONN=0,peer.local,7,0") == bench.ok
    assert bench.hear() == (
        b"\x10\x1e\x00\x04MQTT\x04\xec\x00\x1e\x00\x01c\x00\x03w/t\x00\x04by,e\x00\x01u\x00\x01p"
    )
    assert bench.tell(b"\x20\x02\x00\x00") == b"+MQTTCONN:OK\r\n"


def test_failing_to_connect(bench):
    bench.configured()
    said = bench.answer(b"AT+MQTTCONN=0,peer.local,8,0", SECOND)
    assert said == bench.ok + b"+MQTTCONN:ERROR,-1\r\n"
    assert bench.answer(b"AT+MQTTCONN=0,peer.local,7,0") == bench.ok
    bench.accept(b"+MQTTCONN:OK\r\n")


def test_state():
    documented = BekenBench("beken")
    assert documented.answer(b"AT+MQTTCONN?") == b"+MQTTCONN:0,disconnect,1,,0,0\r\n\r\nOK\r\n"
    documented.greeted(reconnect=1)
    assert documented.answer(b"AT+MQTTCONN?") == (
        b"+MQTTCONN:0,connected,1,peer.local,7,1\r\n\r\nOK\r\n"
    )
    source = BekenBench("beken-source").greeted()
    assert source.answer(b"AT+MQTTCONN?") == b"+MQTTCONNSTATE:connected,peer.local,7,0\r\nOK\r\n"


def test_quotes_are_part_of_a_string_in_the_source():
    for name, sent in (("beken", b"t"), ("beken-source", b'"t"')):
        bench = BekenBench(name).greeted()
        bench.answer(b'AT+MQTTPUB=0,"t",{"a":1\\,"b"\\:2},0,0')
        payload = b'{"a":1,"b"\\:2}'
        assert bench.hear() == b"\x30%c\x00%c%s" % (
            len(sent) + len(payload) + 2,
            len(sent),
            sent + payload,
        )


def test_publishing():
    documented, source = [BekenBench(name).greeted() for name in BOTH]
    assert documented.answer(PUBLISH % 0) == b"\r\nOK\r\n"
    assert source.answer(PUBLISH % 0) == b"+MQTTPUB:OK\r\n"
    for bench in (documented, source):
        assert bench.hear() == b"\x30\x04\x00\x01tx"
        bench.peer.closed = True
        assert bench.wait() == b""  # nobody is told
    assert documented.answer(PUBLISH % 0) == b"\r\nERROR\r\n"
    assert source.answer(PUBLISH % 0) == b"+MQTTPUB:ERROR,-1\r\n"


def test_an_acknowledgement_that_does_not_come_is_taken_for_given(bench):
    bench.greeted()
    done = bench.ok if bench.documented else b"+MQTTPUB:OK\r\n"
    assert bench.answer(PUBLISH % 1, 4 * SECOND) == b""
    assert bench.wait(2 * SECOND) == done
    assert bench.answer(b"AT+MQTTSUB=0,t,1", 4 * SECOND) == b""
    assert bench.wait(2 * SECOND) == bench.ok


def test_raw(bench):
    bench.greeted()
    assert bench.answer(b"AT+MQTTPUBRAW=0,t,513,0,0") == bench.error
    assert bench.answer(b"AT+MQTTPUBRAW=0,t,0,0,0") == bench.error
    assert bench.answer(b"AT+MQTTPUBRAW=0,t,4,0,0") == bench.ok + b">"
    assert bench.say(b"\x00\r\n,") == b"+MQTTPUBRAW:OK\r\n"
    assert bench.hear() == b"\x30\x07\x00\x01t\x00\r\n,"
    assert bench.answer(b"AT+MQTTPUBRAW=0,t,4,0,0") == bench.ok + b">"
    bench.peer.closed = True
    assert bench.say(b"\x00\r\n,") == b"+MQTTPUBRAW:ERROR,-1\r\n"
    assert bench.answer(b"AT+MQTTPUBRAW=0,t,4,0,0") == bench.error


def test_messages():
    packet = b"\x30\x07\x00\x01ta\x00,b" + b"\x32\x05\x00\x01t\x00\x01"
    documented, source = [BekenBench(name).greeted() for name in BOTH]
    assert documented.tell(packet) == b'+MQTTSUBRECV:0,"t",4,a\x00,b\r\n+MQTTSUBRECV:0,"t",0,\r\n'
    assert source.tell(packet) == b'+MQTTSUBREV:"t",4,"a"\r\n+MQTTSUBREV:"t",0,""\r\n'
    assert source.hear() == b"\x40\x02\x00\x01"


def test_long_messages_come_whole(bench):
    bench.greeted()
    said = bench.tell(b"\x30\xa3\x1f\x00\x01t" + b"x" * 4000, SECOND)
    assert said.count(b"+MQTTSUB") == 1
    assert b",4000," in said and said.count(b"x") == 4000


def test_subscriptions_as_documented():
    bench = BekenBench("beken").greeted().subscribed()
    assert bench.answer(b"AT+MQTTSUB=0,t,0") == b"ALREADY SUBSCRIBE\r\n"
    assert bench.answer(b"AT+MQTTSUB?") == b"+MQTTSUB:0,connected,t,0\r\n" + bench.ok
    assert bench.answer(b"AT+MQTTUNSUB=0,u") == b"NO UNSUBSCRIBE\r\n" + bench.ok
    assert bench.answer(b"AT+MQTTUNSUB=0,t") == b""
    assert bench.tell(b"\xb0\x02\x00\x02") == bench.ok
    assert bench.answer(b"AT+MQTTSUB?") == bench.ok


def test_subscriptions_in_the_source():
    bench = BekenBench("beken-source").greeted().subscribed()
    assert bench.answer(b"AT+MQTTSUB=0,t,0") == bench.ok
    assert bench.answer(b"AT+MQTTUNSUB=0,u") == b""
    assert bench.tell(b"\xb0\x02\x00\x03") == bench.ok


def test_reconnection(bench):
    bench.greeted(reconnect=1).subscribed()
    bench.peer.closed = True
    assert bench.wait() == b"+TCMQTTRECONNECTING\r\n"
    assert b"disconnect" in bench.answer(b"AT+MQTTCONN?")
    assert bench.wait(10 * SECOND) == b""
    bench.accept(b"+TCMQTTRECONNECTED\r\n")
    assert bench.hear() == b""  # nothing is subscribed to


def test_clean(bench):
    failed = b"+MQTTDISCONN:-1\r\n" + bench.error
    assert bench.answer(b"AT+MQTTCLEAN=0") == failed
    bench.greeted()
    assert bench.answer(b"AT+MQTTCLEAN=0") == bench.ok
    assert bench.hear() == b"\xe0\x00"
    assert bench.answer(b"AT+MQTTCLEAN=0") == failed
    bench.greeted()


@pytest.mark.parametrize(
    "line",
    [
        b"USERCFG=0,1,,u,p,0,0,",
        b"USERCFG=0,1,c,,p,0,0,",
        b"USERCFG=0,1,c,u,,0,0,",
        b"USERCFG=0,3,c,u,p,0,0,",
        b"USERCFG=0,1,c,u,%s,0,0," % (b"p" * 65),
        b"USERCFG=0,1,c,u,p,1,0,",
        b"USERCFG=0,1,c,u,p",
        b"CONNCFG=0,60,0,,m,0,0",
        b"CONNCFG=0,60,0,t,,0,0",
        b"CONNCFG=0,60,0,%s,m,0,0" % (b"t" * 128),
        b"CONNCFG=0,7201,0,t,m,0,0",
        b"CONN=0,,7,0",
        b"CONN=0,%s,7,0" % (b"h" * 65),
        b"CONN=0,peer.local,0,0",
        b"CONN=0,\xff,7,0",
        b"SUB=0,t,0",
        b"PUBRAW=0,t,1,0,0",
        b"LONGCLIENTID=0,5",
        b"ALPN=0,1,a",
    ],
)
def test_refusals(bench, line):
    bench.configured()
    assert bench.answer(b"AT+MQTT" + line) == bench.error


def test_the_order_of_commands(bench):
    assert bench.answer(b"AT+MQTTCONN=0,peer.local,7,0") == bench.error
    assert bench.answer(b"AT+MQTTCONNCFG=0,60,0,t,m,0,0") == bench.error
    bench.greeted()
    assert bench.answer(b"AT+MQTTCONN=0,peer.local,7,0") == bench.error
    assert bench.answer(b"AT+MQTTCONNCFG=0,60,0,t,m,0,0") == bench.error
    assert bench.answer(b"AT+MQTTUSERCFG=0,1,c,u,p,0,0,") == bench.error


@pytest.mark.parametrize("line", [b"PUB=0,%s,x,0,0", b"SUB=0,%s,0", b"UNSUB=0,%s"])
def test_topics_have_limits(bench, line):
    bench.greeted()
    assert bench.answer(b"AT+MQTT" + line % (b"t" * 128)) == bench.error
    assert bench.answer(b"AT+MQTT" + line % b"") == bench.error


def test_long_lines(bench):
    bench.greeted()
    line = b"AT+MQTTPUB=0,t,%s,0,0"
    assert b"OK" in bench.answer(line % (b"x" * (2048 - len(line))))
    assert len(bench.hear()) == 2048 - len(line) + 6


def test_tcp(bench):
    assert bench.answer(b"AT+CIPMUX?") == b"+CIPMUX:1\r\n" + bench.ok
    address = bench.net.resolve("peer.local")
    assert bench.answer(b"AT+CIPSTART=0,TCP,peer.local,7") == bench.error
    line = b"AT+CIPSTART=0,TCP,%s,7" % str(address).encode()
    assert bench.answer(line) == b"0,CONNECT\r\n" + bench.ok
    assert bench.answer(b"AT+CIPSEND=0,2") == bench.ok + b">"
    assert bench.say(b"hi") == b"\r\nSEND OK\r\n"
    assert bench.answer(b"AT+CIPSEND=0,2") == bench.ok + b">"
    bench.peer.closed = True
    bench.wait()
    assert bench.say(b"hi") == b"\r\nSEND ERROR\r\n"
