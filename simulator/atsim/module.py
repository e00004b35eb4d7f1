"""The simulated AT module. Sans-IO: bytes and elapsed time in, timed bytes out.

    module = Module(net, "esp-at", ap=[("home", "secret")])
    writes = module.power_on()
    writes += module.feed(b"AT\\r\\n")
    while module.due() is not None:
        writes += module.advance(module.due())

Every call returns what the module wrote to its UART *during that call* as [(offset_us, bytes)],
offsets counted from the beginning of the call, never decreasing: all 0 for feed(), 0..us for
advance(us). Bytes of one element are one UART write. The module answers only as time passes,
so whoever owns it advances it: to the next `due()`, or by the time gone on some clock.

Runs on CPython 3.11+ and on MicroPython 1.25+.
"""

from collections import OrderedDict

from atsim import firmware as firmwares
from atsim.interpreter import Interpreter
from atsim.links import Links
from atsim.mqtt import MqttClient
from atsim.scheduler import Scheduler
from atsim.station import AccessPoint, Station
from atsim.tlssettings import TlsSettings

IDLE_STEPS_LIMIT = 10_000  # steps without time passing: a net whose due() stays 0


class Module:
    """One module: its UART side (baud, flow), its radio (station), its links.

    Args:
        net: the atsim.net.Net behind the access points.
        firmware: a name of atsim.firmware.NAMES.
        ap: the networks in the air: AccessPoint objects or (ssid, password) pairs.
        boot_log: print the boot ROM's and loader's text on the AT port, as a board with a shared
            port does.
        epoch: Unix time at power-on, which SNTP will find; seconds.
        baud: the rate stored in flash; None: the firmware's own.
        paced: the UART is as slow as its baud says, so that links fill up behind it.
        without: names of commands that this module refuses, though its firmware has them.
        certificates: what AT+SYSMFG would have written: {(namespace, key): bytes}; see
            atsim.commands.certificates.provisioned.

    Attributes others may use:
        baud, flow: the UART's present settings. timing: see atsim.firmware.base.Timing.
        mqtt.by_segment: see atsim.mqtt.MqttClient.
        on_write: None, or a function bytes -> bytes that may alter what goes to the host.
    """

    def __init__(
        self,
        net,
        firmware="esp-at",
        *,
        ap=(("atsim", "password"),),
        boot_log=True,
        epoch=0,
        paced=True,
        baud=None,
        without=(),
        certificates=None,
    ) -> None:
        self.net = net
        self.firmware = firmwares.load(firmware)
        self.timing = self.firmware.timing()
        self.commands = self.firmware.commands()
        for command in without:
            if command not in self.commands:
                raise ValueError("%s has no %s anyway" % (firmware, command))
            del self.commands[command]
        self.boot_log = boot_log
        self.epoch = epoch
        self.paced = paced
        self.on_write = None
        self._tracers = []
        self.scheduler = Scheduler()
        self.powered = False
        self.boots = 0  # since the module was made
        self._start = 0  # time at the beginning of the present call
        self._writes = []
        self.flash = self.firmware.defaults()
        if baud is not None:
            low, high = self.firmware.baud_range
            if not low <= baud <= high:
                raise ValueError("baud must be within %d..%d" % (low, high))
            self.flash["baud"] = baud
        self.baud = self.flash["baud"]
        self.flow = self.flash["flow"]
        self.access_points = [
            a if isinstance(a, AccessPoint) else AccessPoint(a[0], a[1], number)
            for number, a in enumerate(ap)
        ]
        self.interpreter = Interpreter(self)
        self.station = Station(self)
        self.links = Links(self)
        self.mqtt = MqttClient(self)
        self.tls = TlsSettings(self)
        # In a partition of its own: neither a reset nor AT+RESTORE touches it (the latter is
        # assumed).
        self.certificates = OrderedDict(certificates or {})
        self._forget()

    # -- the outside ------------------------------------------------------------------------

    def power_on(self) -> "list[tuple[int, bytes]]":
        """Apply power: the boot begins. Nothing is heard or said before."""
        return self._boot_now("power")

    def reset(self) -> "list[tuple[int, bytes]]":
        """Pull the reset pin for a moment; flash keeps its content."""
        return self._boot_now("power")

    def feed(self, data: bytes) -> "list[tuple[int, bytes]]":
        """Bytes from the host, arriving now. Lost while the module is off or booting."""
        self._begin()
        if self.running:
            self.interpreter.feed(data)
        return self._finish(0)

    def advance(self, us: int) -> "list[tuple[int, bytes]]":
        """Let module time pass."""
        self._begin()
        return self._finish(us)

    def due(self) -> "int | None":
        """Microseconds until the module has something to do by itself; None: nothing planned."""
        timer = self.scheduler.due()
        net = self.net.due()
        if timer is None or net is None:
            return net if timer is None else timer
        return min(timer, net)

    @property
    def now(self) -> int:
        """Module time, microseconds."""
        return self.scheduler.now

    def _begin(self) -> None:
        self._start = self.now
        self._writes = []

    def _finish(self, us: int) -> "list[tuple[int, bytes]]":
        end = self._start + us
        idle = 0
        self._step(self.now)
        while True:
            due = self.due()
            if due is None or self.now + due > end:
                break
            idle = idle + 1 if due == 0 else 0
            if idle > IDLE_STEPS_LIMIT:
                raise RuntimeError("the net asks to be polled again at once, for ever")
            self._step(self.now + due)
        if self.now < end:
            self._step(end)
        return self._writes

    def _step(self, now: int) -> None:
        self.scheduler.now = now
        self.net.poll(now)
        if self.powered:
            self.links.poll()
            self.scheduler.run()

    def add_tracer(self, tracer) -> None:
        """Call tracer(kind, data, link) for what happens inside, see trace(); several may."""
        self._tracers.append(tracer)

    # -- for the module's own parts ---------------------------------------------------------

    def write(self, data: bytes, echo: bool = False, secret: bool = False) -> None:
        """The one place where bytes leave for the host. One call is one UART write; tracers do
        not hear of echoes and secrets."""
        if not data:
            return
        if not (echo or secret):
            self.trace("answer", data)
        if self.on_write is not None:
            data = self.on_write(data)
        self._writes.append((self.now - self._start, data))
        sent = -(-len(data) * 10_000_000 // self.baud)  # rounded up: not before the last bit
        self._uart_free_at = max(self._uart_free_at, self.now) + sent

    def uart_busy_us(self) -> int:
        """How long until all that was written has left the UART."""
        return max(0, self._uart_free_at - self.now) if self.paced else 0

    def uart_room(self) -> bool:
        """May more data of the links be queued for the UART? If not, a look later is planned."""
        buffered = self.firmware.uart_buffer * 10_000_000 // self.baud
        excess = self._uart_free_at - self.now - buffered
        if not self.paced or excess <= 0:
            return True
        if self._room_timer is None or not self._room_timer.live:
            self._room_timer = self.scheduler.later(excess, _wake)
        return False

    def say_status(self, text: bytes) -> None:
        """Write a Wi-Fi or link status text; passthrough hides it unless AT+SYSMSG bit 2."""
        if not self.links.streaming or self.settings["sysmsg"] & 4:
            self.write(text)

    def network_lost(self) -> None:
        """The station left its network: everything above it falls."""
        self.links.network_lost()
        self.mqtt.network_lost()

    def trace(self, kind: str, data: bytes, link: int = 0) -> None:
        """Tell the tracers: "line" a command, "answer" a write to the host, "data" a data phase's
        bytes, "boot" a restart and its cause; "link" that link number `link` is new,
        "sent"/"received" its bytes. Number -1 is the link of the module's own MQTT client."""
        for tracer in self._tracers:
            tracer(kind, data, link)

    def store(self, **settings) -> None:
        """Change settings; they also go to flash unless AT+SYSSTORE=0."""
        self.settings.update(settings)
        if self.sysstore:
            self.flash.update(settings)

    def restart(self, cause: str, after_us: int = 0) -> None:
        """Reboot from within a command; the command's own task ends with everything else."""
        self.scheduler.later(after_us, lambda: self._boot(cause))

    def erase_flash(self) -> None:
        """Factory settings from the next boot on."""
        self.flash = self.firmware.defaults()

    def unix_time(self) -> int:
        """The module's idea of the time: seconds since boot until it is set."""
        return self._time_offset + (self.now - self._booted_at) // 1_000_000

    def set_unix_time(self, seconds: int) -> None:
        """Set the clock."""
        self._time_offset += seconds - self.unix_time()

    # -- boot -------------------------------------------------------------------------------

    def _boot_now(self, cause: str) -> "list[tuple[int, bytes]]":
        self._begin()
        self.powered = True
        self._boot(cause)
        return self._finish(0)

    def _boot(self, cause: str) -> None:
        """Forget all volatile state and start over."""
        self._forget()
        self.trace("boot", cause.encode())
        self.scheduler.spawn(self._boot_sequence(cause))

    def _forget(self) -> None:
        self.running = False
        self.scheduler.clear()
        self.links.drop_all()
        self._uart_free_at = self.now
        self._room_timer = None
        self.interpreter.reset()
        self.settings = dict(self.flash)
        self.sysstore = True
        self.baud = self.settings["baud"]
        self.flow = self.settings["flow"]
        self.station.reset()
        self.links.reset()
        self.mqtt.reset()
        self.tls.reset()
        self.volatile = {}  # what single commands keep until the next reset
        self._booted_at = self.now
        self._time_offset = 0

    def _boot_sequence(self, cause: str):
        if self.boot_log:
            for text in self.firmware.boot_text(self, cause):
                self.write(text)
        self.boots += 1
        yield max(0, self.timing.boot - 40_000)
        self.station.start()
        yield 40_000
        self.running = True
        self.write(self.firmware.ready)


def _wake() -> None:
    """A timer's action when it only has to end a wait: links are polled at every step."""
