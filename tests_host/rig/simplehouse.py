"""The simulated module under the blocking client: time passes while the library waits."""

from atmqtt import simple

from .house import HOST, PASSWORD, SSID, Ground
from .ticks import Ticks


class Blocking(Ground):
    """`with Blocking() as house:` modem is started and joined.

    idled: how often the library has called `idle`, which lets a millisecond pass each time.
    """

    def __init__(self, firmware="esp-at", users=None):
        super().__init__(firmware, users)
        self.idled = 0
        self.modem = super().modem()

    def __enter__(self):
        self._ticks = Ticks(self.ticks_ms)
        self.run(self.modem.start())
        self.run(self.modem.join(SSID, PASSWORD))
        return self

    def __exit__(self, kind, error, traceback):
        self._ticks.restore()

    def run(self, coroutine):
        """The coroutine's result."""
        return simple.run(self.modem, coroutine, self.idle)

    def idle(self):
        """For the library to call."""
        self.idled += 1
        assert self.idled < 100000, "it waits for ever"
        self.clock.advance(1000)

    def wait(self, ms: int):
        """The application is busy elsewhere."""
        self.clock.advance(ms * 1000)

    def client(self, client_id="c", **options) -> simple.MQTTClient:
        """A client that is not connected; seen: what its callback got."""
        client = simple.MQTTClient(client_id, HOST, modem=self.modem, idle=self.idle, **options)
        self.seen = []
        client.set_callback(lambda topic, payload: self.seen.append((topic, payload)))
        return client
