"""The program under the end-to-end tests: makes the calls they ask for, one at a time.

    micropython tests_host/e2e/program.py async|simple UART

A call comes in as one line, the repr of (name, positional arguments, keyword arguments). What
becomes of it goes out as one line, the repr of ("returned", value) or of
("raised", class, text, code). Runs unchanged on CPython and on MicroPython.
"""

import asyncio
import select
import sys

HERE = __file__.rpartition("/")[0]

for folder in ("/..", "/../../examples", "/../../lib"):
    sys.path.insert(0, HERE + folder)

import port  # noqa: E402 - needs the path above

port.install()

from filestore import FileStore  # noqa: E402 - needs the path above

from atmqtt import TLS, Modem, MQTTClient, MQTTError, simple  # noqa: E402 - needs install()
from port.uart import open_uart  # noqa: E402

RXBUF = 8192  # more than port.uart ever holds


class AsyncStyle:
    """Calls of Modem and of the asyncio client. Lives in an event loop."""

    def __init__(self, uart):
        self.modem = Modem(uart, rxbuf=RXBUF)
        self.client = None
        self.events = []
        self.oversize = []
        self.spawned = []
        self.collected = []

    async def bring_up(self, ssid, password):
        """Start the module and join Wi-Fi."""
        await self.modem.start()
        await self.modem.join(ssid, password)

    def connect(self, host, port, client_id, **options):
        """A new client, connected.

        store: a folder. tls: the arguments of TLS(). on_oversize=True: note in `oversize`.
        """
        self.events = []
        self.oversize = []
        self.spawned = []
        self.collected = []
        if "store" in options:
            options["store"] = FileStore(options["store"])
        if "tls" in options:
            options["tls"] = TLS(**options["tls"])
        if options.get("on_oversize"):
            options["on_oversize"] = lambda *message: self.oversize.append(message)
        options.setdefault("engine", "packets")
        self.client = MQTTClient(
            self.modem, host, port, client_id=client_id, on_event=self._note, **options
        )
        return self.client.connect()

    def reconnect(self):
        """The same client, connected again."""
        return self.client.connect()

    async def receive(self, count):
        """The next `count` messages: (topic, payload, retained)."""
        received = []
        async for message in self.client.messages:
            received.append(message)
            if len(received) == count:
                return received

    def collect(self):
        """From now on put the payload of every message in `collected`, as soon as it comes."""
        asyncio.create_task(self._collect(self.client.messages))

    async def _collect(self, messages):
        async for _, payload, _ in messages:
            self.collected.append(payload)

    async def collect_until(self, last):
        """Return all that was collected when this payload has come."""
        while last not in self.collected:
            await asyncio.sleep(0.001)
        return self.collected

    async def publish_all(self, topic, payloads):
        """Publish them at the same time, at QoS 0, 1 and 2 in turn."""
        calls = [self.client.publish(topic, p, qos=i % 3) for i, p in enumerate(payloads)]
        await asyncio.gather(*calls)

    async def spawn(self, name, *args, **options):
        """Have the client begin something. Returns as soon as that waits."""
        call = getattr(self.client, name)(*args, **options)
        self.spawned.append(asyncio.create_task(outcome(call)))
        await asyncio.sleep(0)

    async def settle(self):
        """Wait for all that was spawned since; returns what became of each, as it goes out."""
        spawned, self.spawned = self.spawned, []
        outcomes = []
        for task in spawned:
            outcomes.append(await task)  # MicroPython has no comprehension with await
        return outcomes

    async def wait_down(self):
        """Return when the client knows that the connection is gone."""
        await self.client.down.wait()

    async def wait_event(self, name):
        """Return when the client has told of it."""
        while name not in self.events:
            await asyncio.sleep(0.001)

    def _note(self, name, detail):
        self.events.append(name)

    def serve(self):
        """Answer calls until standard input ends."""
        asyncio.run(self._serve())

    async def _serve(self):
        poller = select.poll()
        poller.register(sys.stdin, select.POLLIN)
        while True:
            while not poller.poll(0):
                await asyncio.sleep(0.001)
            line = sys.stdin.readline()
            if not line:
                return
            try:
                value = find(self, line)
                if hasattr(value, "send"):
                    value = await value  # pyright: ignore[reportGeneralTypeIssues]
                print(repr(("returned", value)))
            except Exception as error:
                print(repr(raised(error)))


class SimpleStyle:
    """Calls of Modem and of umqtt.simple's client. No event loop anywhere."""

    def __init__(self, uart):
        self.modem = Modem(uart, rxbuf=RXBUF)
        self.client = None
        self.clean_session = True
        self.messages = []

    def bring_up(self, ssid, password):
        """Start the module and join Wi-Fi."""
        simple.run(self.modem, self.modem.start())
        simple.run(self.modem, self.modem.join(ssid, password))

    def connect(
        self,
        host,
        port,
        client_id,
        username=None,
        password=None,
        keepalive=0,
        will=None,
        clean_session=True,
        tls=None,
    ):
        """A new client, connected. tls: the arguments of TLS()."""
        self.messages = []
        self.clean_session = clean_session
        self.client = client = simple.MQTTClient(
            client_id,
            host,
            port,
            username,
            password,
            keepalive,
            TLS(**tls) if tls is not None else None,
            modem=self.modem,
        )
        client.set_callback(lambda *message: self.messages.append(message))
        if will:
            topic, payload, qos, retain = will
            client.set_last_will(topic, payload, retain, qos)
        return client.connect(clean_session)

    def reconnect(self):
        """The same client, connected again."""
        return self.client.connect(self.clean_session)

    def receive(self, count):
        """The next `count` messages: (topic, payload)."""
        while len(self.messages) < count:
            self.client.wait_msg()
        received, self.messages = self.messages[:count], self.messages[count:]
        return received

    def collect(self):
        """Nothing to do: what comes is kept in `messages`."""

    def wait_down(self):
        """Return when the client knows that the connection is gone."""
        try:
            while True:
                self.client.wait_msg()
        except MQTTError as error:
            return str(error)

    def collect_until(self, last):
        """Return the payloads of all that came when this one has come, also before a loss."""
        while last not in [payload for _, payload in self.messages]:
            self.client.wait_msg()
        return [payload for _, payload in self.messages]

    def serve(self):
        """Answer calls until standard input ends."""
        line = sys.stdin.readline()
        while line:
            try:
                value = find(self, line)
                if hasattr(value, "send"):
                    value = simple.run(self.modem, value)
                print(repr(("returned", value)))
            except Exception as error:
                print(repr(raised(error)))
            line = sys.stdin.readline()


def find(style, line: str):
    """Make the call, or read the value: of the style itself, else its client, else its modem."""
    name, args, options = eval(line)
    for owner in (style, style.client, style.modem):
        if hasattr(owner, name):
            found = getattr(owner, name)
            return found(*args, **options) if callable(found) else found
    raise AttributeError(name)


async def outcome(call) -> tuple:
    """What becomes of it, as it goes out. Raises nothing."""
    try:
        return "returned", await call
    except Exception as error:
        return raised(error)


def raised(error) -> tuple:
    """An exception as it goes out."""
    return "raised", type(error).__name__, str(error), getattr(error, "code", None)


if __name__ == "__main__":
    style = {"async": AsyncStyle, "simple": SimpleStyle}[sys.argv[1]]
    style(open_uart(sys.argv[2])).serve()
