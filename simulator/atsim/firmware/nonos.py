"""NonOS AT 1.7.4, the factory firmware of the ESP8266: no AT+MQTT*, older wording than ESP-AT.

Known of it: the prompt with a space; `busy s...` beside `busy p...`; FAIL after +CWJAP; the
explanations before ERROR; at most 2048 bytes per AT+CIPSEND; `+CIPRECVDATA,<n>:`; the peer's
address bare in +IPD; the answers to AT+GMR, AT+PING and AT+CIPDOMAIN; the boot ROM's text at
74880 baud on the AT port.

*Invented*, and where there was a choice the one that is harder for a driver:
- no CR LF behind the data of +IPD;
- a read that leaves something gives no new notice: the next comes with more data, and tells of
  all that is there;
- AT+CIPRECVDATA returns at most 2048 bytes, without the peer's address; AT+CIPRECVLEN? always
  shows five links;
- AT+RST is not obeyed while a command runs;
- `CLOSED` of a connection that failed stands before ERROR.

The rest is taken to be as in ESP-AT.
"""

from atsim.commands import basic, nonos, receiving, sending, services, tcp, tls, wifi
from atsim.firmware.base import Firmware
from atsim.firmware.nonos_boot import boot_noise

MISSING = (
    "AT+CMD",
    "AT+SYSLOG",
    "AT+SYSMSG",
    "AT+SYSSTORE",
    "AT+SYSTIMESTAMP",
    "AT+CWINIT",
    "AT+CWSTATE",
    "AT+CWRECONNCFG",
    "AT+CIPSTATE",
    "AT+CIPSENDL",
    "AT+CIPSENDLCFG",
    "AT+CIPRECVTYPE",
    "AT+CIPTCPOPT",
    "AT+CIPSSLCSNI",
    "AT+CIPSSLCALPN",
    "AT+CIPSSLCCIPHER",
    "AT+CIPSSLCCN",
)
UART_CLOCK = 80_000_000  # feeds the UART's divider, which has no fraction


class NonOs(Firmware):
    """See the module's text."""

    name = "nonos"
    version = (
        b"AT version:1.7.4.0(May 11 2020 19:13:04)\r\n"
        b"SDK version:3.0.4(9532ceb)\r\n"
        b"compile time:May 27 2020 10:12:17\r\n"
        b"Bin version(Wroom 02):1.7.4\r\n"
    )
    prompt = b"\r\nOK\r\n> "
    busy_sending = b"\r\nbusy s...\r\n"
    time_updated = b""
    explains = True
    join_failed = b"\r\nFAIL\r\n"
    not_joined = b"No AP\r\n"
    join_details = ""
    forced_restart = False
    send_limit = 2048
    ipd_limit = 1460  # one TCP segment
    ipd_tail = b""
    ipd_peer = ",%s,%d"
    receive_head = "+CIPRECVDATA,%d:"
    receive_peer = ""
    receive_limit = 2048
    announces_rest = False
    lists_all_lengths = True
    baud_range = (110, 4_608_000)
    free_memory = (29_640,)

    def commands(self):
        """ESP-AT's groups but MQTT, less what is MISSING, with its own forms."""
        table = {}
        for group in (basic, wifi, tcp, tls, receiving, sending, services, nonos):
            table.update(group.COMMANDS)
        return {name: table[name] for name in table if name not in MISSING}

    def boot_text(self, module, cause):
        """What the boot ROM prints at another rate looks random."""
        return [boot_noise(cause, module.baud)]

    def real_baud(self, baud):
        """The divider is a whole number."""
        return UART_CLOCK // (UART_CLOCK // baud)


FIRMWARE = NonOs
