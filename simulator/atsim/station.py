"""The module's Wi-Fi station: joining, losing and rejoining an access point."""

# CWSTATE
NEVER, NO_IP, GOT_IP, CONNECTING, DISCONNECTED = 0, 1, 2, 3, 4

# +CWJAP:<reason>
WRONG_PASSWORD, NO_AP = 2, 3


class AccessPoint:
    """A network in the air. Tests may switch `up` and change `password` at any time."""

    def __init__(self, ssid: str, password: str = "", number: int = 0) -> None:
        self.ssid = ssid
        self.password = password  # empty: an open network
        self.bssid = "10:01:00:c4:0a:%02x" % (0x51 + number)
        self.channel = 5 + 5 * number
        self.rssi = -27 - 7 * number
        self.up = True


class Station:
    """Owned by a Module. States are those of AT+CWSTATE?."""

    mac = "24:0a:c4:00:01:10"
    dhcp = ("192.168.4.15", "192.168.4.1", "255.255.255.0")  # ip, gateway, netmask

    def __init__(self, module) -> None:
        self._module = module
        self._joined_before = ""
        self.reset()

    def reset(self) -> None:
        """Not associated."""
        self.state = NEVER
        self.access_point = None  # the one associated with
        self._keeper = None

    @property
    def online(self) -> bool:
        """Has it an address?"""
        return self.state == GOT_IP

    @property
    def network(self) -> str:
        """The network joined or tried last since boot."""
        return "" if self.state == NEVER else self._module.settings["ssid"] or ""

    @property
    def addresses(self) -> "tuple[str, str, str]":
        """ip, gateway, netmask; zeros without a network."""
        if not self.online:
            return ("0.0.0.0", "0.0.0.0", "0.0.0.0")
        return self._module.settings["static_ip"] or self.dhcp

    def start(self) -> None:
        """At boot: join the stored network where auto-connect is on."""
        settings = self._module.settings
        if settings["cwmode"] & 1 and settings["autoconn"] and settings["ssid"] is not None:
            access_point = self._find()
            if access_point is not None and self._password_ok(access_point):
                self._associate(access_point)
                self._keeper = self._module.scheduler.spawn(self._get_ip_and_keep())
            else:
                self.state = CONNECTING
                self._keeper = self._module.scheduler.spawn(self._rejoin())

    def join(self):
        """Task part for AT+CWJAP with the network in settings; returns None or a reason."""
        timing = self._module.timing
        self.stop_keeping()
        self.state = CONNECTING
        access_point = self._find()
        if access_point is None:
            yield timing.join_no_ap
            self.state = DISCONNECTED
            return NO_AP
        if not self._password_ok(access_point):
            yield timing.join_wrong_password
            self.state = DISCONNECTED
            return WRONG_PASSWORD
        again = self._joined_before == access_point.ssid
        yield timing.join_again if again else timing.join_cold
        self._associate(access_point)
        yield timing.dhcp
        self._got_ip()
        self._keeper = self._module.scheduler.spawn(self._keep())
        return None

    def leave(self) -> None:
        """AT+CWQAP, a reset or a lost beacon: the links go with it."""
        self.stop_keeping()
        if self.access_point is not None:
            self.access_point = None
            self._say(b"WIFI DISCONNECT\r\n")
            self._module.network_lost()
        self.state = DISCONNECTED

    def lose(self) -> None:
        """For tests: the access point throws the station out as time goes on. Auto-reconnect
        brings it back."""
        self._module.scheduler.later(0, self._lose)

    def _lose(self) -> None:
        self.leave()
        self._keeper = self._module.scheduler.spawn(self._rejoin())

    def stop_keeping(self) -> None:
        """No automatic reconnection any more."""
        if self._keeper is not None:
            self._keeper.cancel()
            self._keeper = None

    def _find(self) -> "AccessPoint | None":
        for access_point in self._module.access_points:
            if access_point.up and access_point.ssid == self._module.settings["ssid"]:
                return access_point
        return None

    def _password_ok(self, access_point: AccessPoint) -> bool:
        return access_point.password.encode() == self._module.settings["password"]

    def _associate(self, access_point: AccessPoint) -> None:
        self._joined_before = access_point.ssid
        self.access_point = access_point
        self.state = NO_IP
        self._say(b"WIFI CONNECTED\r\n")

    def _got_ip(self) -> None:
        self.state = GOT_IP
        self._say(b"WIFI GOT IP\r\n")

    def _get_ip_and_keep(self):
        yield self._module.timing.dhcp
        self._got_ip()
        yield from self._keep()

    def _keep(self):
        """Watch the access point; when it goes, leave and come back by the reconnect rules."""
        access_point = self.access_point
        while access_point is not None and access_point.up:
            yield None
        self.lose()

    def _rejoin(self):
        """AT+CWRECONNCFG: try every `interval` seconds, `count` times (0: for ever)."""
        settings = self._module.settings
        tries = 0
        while settings["reconnect_interval"] and (
            not settings["reconnect_count"] or tries < settings["reconnect_count"]
        ):
            self.state = CONNECTING
            yield settings["reconnect_interval"] * 1_000_000
            tries += 1
            access_point = self._find()
            if access_point is not None and self._password_ok(access_point):
                self._associate(access_point)
                yield self._module.timing.dhcp
                self._got_ip()
                yield from self._keep()
                return
        self.state = DISCONNECTED

    def _say(self, text: bytes) -> None:
        self._module.say_status(text)
