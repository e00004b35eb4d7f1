"""A module whose own MQTT client talks to a peer that the test plays, byte by byte."""

from __future__ import annotations

from testbench import HOST, PORT, SECOND, Bench

OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"
LOST = b"+MQTTDISCONNECTED:0\r\n"
CONNACK = b"\x20\x02\x00\x00"
USERCFG = b'AT+MQTTUSERCFG=0,1,"c","","",0,0,""\r\n'
CONN = b'AT+MQTTCONN=0,"%s",%d,%d\r\n'
CONNECTED = b'+MQTTCONNECTED:0,1,"%s","%d","",%d\r\n'


class MqttBench(Bench):
    """Online, with error codes."""

    def __init__(self, firmware: str = "esp-at", **options) -> None:
        super().__init__(firmware, **options)
        self.online()
        self.say(b"AT+SYSLOG=1\r\n")

    def answer(self, line: bytes, us: int = 100_000) -> bytes:
        return self.say(line + b"\r\n", us)

    def hear(self) -> bytes:
        """What the module has sent to the peer since the last call."""
        data, self.peer.received = self.peer.received, b""
        return data

    def tell(self, data: bytes, us: int = 100_000) -> bytes:
        """The peer sends, and what the module says to the host."""
        self.peer.queue += data
        return self.wait(us)

    def greeted(self, reconnect: int = 0) -> MqttBench:
        """Connected, the CONNECT forgotten."""
        assert self.say(USERCFG) == OK
        assert self.say(CONN % (HOST.encode(), PORT, reconnect)) == b""
        self.accept(OK, reconnect)
        return self

    def accept(self, then: bytes = b"", reconnect: int = 1) -> None:
        """The peer says yes to the CONNECT it has got."""
        assert self.hear()[:1] == b"\x10"
        said = self.tell(CONNACK)
        assert said == CONNECTED % (HOST.encode(), PORT, reconnect) + then

    def subscribed(self, name: bytes = b"t") -> MqttBench:
        """To one filter at QoS 0; the packet forgotten."""
        assert self.answer(b'AT+MQTTSUB=0,"%s",0' % name) == OK
        request = self.hear()
        assert self.tell(b"\x90\x03" + request[2:4] + b"\x00") == b""
        return self

    def drop(self) -> None:
        """The peer closes, and the client notices."""
        self.peer.closed = True
        assert self.wait() == LOST


def coded(*codes: int) -> bytes:
    """The answer of a command that fails with these codes."""
    return b"".join(b"ERR CODE:0x%08x\r\n" % code for code in codes) + ERROR


def mqtt_coded(code: int) -> bytes:
    return coded(0x010A6000 + code)


__all__ = ["HOST", "PORT", "SECOND", "MqttBench"]
