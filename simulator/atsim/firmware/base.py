"""What one firmware family differs in: texts, limits, times, commands. Data, not behaviour."""

from atsim import syntax
from atsim.mqttdialect import MqttDialect


class Timing:
    """How long the module takes, in microseconds of module time.

    The values are of the order an ESP32 shows; a test that wants a faster module sets them on
    `module.timing`. The slow ones of a real network (time-outs) belong to the net, not here.
    """

    def __init__(self) -> None:
        self.command = 1_500  # end of line to first answer
        self.flash = 40_000  # a setting written to flash
        self.nvs = 560_000  # AT+CIPSSLCCONF, and reading with AT+SYSMFG
        self.read_gap_floor = 1_000  # silence that ends one read of the UART, at least
        self.busy = 500_000  # from the first byte refused to its `busy p...`
        self.boot = 1_000_000  # reset to `ready`
        self.scan = 1_500_000
        self.join_cold = 5_000_000  # CWJAP to WIFI CONNECTED, another network than before
        self.join_again = 650_000  # the same network as before
        self.join_no_ap = 15_500_000  # CWJAP to +CWJAP:3
        self.join_wrong_password = 4_000_000  # CWJAP to +CWJAP:2
        self.dhcp = 1_000_000  # WIFI CONNECTED to WIFI GOT IP
        self.leave = 100_000  # CWQAP to WIFI DISCONNECT
        self.links_lost = 16_000  # WIFI DISCONNECT to CLOSED
        self.connect_limit = 20_000_000  # CIPSTART when the net never answers
        self.passthrough_retry = 100_000  # passthrough: peer gone to connecting again
        self.prompt_gap = 5_000  # OK to the prompt where they are two writes; invented
        self.mqtt_connack = 10_000_000  # MQTT CONNECT sent to giving up
        self.mqtt_lost = 4_000  # WIFI DISCONNECT to +MQTTDISCONNECTED
        self.mqtt_wake = 5_000_000  # how often an MQTT client without connection looks up
        self.mqtt_retry = 10_000_000  # +MQTTDISCONNECTED to connecting again
        self.mqtt_packet = 1_000  # an MQTT packet looked at
        self.mqtt_goodbye = 8_000  # AT+MQTTCLEAN over a connection
        self.passthrough_gap = 20_000  # silence that ends a passthrough packet; guard time of +++

    def set_join(self, us: int) -> None:
        """One duration for joining any network and for getting the address."""
        self.join_cold = self.join_again = self.dhcp = us


class Firmware:
    """Base of all firmwares; ESP-AT's wording is the common ground, since most others follow it.

    Texts are written as they stand on the wire.
    """

    name = ""
    version: bytes = b""  # answer to AT+GMR, without the final OK
    ok = b"\r\nOK\r\n"
    error = b"\r\nERROR\r\n"
    ok_before_prompt = b""  # a write of its own, Timing.prompt_gap before the prompt
    prompt = b"\r\nOK\r\n\r\n>"
    echo_tail = b""  # behind an echoed line
    busy = b"\r\nbusy p...\r\n"
    busy_sending = busy  # ... while the data of a command is worked on
    explains = False  # `no ip` and the like before ERROR; ESP-AT's go to its log port
    join_failed = error  # behind +CWJAP:<reason>
    not_joined = b""  # AT+CWJAP? without a network, before OK
    join_details = ",0,1,3,0,1"  # AT+CWJAP?, behind the signal strength
    forced_restart = True  # is AT+RST obeyed while a command runs?
    ready = b"\r\nready\r\n"
    time_updated = b"+TIME_UPDATED\r\n"  # when SNTP has found the time; empty: not said
    line_limit = 256  # bytes, CRLF included
    send_limit = 8192  # AT+CIPSEND=<n>
    send_receipt = b"\r\nRecv %d bytes\r\n"  # when the bytes are there; None: nothing is said
    send_failed = b"\r\nSEND FAIL\r\n"
    resolves_names = True  # AT+CIPSTART takes more than dotted quads
    multiplexed = False  # AT+CIPMUX after a reset
    ipd_limit = 2920  # data bytes in one +IPD
    ipd_tail = b"\r\n"  # after the data of an +IPD
    ipd_peer = ',"%s",%d'  # in +IPD with AT+CIPDINFO=1
    receive_head = "+CIPRECVDATA:%d,"
    receive_peer = '"%s",%d,'  # behind it with AT+CIPDINFO=1; empty: never
    receive_limit = 0x7FFFFFFF  # bytes one AT+CIPRECVDATA returns at most
    announces_rest = True  # a new +IPD notice when AT+CIPRECVDATA left something
    lists_all_lengths = False  # AT+CIPRECVLEN? shows all links, whatever AT+CIPMUX is
    passive_limit = 5760  # bytes a link buffers with AT+CIPRECVMODE=1: the TCP window
    uart_buffer = 8192  # bytes that may wait for the UART before links are left unread
    links = 5  # with AT+CIPMUX=1
    baud = 115200
    flow = 0  # bit 0 RTS, bit 1 CTS
    baud_range = (80, 5_000_000)
    free_memory: "tuple[int, ...]" = (186564, 176024)  # AT+SYSRAM?: now, least so far; bytes
    mqtt = MqttDialect()
    sysmsg_bits = 7  # AT+SYSMSG=<0..this>

    def timing(self) -> Timing:
        """A fresh Timing with this firmware's durations."""
        return Timing()

    def defaults(self) -> "dict[str, object]":
        """Factory values of the settings that live in flash."""
        return {
            "baud": self.baud,
            "flow": self.flow,
            "cwmode": 2,
            "ssid": None,  # the network joined last, None: none
            "password": b"",
            "autoconn": 1,
            "reconnect_interval": 1,
            "reconnect_count": 0,
            "sysmsg": 0,
            "dns": None,  # None: the factory servers
            "static_ip": None,  # (ip, gateway, netmask); None: DHCP
            "hostname": "",
        }

    def commands(self) -> "dict[str, dict]":
        """{"AT+NAME": {form: handler}}. See atsim.commands for what a handler is."""
        raise NotImplementedError

    def parse(self, line: bytes) -> syntax.Command:
        """One line with its CR LF; raises atsim.syntax.Failure."""
        return syntax.parse(line)

    def refusal(self, failure: syntax.Failure) -> bytes:
        """The last line of a command that fails."""
        return self.error

    def listing(self) -> "tuple[tuple[str, str], ...]":
        """What AT+CMD? lists, in order: (name, flags test/query/set/execute as "0101")."""
        return ()

    def boot_text(self, module, cause: str) -> "list[bytes]":
        """What the chip prints on the AT port before `ready`; cause "power" or "software"."""
        return []

    def real_baud(self, baud: int) -> int:
        """The rate the UART's divider really gives, as AT+UART_CUR? reports it."""
        return baud
