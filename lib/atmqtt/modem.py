# MIT license; Copyright (c) 2026 The atmqtt authors
"""The module on the UART: found, quieted and asked what it can do. Wi-Fi is in wifi.py."""

from .channel import Channel
from .dialects import load
from .errors import ATError
from .overlay import forget
from .telling import Stats, printable, tell


class Modem:
    """An AT-command Wi-Fi module.

    uart: anything with any(), readinto(buf, n) and write(buf, off, n) as machine.UART has them;
    its irq() is used where there is one. baud, rxbuf: what it was opened with. rx_size: bytes of
    the ring behind it. reset: the module's reset Pin (active low) or a function that resets it.
    reinit(baud, flow): opens the UART anew (flow: 1 RTS | 2 CTS); by default uart.init() where
    there is one, and without it only `baud` is tried and set_baud() cannot be used. dialect: name
    of the firmware's, "esp-at", "esp-at-old", "esp8266", "nonos", "air601", "beken", "beken-sdk",
    "w800", "ln882h" or "bouffalo", None: found out. on_event(name, detail): what happened by
    itself; it must not call the library. Names: "reset" (None, or "by pin"), "wifi" (what the
    module printed), "baud" (it was found at that rate), "damaged", "garbage", "silent" (no answer
    to any probe), "error" (of the UART), "tls" (what is not checked).

    firmware: str, as reported. dialect.name. has_mqtt: bool, AT+MQTT* commands. passive: bool, the
    module keeps what comes by TCP until it is fetched. up: bool, started and not reset since.
    baud, flow: of the UART, as last opened by this class. stats: counters: suspected_overruns
    (times that bytes may have been lost), damaged (blocks), garbage (lines), unknown (lines or
    blocks), busy, timeouts (of commands), resets, event_errors (of on_event).
    """

    def __init__(
        self,
        uart,
        *,
        baud: int = 115200,
        rxbuf: int = 256,
        rx_size: int = 2048,
        reset=None,
        reinit=None,
        dialect=None,
        on_event=None,
    ):
        for method in ("any", "readinto", "write"):
            if not hasattr(uart, method):
                raise ValueError("uart: has no %s()" % method)
        self.baud = baud
        self.dialect = load(dialect) if isinstance(dialect, str) else dialect
        self.firmware = ""
        self.has_mqtt = False
        self.passive = False
        self.stats = Stats(
            {
                "suspected_overruns": 0,
                "damaged": 0,
                "garbage": 0,
                "unknown": 0,
                "busy": 0,
                "timeouts": 0,
                "resets": 0,
                "event_errors": 0,
            }
        )
        self.until_ready = None  # the request of who waits for the module to boot
        self.up = False
        self.on_reset = []  # functions to call when the module has forgotten everything
        self._reset = reset
        self.flow = 0
        self.reinit = reinit
        self._on_event = on_event
        self._link = None
        self.channel = Channel(uart, rx_size, rxbuf, self.stats, self.event)
        self.channel.inlet.on(b"ready", self._on_ready)
        self.channel.inlet.on(b"WIFI ", self._on_wifi)
        self.channel.on_echo = self._was_reset

    def link(self):
        """The TCP connection of this module."""
        if not self._link:
            from .link import Link

            self._link = Link(self)
        return self._link

    def event(self, name: str, detail):
        """Tell the application. What it raises is counted."""
        tell(self._on_event, name, detail, self.stats, "event_errors")

    def _on_ready(self, buf, a: int, b: int):
        if b - a != 5:
            return self.channel.answer(buf, a, b)
        if self.until_ready:
            self.until_ready.result = True
            self.until_ready.finish()
        self._was_reset()

    def _was_reset(self):
        # it has forgotten everything; its echo is on again, which tells if `ready` was lost
        if self.up:
            self.up = False
            self.stats["resets"] += 1
            error = ATError("the module was reset")
            for function in self.on_reset:  # first: a link that has gone need not be closed
                function(error)
            self.channel.fail(error)
            self.event("reset", None)

    def _on_wifi(self, buf, a: int, b: int):
        self.event("wifi", printable(buf[a + 5 : b]))

    async def start(self, timeout_ms: int = 30000):
        """Find the module, quiet it and learn what it can do.

        Copes with a module that echoes, is still booting, is busy, was left in passthrough or in
        the middle of a command, or runs at another baud. Raises ATTimeout.
        """
        from .bringup import bring_up

        await bring_up(self, timeout_ms)
        forget("bringup")

    async def set_baud(self, baud: int, flow: int = 0):
        """Have both ends of the UART change to this rate and flow control, until a reset.

        flow: what this side does, 1 RTS | 2 CTS. With RTS new connections are received actively.
        Commands wait meanwhile, connections stay. Raises ATError: refused; ATTimeout: it does not
        answer like that, and is as it was, or if not even that, start() has to look for it;
        ValueError: the UART cannot be opened like that.
        """
        from .baud import set_baud

        try:
            await set_baud(self, baud, flow)
        finally:
            forget("baud", "bringup", "opening", "quote")

    async def command(self, command, timeout_ms: int = 2000) -> list:
        """Send any AT command, e.g. ``"AT+CIPSTA?"``; returns its information lines (bytes).

        Raises ATError (code: what the module printed), ATTimeout; ValueError: nothing was sent.
        Leave the echo off: it is taken for the sign of a module that was reset.
        """
        from .quote import checked

        try:
            return await self.channel.run(checked(command, self.dialect), timeout_ms)
        finally:
            forget("quote")

    async def join(self, ssid, password, timeout_ms: int = 20000):
        """Join a Wi-Fi network. Raises JoinError with a code and a plain reason."""
        from .wifi import join

        await join(self, ssid, password, timeout_ms)
        forget("wifi", "quote")

    async def scan(self) -> list:
        """Networks in reach: tuples (ssid bytes, bssid str, channel, rssi in dBm, security)."""
        from .wifi import scan

        return await scan(self)

    async def ip(self) -> str:
        """The module's own IPv4 address; "0.0.0.0" while it has none."""
        from .wifi import ip

        return await ip(self)

    async def sync_time(self, servers=(), timeout_ms: int = 30000) -> tuple:
        """Have the module learn the time by SNTP, from up to three servers.

        Returns UTC as (year, month, day, hour, minute, second). Raises ATTimeout, ATError.
        """
        from .clock import sync_time

        return await sync_time(self, servers, timeout_ms)

    async def provision(self, ca=None, cert=None, key=None):
        """Write certificates and a key into the module's flash, for TLS to use.

        Each a PEM: the name of a file, an open binary file, or bytes. ValueError: it is none;
        ATError: no ESP-AT 3.0 or later. A wrong one shows when connecting.
        """
        from .provision import provision

        await provision(self, ca, cert, key)
        forget("provision")

    async def close(self):
        """Let go of the UART. The module is left as it is."""
        self.up = False
        self.channel.closed = error = ATError("modem closed")
        for function in self.on_reset:
            function(error)
        self.channel.close(error)
        self.channel.inlet.ring.deafen()
