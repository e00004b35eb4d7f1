"""The traffic of a module as a readable time line: time, direction, text, MQTT packets.

    12.345 > AT+CWJAP="home",***
    17.351 < WIFI CONNECTED\\r\\n
    18.020   MQTT > CONNECT "device" keepalive 60 clean 1

`>` is host to module, `<` module to host. Data bytes of links appear as MQTT lines where they are
MQTT, and as a count otherwise; no Wi-Fi or MQTT password appears anywhere.
"""

from atsim.mqttlines import PacketLines, printable

# commands with secrets: index of the first argument that is masked (and all behind it)
SECRETS = {
    "CWJAP": 1,
    "CWSAP": 1,
    "CWJEAP": 1,
    "MQTTUSERCFG": 4,
    "MQTTPASSWORD": 1,
    "CIPSSLCPSK": 0,
    "CIPSSLCPSKHEX": 0,
}
LONGEST = 200  # characters of one write that are shown


class TrafficLog:
    """Attach with `module.add_tracer(TrafficLog(module, stream).trace)`."""

    def __init__(self, module, stream) -> None:
        self._module = module
        self._stream = stream
        self._links = {}  # by (link number, direction)

    def trace(self, kind: str, data: bytes, link: int) -> None:
        """The tracer; see Module.trace for the kinds."""
        if kind == "line":
            self._line("> " + masked(data))
        elif kind == "answer":
            self._answer(data)
        elif kind == "data":
            self._line("> (%d bytes of data)" % len(data))
        elif kind == "sent":
            self._packets(link, ">", data)
        elif kind == "received":
            self._packets(link, "<", data)
        elif kind == "link":
            self._links.pop((link, ">"), None)
            self._links.pop((link, "<"), None)
        elif kind == "boot":
            self._line("= restart: " + data.decode())

    def _answer(self, data: bytes) -> None:
        head = data.find(b":")
        if data[:7] == b"\r\n+IPD," and head != -1:
            data = data[: head + 1] + b"..."
        text = printable(data)
        if len(text) > LONGEST:
            text = "%s... (%d bytes)" % (text[:LONGEST], len(data))
        self._line("< " + text)

    def _packets(self, link: int, direction: str, data: bytes) -> None:
        collected = self._links.setdefault((link, direction), PacketLines())
        for line in collected.feed(data):
            self._line("  MQTT %s %s" % (direction, line))

    def _line(self, text: str) -> None:
        now = self._module.now
        self._stream.write("%6d.%03d %s\n" % (now // 1_000_000, now // 1000 % 1000, text))
        self._stream.flush()


def masked(line: bytes) -> str:
    """A command line for the log, its secrets replaced by ***.

    A line that holds such a command's name anywhere is masked from there, so that a damaged or
    over-long one gives nothing away either.
    """
    text = printable(line)
    if text[-4:] == "\\r\\n":
        text = text[:-4]
    for name, index in SECRETS.items():
        at = text.upper().find(name)
        if at != -1 and text[at + len(name) : at + len(name) + 1] not in ("?", ""):
            comma = at + len(name)
            for _ in range(index):
                comma = text.find(",", comma + 1)
                if comma == -1:
                    return text
            return text[: comma + 1] + "***"
    return text
