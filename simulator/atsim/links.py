"""The module's TCP links: five slots, what arrives on them, and how they close."""

from atsim import net
from atsim.syntax import Failure


class Slot:
    """One open link. `kind` is "TCP" or "SSL"; `buffered` is for passive receiving."""

    def __init__(self, number: int, link, kind: str, host: str, port: int, tls) -> None:
        self.number = number
        self.link = link
        self.tls = tls
        self.kind = kind
        self.host = host
        self.port = port
        self.buffered = bytearray()
        self.announced = False  # passive: an +IPD notice is out and not yet answered


class Links:
    """Owned by a Module."""

    def __init__(self, module) -> None:
        self._module = module
        self.slots = []
        self.reset()

    def reset(self) -> None:
        """No links, factory modes."""
        self.slots = [None] * self._module.firmware.links
        self.multiplexed = self._module.firmware.multiplexed  # AT+CIPMUX
        self.show_peer = False  # AT+CIPDINFO
        self.passive = False  # AT+CIPRECVMODE=1
        self.transparent = False  # AT+CIPMODE=1
        self.stream = None  # the phase (atsim.phases.Stream) of passthrough
        self._ever_closed = False

    def drop_all(self) -> None:
        """Close without a word (reset)."""
        for number, slot in enumerate(self.slots):
            if slot is not None:
                slot.link.close()
                self.slots[number] = None

    @property
    def streaming(self) -> bool:
        """Is the module in passthrough now?"""
        return self.stream is not None and not self.stream.done

    @property
    def any_open(self) -> bool:
        """Is there an open link?"""
        return any(slot is not None for slot in self.slots)

    def status(self) -> int:
        """The number AT+CIPSTATUS begins with."""
        if not self._module.station.online:
            return 5
        if self.any_open:
            return 3
        return 4 if self._ever_closed else 2

    def connect(self, number: int, kind: str, host: str, port: int, tls, limit_us: int):
        """Task part: a slot with a new open link. Raises Failure when connecting failed."""
        module = self._module
        link = module.net.connect(host, port, tls)

        def settled():
            return link.state != net.CONNECTING or not module.station.online

        try:
            yield from module.scheduler.wait_until(settled, limit_us)
            unknown_host = link.state == net.DNS
        finally:  # also when a reset ends the task here
            if link.state != net.OPEN or not module.station.online:
                link.close()
        if link.state != net.OPEN:
            closed = (self.prefix(number) + "CLOSED").encode()
            raise Failure(explanation=b"DNS Fail" if unknown_host else closed)
        module.trace("link", b"", number)
        return Slot(number, link, kind, host, port, tls)

    def transmit(self, slot: Slot, data: bytes):
        """Task part: hand all of data to the net; False when the link went first."""
        while data and slot in self.slots and slot.link.state == net.OPEN:
            taken = slot.link.send(data)
            self._module.trace("sent", data[:taken], slot.number)
            data = data[taken:]
            if data:
                yield None
        return not data

    def close(self, number: int) -> None:
        """Close from this side and say so."""
        slot = self.slots[number]
        self.slots[number] = None
        slot.link.close()
        self._closed(number)

    def network_lost(self) -> None:
        """Wi-Fi is gone: every link closes a moment later."""
        lost = [n for n, slot in enumerate(self.slots) if slot is not None]
        if self.streaming:  # passthrough keeps the slot and connects anew by itself
            for number in lost:
                self.slots[number].link.close()
            return
        for number in lost:
            self.slots[number].link.close()
            self.slots[number] = None
        if lost:
            wait = self._module.timing.links_lost
            self._module.scheduler.later(wait, lambda: self._say_lost(lost))

    def _say_lost(self, numbers: "list[int]") -> None:
        for number in numbers:
            self._closed(number)

    def poll(self) -> None:
        """Deliver what arrived; notice links the peer closed."""
        for number, slot in enumerate(self.slots):
            if slot is None:
                continue
            if self.passive and not self.streaming:
                drained = self._poll_passive(number, slot)
            else:
                drained = self._poll_active(number, slot)
            if drained and slot.link.state == net.CLOSED and not self.streaming:
                self.slots[number] = None
                slot.link.close()
                self._closed(number)

    def _poll_active(self, number: int, slot: Slot) -> bool:
        """Print what is there, as far as the UART keeps up; True when nothing is left."""
        while self._module.uart_room():
            data = slot.link.recv(self._module.firmware.ipd_limit)
            if not data:
                return True
            self._module.trace("received", data, number)
            if self.streaming:
                self._module.write(data)
            else:
                head = self._head(number, slot, len(data), True) + b":"
                self._module.write(head + data + self._module.firmware.ipd_tail)
        return False

    def _poll_passive(self, number: int, slot: Slot) -> bool:
        firmware = self._module.firmware
        data = slot.link.recv(firmware.passive_limit - len(slot.buffered))
        if data:
            self._module.trace("received", data, number)
            slot.buffered.extend(data)
        if data or firmware.announces_rest:
            self.announce(number)
        return not slot.buffered

    def announce(self, number: int) -> None:
        """Passive receiving: one notice, until the host has read."""
        slot = self.slots[number]
        if slot is not None and slot.buffered and not slot.announced:
            slot.announced = True
            self._module.write(self._head(number, slot, len(slot.buffered), False) + b"\r\n")

    def _head(self, number: int, slot: Slot, length: int, peer: bool) -> bytes:
        head = "\r\n+IPD,"
        if self.multiplexed:
            head += "%d," % number
        head += "%d" % length
        if peer and self.show_peer:
            address = (slot.link.remote_ip, slot.link.remote_port)
            head += self._module.firmware.ipd_peer % address
        return head.encode()

    def _closed(self, number: int) -> None:
        self._ever_closed = True
        self._module.say_status((self.prefix(number) + "CLOSED\r\n").encode())

    def prefix(self, number: int) -> str:
        """What stands before CONNECT and CLOSED."""
        return "%d," % number if self.multiplexed else ""

    def say_open(self, number: int) -> None:
        """CONNECT, or +LINK_CONN with AT+SYSMSG bit 1."""
        slot = self.slots[number]
        if self._module.settings["sysmsg"] & 2:
            text = '+LINK_CONN:0,%d,"%s",0,"%s",%d,%d\r\n' % (
                number,
                slot.kind,
                slot.link.remote_ip,
                slot.link.remote_port,
                slot.link.local_port,
            )
        else:
            text = self.prefix(number) + "CONNECT\r\n"
        self._module.say_status(text.encode())
