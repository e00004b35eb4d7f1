"""A link on a Desk, and an MQTT session over it. Runs on MicroPython."""

from atmqtt.inbox import Inbox
from atmqtt.packets import Session

from .fakelink import CONNACK, FakeClient

START = b'AT+CIPSTART="TCP","broker.local",1883\r\n'
CONNECTED = b"CONNECT\r\n\r\nOK\r\n"
HELLO = b"\x10\x0d\0\x04MQTT\x04\x02\0\0\0\x01c"
HELLO_AGAIN = b"\x10\x0d\0\x04MQTT\x04\0\0\0\0\x01c"  # clean session 0


class User:
    """What a link brings: data, lost (errors), sent (errors).

    room: how many bytes it reads at a time.
    """

    def __init__(self):
        self.data = b""
        self.lost = []
        self.sent = []
        self.room = 1 << 20
        self.waiting = False

    def on_data(self, buf, a, b):
        b = min(b, a + self.room)
        self.data += bytes(buf[a:b])
        return b

    def on_lost(self, error):
        self.lost.append(str(error))

    def on_sent(self, command):
        self.sent.append(command.error)

    def awaits(self):
        return self.waiting


def opening(desk, user):
    """A call of open()."""
    return desk.go(desk.link.open("broker.local", 1883, user))


def opened(desk) -> User:
    """The user of a link that is open now."""
    user = User()
    task = opening(desk, user)
    desk.says(CONNECTED)
    task.result()
    desk.hears(START)
    return user


class Conversation:
    """An MQTT session on the link of a Desk, not connected yet. clean: of its CONNECT."""

    def __init__(self, desk, clean=True):
        self.desk = desk
        self._clean = clean
        self._hello = HELLO if clean else HELLO_AGAIN
        self.client = FakeClient()
        self.inbox = Inbox(2, "drop-oldest", self.client.stats, self.acknowledge)
        self.session = Session(desk.modem, self.inbox, 64, 8, 2048, self.client)

    def acknowledge(self, flags, pid):
        self.session.acknowledge(flags, pid)

    def take(self):
        """The application takes a message; returns its payload."""
        _, payload, flags, pid = self.inbox.waiting.pop(0)
        self.acknowledge(flags, pid)
        self.desk.turn()
        return payload

    def connecting(self, keepalive=0):
        return self.desk.go(
            self.session.connect(b"broker.local", 1883, self._hello, self._clean, keepalive)
        )

    def greeting(self, keepalive=0):
        """The link is open and CONNECT is sent; the broker has not answered."""
        task = self.connecting(keepalive)
        self.desk.hears(START)
        self.desk.says(CONNECTED)
        self.desk.takes(self._hello)
        return task

    def connect(self, keepalive=0, connack=CONNACK):
        task = self.greeting(keepalive)
        self.desk.brings(connack)
        task.result()
        return self

    def publish(self, payload, qos=0, **options):
        return self.desk.go(self.session.publish(b"t", payload, qos, False, **options))
