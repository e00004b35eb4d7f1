"""One network connection of the module's own MQTT client: packets in and out.

It reads as the real one does: into one buffer for the packet, so that a PUBLISH which does not
fit comes out in parts; their sizes follow from the buffer and from what had arrived when.
"""

from atsim import brokerwire as wire
from atsim.net import OPEN

MAX_LENGTH_BYTES = 4  # of the Remaining Length field


class Lost(Exception):
    """The connection is gone, or the broker broke the standard."""


class MqttConnection:
    """Methods called "task part" are for tasks, with `yield from`; they raise Lost.

    Args:
        module: for its UART and its tracers.
        link: an atsim.net.Link or WebSocket, open.
        number: the link's number for the tracers.
        by_segment: a read finds one TCP segment at most, as on a slow network; else all that has
            come.
    """

    def __init__(self, module, link, number: int, by_segment: bool) -> None:
        self._module = module
        self._link = link
        self._number = number
        self._by_segment = by_segment
        self._output = bytearray()
        self.lost = False
        self.pinged = False  # a PINGREQ is out and not yet answered

    @property
    def pending(self) -> int:
        """Bytes that TCP has not taken yet."""
        return len(self._output)

    def send(self, packet: bytes) -> None:
        """Send as TCP has room."""
        self._output.extend(packet)
        self._flush()

    def lose(self) -> None:
        """Whoever knows that it is gone tells so."""
        self.lost = True

    def _flush(self) -> None:
        if self._output:
            taken = self._link.send(bytes(self._output))
            self._module.trace("sent", bytes(self._output[:taken]), self._number)
            self._output = self._output[taken:]

    def packet(self, deliver):
        """Task part: the next packet as (type, flags, body). deliver(topic, data, first) is
        called for every part of a PUBLISH, whose body then is its packet id, or 0 for QoS 0."""
        first = (yield from self._exactly(1))[0]
        header, length = 1, 0
        while True:
            if header > MAX_LENGTH_BYTES:
                raise Lost
            byte = (yield from self._exactly(1))[0]
            length |= (byte & 0x7F) << 7 * (header - 1)
            header += 1
            if byte < 0x80:
                break
        kind, flags = first >> 4, first & 15
        room = self._module.firmware.mqtt.buffer - header
        try:
            wire.check_flags(kind, flags)
            if kind == wire.PUBLISH:
                body = yield from self._publish(flags, length, room, deliver)
            elif length > room:
                raise Lost
            else:
                body = yield from self._exactly(length)
        except wire.ProtocolError:
            raise Lost
        return kind, flags, body

    def _publish(self, flags: int, length: int, room: int, deliver):
        reader = wire.Reader((yield from self._exactly(min(length, room))))
        topic = reader.binary()
        packet_id = reader.packet_id() if flags & 6 else 0
        yield from self._wait_for_uart()
        deliver(topic, reader.rest(), True)
        left = length - min(length, room)
        while left:
            part = yield from self._some(min(left, self._module.firmware.mqtt.buffer))
            left -= len(part)
            yield from self._wait_for_uart()
            deliver(topic, part, False)
        return packet_id

    def _wait_for_uart(self):
        while not self._module.uart_room():
            yield from self._pause()

    def _exactly(self, count: int):
        data = b""
        while len(data) < count:
            data += yield from self._some(count - len(data))
        return data

    def _some(self, limit: int):
        """What has arrived, at least a byte."""
        while True:
            if self.lost:
                raise Lost
            data = self._link.recv(limit)
            while data and len(data) < limit and not self._by_segment:
                more = self._link.recv(limit - len(data))
                if not more:
                    break
                data += more
            if data:
                self._module.trace("received", data, self._number)
                return data
            if self._link.state != OPEN:
                raise Lost
            yield from self._pause()

    def _pause(self):
        self._flush()
        yield None
