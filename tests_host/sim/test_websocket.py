"""MQTT over WebSocket: the client's end against a strict server's, in simulated time."""

from __future__ import annotations

import pytest
from mqttbench import ERROR, LOST, OK, SECOND, MqttBench
from testbench import Peer
from websocketpeer import WebSocketPeer

from atsim.websocket import acceptance

CONN = b'AT+MQTTCONN=0,"ws.local",8083,0\r\n'


class WebBench(MqttBench):
    """Configured for scheme 6; `web` is the server's end, `peer` the broker behind it."""

    def __init__(self, path: bytes = b"", **server) -> None:
        super().__init__()
        self.webs: list[WebSocketPeer] = []
        self.net.listen("ws.local", 8083, lambda: self._web(server))
        self.answer(b'AT+MQTTUSERCFG=0,6,"c","","",0,0,"%s"' % path)

    def _web(self, server) -> WebSocketPeer:
        self.peers.append(Peer())
        self.webs.append(WebSocketPeer(self.peers[-1], **server))
        return self.webs[-1]

    @property
    def web(self) -> WebSocketPeer:
        return self.webs[-1]

    def opened(self) -> WebBench:
        assert self.say(CONN) == b""
        assert self.hear() == b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x78\x00\x01c"
        assert self.tell(b"\x20\x02\x00\x00").endswith(OK)
        return self


def test_the_example_of_the_rfc():
    assert acceptance(b"dGhlIHNhbXBsZSBub25jZQ==") == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize(("path", "shown"), [(b"", b"/"), (b"mqtt", b"/mqtt"), (b"/a", b"//a")])
def test_the_request(path, shown):
    bench = WebBench(path)
    bench.say(CONN)
    assert bench.tell(b"\x20\x02\x00\x00") == (
        b'+MQTTCONNECTED:0,6,"ws.local","8083","%s",0\r\n' % shown + OK
    )
    assert bench.web.request == [
        b"GET %s HTTP/1.1" % shown,
        b"Host: ws.local:8083",
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Sec-WebSocket-Key: c2ltdWxhdGVkIG1vZHVsZQ==",
        b"Sec-WebSocket-Version: 13",
        b"Sec-WebSocket-Protocol: mqtt",
    ]


@pytest.mark.parametrize(
    "status", [b"404 Not Found", b"200 OK", b"301 Moved", b"101 " + b"x" * 3000]
)
def test_servers_that_refuse(status):
    bench = WebBench(status=status)
    assert bench.say(CONN) == LOST
    assert bench.wait(5 * SECOND) == ERROR
    assert bench.hear() == b""


def test_a_server_that_accepts_another_key(monkeypatch):
    monkeypatch.setattr("websocketpeer.GUID", b"wrong")
    assert WebBench().say(CONN) == LOST


def test_a_server_that_is_no_web_server():
    bench = MqttBench()
    bench.answer(b'AT+MQTTUSERCFG=0,6,"c","","",0,0,""')
    bench.say(b'AT+MQTTCONN=0,"peer.local",7,0\r\n')
    assert bench.tell(b"\x20\x02\x00\x00") == b""
    assert bench.wait(20 * SECOND) == LOST
    assert bench.wait(5 * SECOND) == ERROR


@pytest.mark.parametrize("frame", [1, 3, 125, 126, 70_000])
def test_packets_cut_into_frames_anywhere(frame):
    bench = WebBench(frame=frame).opened()
    body = b"\x00\x01t" + bytes(range(256)) * 3
    said = bench.tell(b"\x30\x83\x06" + body + b"\x30\x04\x00\x01ax", SECOND)
    assert said == b'+MQTTSUBRECV:0,"t",768,%s\r\n+MQTTSUBRECV:0,"a",1,x\r\n' % body[3:]


def test_long_messages_come_in_parts():
    bench = WebBench().opened()
    said = bench.tell(b"\x30\xf3\xa2\x04\x00\x01t" + b"x" * 70_000, 20 * SECOND)
    assert said.startswith(b'+MQTTSUBRECV:0,"t",1017,x')
    assert said.count(b"x") == 70_000


@pytest.mark.parametrize("size", [1, 200, 70_000])
def test_publishing(size):
    bench = WebBench().opened()
    bench.answer(b'AT+MQTTPUBRAW=0,"t",%d,0,0' % size)
    assert bench.say(b"x" * size, SECOND) == b"+MQTTPUB:OK\r\n"
    assert bench.hear().endswith(b"\x00\x01t" + b"x" * size)


def test_pings_of_the_server():
    bench = WebBench().opened()
    bench.web.ping(b"are you there")
    bench.web.ping(b"")
    assert bench.wait() == b""
    assert bench.web.pongs == [b"are you there", b""]


def test_a_server_that_says_goodbye():
    bench = WebBench().opened()
    bench.web.close()
    assert bench.wait() == LOST
    assert bench.web.goodbye == b"\x03\xe8"


def test_saying_goodbye():
    bench = WebBench().opened()
    assert bench.answer(b"AT+MQTTCLEAN=0") == OK
    assert bench.hear() == b"\xe0\x00"
    assert bench.web.goodbye == b"\x03\xe8"
