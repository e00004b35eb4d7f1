"""A Session over a link that records what is sent; the test is the broker. Runs on MicroPython."""

from atmqtt.channel import Channel
from atmqtt.errors import MQTTError
from atmqtt.inbox import Inbox
from atmqtt.packets import Session
from atmqtt.request import Command

from .byhand import ByHand
from .task import Task, parking

CONNACK = b"\x20\x02\0\0"


class SilentUART:
    """Nothing comes, everything goes."""

    def any(self):
        return 0

    def readinto(self, buf, n):
        return None

    def write(self, buf, off, n):
        return n


class FakeLink:
    """Open at once. sent: each send's bytes. left: those that the module has let out, as they
    were by then. stalled: True keeps all that is sent from leaving.

    refusal: what the next open() raises. dropped: the errors that drop() was called with.
    """

    def __init__(self):
        self.user = None
        self.sent = []
        self.left = []
        self.dropped = []
        self.stalled = False
        self.refusal = None
        self._queue = []

    async def open(self, host, port, user, tls=None):
        if self.refusal:
            raise self.refusal
        self.user = user

    def send(self, *parts):
        self.sent.append(b"".join([bytes(part) for part in parts]))
        command = Command(b"AT+CIPSEND\r\n", 0)
        command.data = parts
        command.owner = self
        self._queue.append(command)
        return command

    def flush(self):
        """The module has sent what it was given."""
        while self._queue and not self.stalled:
            command = self._queue.pop(0)
            self.left.append(b"".join([bytes(part) for part in command.data]))
            command.fed = True
            command.finish()

    def withdraw(self, command):
        """See Channel."""
        if command in self._queue:
            self._queue.remove(command)

    def drop(self, error):
        if self.user:
            self.dropped.append(error)
            self.lose(error)

    def lose(self, error):
        """The connection goes by itself."""
        user = self.user
        self._forget(error)
        user.on_lost(error)

    async def close(self):
        self._forget(MQTTError("connection closed"))

    def _forget(self, error):
        self.user = None
        queue, self._queue = self._queue, []
        for command in queue:
            command.finish(error)

    def ended(self, command):
        """See Command."""
        if self.user:
            self.user.on_sent(command)


class FakeClient:
    """Remembers what it is told: events, lost."""

    def __init__(self):
        self.stats = {"received": 0, "dropped": 0, "oversize": 0, "unexpected": 0}
        self.stats["protocol_errors"] = 0
        self.events = []
        self.lost = []

    def event(self, name, detail):
        self.events.append((name, detail))

    def on_lost(self, error):
        self.lost.append(error)

    def on_oversize(self, topic, size):
        self.events.append(("oversize", topic, size))


class _Modem:
    """What a session asks of a modem."""

    def __init__(self, bench):
        self.channel = bench.channel
        self._link = bench.link

    def link(self):
        return self._link


class Bench(ByHand):
    """`with Bench() as bench:` a session that is not connected, time that stands still.

    session, link, client, inbox, channel, stats: the parts.
    """

    def __init__(
        self,
        max_payload=64,
        rx_queue=8,
        policy="drop-oldest",
        tx_queue=8,
        tx_bytes=2048,
        store=None,
    ):
        super().__init__()
        self.client = FakeClient()
        self.stats = self.client.stats
        self.link = FakeLink()
        self.channel = Channel(SilentUART(), 64, 64, {}, self.client.event)
        self.channel.wait = parking(self.channel)
        self.channel.withdraw = self.link.withdraw
        self.inbox = Inbox(rx_queue, policy, self.stats, self._acknowledge)
        self.session = Session(
            _Modem(self), self.inbox, max_payload, tx_queue, tx_bytes, self.client, store
        )

    def settle(self):
        """The link sends before anything else."""
        self.link.flush()
        self.channel.poll()

    def receive(self, *packets):
        """The broker sends these bytes, each piece in an +IPD of its own."""
        for data in packets:
            self.read(bytearray(b"<" + data + b">"), 1, 1 + len(data))
        self.turn()

    def read(self, buf, a, b) -> int:
        """As the inlet does: for as long as the session reads on."""
        n = -1
        while self.link.user and n < a < b:
            n, a = a, self.link.user.on_data(buf, a, b)
        return a

    def connect(self, clean=True, keepalive=0, connack=CONNACK) -> Task:
        """A call of connect(), answered by the broker with `connack`.

        sent, left: what has followed.
        """
        task = self.go(self.session.connect(b"broker", 1883, b"HELLO", clean, keepalive))
        self.link.sent.clear()
        self.link.left.clear()
        self.receive(connack)
        return task

    def lose(self):
        """The connection goes by itself."""
        self.link.lose(MQTTError("gone"))
        self.turn()

    def publish(self, payload=b"x", qos=1, **options) -> Task:
        """A call of publish() to the topic `t`."""
        return self.go(self.session.publish(b"t", payload, qos, False, **options))

    def take(self, count=1) -> list:
        """The application takes messages. Returns their payloads."""
        taken = []
        for _ in range(count):
            _, payload, flags, pid = self.inbox.waiting.pop(0)
            taken.append(payload)
            self._acknowledge(flags, pid)
        self.turn()
        return taken

    def _acknowledge(self, flags, pid):
        self.session.acknowledge(flags, pid)
