"""The module model with an MQTT client of its own, as ESP-AT 4.1 has it: AT+MQTT*.

Response times are those of `model`: a result 1 ms after a command or after the data. Its broker
has no packets: of those that it is to deliver the host gets topic and payload.
"""

from bench.model import PROMPT, PROMPT_NS, RESULT_NS, SEND_OK_NS, TOPIC, Module, Sending

_OK = b"\r\nOK\r\n"
_PUBLISHED = b"+MQTTPUB:OK\r\n"
_LINE_MAX = 256  # ESP-AT takes no longer line, its end not counted
_ANSWERS = {  # all else is answered OK
    b"AT+MQTTCONN?": b'+MQTTCONN:0,0,0,"","","",0\r\n' + _OK,
    b"AT+MQTTCONN": b'+MQTTCONNECTED:0,1,"broker","1883","",0\r\n' + _OK,
}


class NativeModule(Module):
    """`Module` with AT+MQTT*. It takes AT+MQTTPUB and AT+MQTTPUBRAW with QoS 0."""

    def _stream(self) -> None:
        if not self._streaming:  # AT+CIPRECVMODE is not for its own connection
            self._next_block()

    def _block(self, packet: bytes) -> bytes:
        topic, payload = _parsed(packet)
        return b'+MQTTSUBRECV:0,"%s",%d,%s\r\n' % (topic, len(payload), payload)

    def _command(self, line: bytes) -> None:
        name, _, value = line.partition(b"=")
        if name == b"AT+MQTTPUB":
            self.sendings.append(Sending(self._line_began, self.board.now_ns))
            self._later(RESULT_NS, _OK, self._published)
        elif name == b"AT+MQTTPUBRAW":
            self._take(int(value.split(b",")[2]))
        elif name.startswith(b"AT+MQTT"):
            self._later(RESULT_NS, _ANSWERS.get(name, _OK))
        else:
            super()._command(line)

    def _acknowledge(self, packet: bytes) -> None:
        self._later(SEND_OK_NS, _PUBLISHED, self._published)

    def _published(self) -> None:
        self.sendings[-1].sent = self._wire_free


def _parsed(packet: bytes) -> tuple[bytes, bytes]:
    """Topic and payload of a PUBLISH of QoS 0."""
    start = 3 if packet[1] & 0x80 else 2
    n = int.from_bytes(packet[start : start + 2], "big")
    return packet[start + 2 : start + 2 + n], packet[start + 2 + n :]


def ideal_publish_ns(payload: bytes, char_ns: float) -> float:
    """As `model.ideal_publish_ns`: in one line where it fits, else after a prompt."""
    line = b'AT+MQTTPUB=0,"%s","%s",0,0' % (TOPIC, payload)
    if len(line) <= _LINE_MAX:
        return (len(line) + 2 + len(_OK)) * char_ns + RESULT_NS
    line = b'AT+MQTTPUBRAW=0,"%s",%d,0,0\r\n' % (TOPIC, len(payload))
    n = len(line) + len(PROMPT) + len(payload) + len(_PUBLISHED)
    return n * char_ns + PROMPT_NS + SEND_OK_NS
