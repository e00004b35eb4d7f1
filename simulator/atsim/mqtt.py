"""The module's own MQTT client, as far as AT+MQTTUSERCFG, AT+MQTTCONN and AT+MQTTCLEAN go.

It connects over plain TCP, keeps the session alive with PINGREQ and notices when it ends.
Publishing and subscribing through AT+MQTT* are not simulated.
"""

from atsim import net

# AT+MQTTCONN? states
NONE, CONFIGURED, DISCONNECTED, CONNECTED = 0, 1, 3, 4
CONNECT_FAILED_STATE = 2
KEEPALIVE_S = 120
CONNACK_LIMIT_US = 10_000_000
LOSS_US = 4_000  # Wi-Fi gone to +MQTTDISCONNECTED


def _field(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def _length(value: int) -> bytes:
    """MQTT's variable-length Remaining Length."""
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


class MqttClient:
    """Owned by a Module."""

    def __init__(self, module) -> None:
        self._module = module
        self._link = None
        self.reset()

    def reset(self) -> None:
        """Nothing configured."""
        self.state = NONE
        self.client_id = self.user = self.password = b""
        self.scheme = 0
        self.host = ""
        self.port = ""
        self.reconnect = 0

    def drop(self) -> None:
        """Close the connection without a word."""
        if self._link is not None:
            self._link.close()
            self._link = None

    def configure(self, scheme: int, client_id: bytes, user: bytes, password: bytes) -> None:
        """AT+MQTTUSERCFG: everything before is forgotten."""
        self.scheme, self.client_id = scheme, client_id
        self.user, self.password = user, password
        self.state = CONFIGURED

    def connect(self, host: str, port: int, reconnect: int):
        """Task part: True when the broker accepted."""
        link = self._module.net.connect(host, port)
        accepted = False
        try:
            accepted = yield from self._greet(link)
        finally:  # also when a reset ends the task here
            if not accepted:
                link.close()
        if not accepted:
            self.state = CONNECT_FAILED_STATE
            self._module.write(b"+MQTTDISCONNECTED:0\r\n")
            return False
        self._link = link
        self.state = CONNECTED
        self.host, self.port, self.reconnect = host, str(port), reconnect
        self._module.scheduler.spawn(self._ping(link))
        self._module.write(("+MQTTCONNECTED:0,%s\r\n" % self.describe()).encode())
        return True

    def _greet(self, link):
        """Task part: CONNECT and CONNACK; True when the broker accepted."""
        wait = self._module.scheduler.wait_until
        limit = self._module.timing.connect_limit
        yield from wait(lambda: link.state != net.CONNECTING, limit)
        answer = bytearray()

        def answered():
            answer.extend(link.recv(4 - len(answer)))
            return len(answer) == 4 or link.state != net.OPEN

        if link.state == net.OPEN:
            link.send(self._connect_packet())
            yield from wait(answered, CONNACK_LIMIT_US)
        return answer[:2] == b"\x20\x02" and answer[3:] == b"\x00"

    def describe(self) -> str:
        """The fields +MQTTCONNECTED and +MQTTCONN share."""
        return '%d,"%s","%s","",%d' % (self.scheme, self.host, self.port, self.reconnect)

    def clean(self) -> None:
        """AT+MQTTCLEAN: say goodbye and forget the configuration."""
        if self._link is not None:
            self._link.send(b"\xe0\x00")
        self.drop()
        self.reset()

    def poll(self) -> None:
        """Throw away what the broker sends; notice its end."""
        if self._link is not None:
            while self._link.recv(1024):
                continue
            if self._link.state == net.CLOSED:
                self._lost()

    def network_lost(self) -> None:
        """Wi-Fi has gone."""
        if self._link is not None:
            self._module.scheduler.later(LOSS_US, self._lost)

    def _lost(self) -> None:
        if self._link is not None:
            self.drop()
            self.state = DISCONNECTED
            self._module.write(b"+MQTTDISCONNECTED:0\r\n")

    def _ping(self, link):
        while link.state == net.OPEN:
            yield KEEPALIVE_S * 500_000
            if link.state == net.OPEN:
                link.send(b"\xc0\x00")

    def _connect_packet(self) -> bytes:
        flags = 0x02
        payload = _field(self.client_id)
        if self.user:
            flags |= 0x80
            payload += _field(self.user)
        if self.password:
            flags |= 0x40
            payload += _field(self.password)
        body = b"\x00\x04MQTT\x04" + bytes([flags]) + KEEPALIVE_S.to_bytes(2, "big") + payload
        return b"\x10" + _length(len(body)) + body
