"""What the native engine writes, read by a decoder of the module's argument grammar that shares
nothing with the library: every argument arrives, no line is too long, nothing else is a command.
"""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from atmqtt.errors import ATError
from rig.nativedesk import CLEAN, Native

LIMIT = 255
PROMPT = b"\r\nOK\r\n\r\n>"
HOSTILE = b"\r\nAT+RST\r\n"


class Module:
    """The module's end of the UART: lines of at most 256 bytes, data phases by count.

    commands: [(name, arguments, data)]. An argument is bytes without its quotes, or a number.
    """

    def __init__(self):
        self.commands = []
        self._buffer = b""
        self._due = 0

    def take(self, written: bytes) -> bytes:
        """Bytes from the host. Returns what the module says to them."""
        self._buffer += written
        if self._due:
            return self._data()
        line, end, rest = self._buffer.partition(b"\r\n")
        if not end:
            return b""
        assert len(line) + 2 <= LIMIT
        assert b"\0" not in line and not rest, "sent before the answer"
        self._buffer = rest
        name, _, text = line.partition(b"=")
        arguments = split(text)
        self.commands.append([name, arguments, None])
        if name.startswith(b"AT+MQTTLONG"):
            self._due = arguments[1]
        elif name == b"AT+MQTTPUBRAW":
            self._due = arguments[2]
        elif name == b"AT+CMD?":
            return LISTING
        return PROMPT if self._due else b"\r\nOK\r\n"

    def _data(self) -> bytes:
        if len(self._buffer) < self._due:
            return b""
        assert len(self._buffer) == self._due, "more than was announced"
        self.commands[-1][2] = self._buffer
        self._buffer = b""
        self._due = 0
        raw = self.commands[-1][0] == b"AT+MQTTPUBRAW"
        return b"+MQTTPUB:OK\r\n" if raw else b"\r\nOK\r\n"


NAMES = "CLIENTID USERNAME PASSWORD LONGCLIENTID LONGUSERNAME LONGPASSWORD".split()
LISTING = b"".join([b'+CMD:1,"AT+MQTT%s",0,0,1,0\r\n' % name.encode() for name in NAMES])
LISTING += b"\r\nOK\r\n"


def split(text: bytes) -> list:
    """Arguments: cut at each comma that has no backslash before it; quotes protect nothing."""
    arguments = []
    current = b""
    escaped = False
    for byte in text:
        if byte == 0x2C and not escaped:
            arguments.append(value(current))
            current = b""
            continue
        current += bytes([byte])
        escaped = byte == 0x5C and not escaped
    arguments.append(value(current))
    assert len(arguments) <= 16, "the module's table of arguments has 16 places"
    return arguments


def value(raw: bytes):
    """A number, or what stands between the quotes; a bare quote in there is an error."""
    if not raw.startswith(b'"'):
        return int(raw) if raw else raw
    assert len(raw) >= 2 and raw.endswith(b'"')
    inner = raw[1:-1]
    out = b""
    i = 0
    while i < len(inner):
        assert inner[i] != 0x22, "a bare quote"
        if inner[i] == 0x5C:
            i += 1
            assert i < len(inner), "a backslash at the end"
        out += inner[i : i + 1]
        i += 1
    return out


def converse(desk, module, task):
    """Let the two talk until neither has anything to say."""
    for _ in range(50):
        written, desk.uart.written = desk.uart.written, b""
        said = module.take(written) if written else b""
        if not written and task.done:
            return
        desk.says(said)
    raise AssertionError("they talk for ever")


def outcome(task):
    """None, or the ValueError of a call that was not made."""
    try:
        task.result()
    except ATError:
        raise
    except ValueError as error:
        return error
    return None


nasty = st.sampled_from(
    [HOSTILE, b",", b'"', b"\\", b"\r", b"\n", b"\0", b'",', b"\\,", b"x" * 60]
)
octets = st.lists(nasty | st.binary(max_size=20), max_size=12).map(b"".join)
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
text = st.lists(
    st.sampled_from([HOSTILE.decode(), ",", '"', "\\", "x" * 60, "é€😀"]) | words, max_size=8
).map("".join)
topics = text.map(lambda name: name.replace("+", "-").replace("#", "-")).filter(len)
qualities = st.integers(0, 2)


@given(topics, octets, qualities, st.booleans())
@example("t", HOSTILE, 1, False)
@example("t", b'"' * 200, 0, False)
@example("t", b"x" * 229, 0, False)
@example("t", b"x" * 231, 0, False)
@settings(max_examples=500, deadline=None)
def test_a_publish_arrives_or_is_refused_before_a_byte(topic, payload, qos, retain):
    with Native() as desk:
        desk.connect()
        module = Module()
        task = desk.go(desk.client.publish(topic, payload, qos, retain))
        converse(desk, module, task)
        name = topic.encode()
        if outcome(task):
            assert module.commands == []
            assert len(name) > 128 or len(name) * 2 > 190 or set(b"\r\n") & set(name)
            return
        ((command, arguments, data),) = module.commands
        if command == b"AT+MQTTPUB":
            assert arguments == [0, name, payload, qos, retain] and data is None
        else:
            assert command == b"AT+MQTTPUBRAW"
            assert arguments == [0, name, len(payload), qos, retain] and data == payload


@given(topics, qualities, st.booleans())
@settings(max_examples=200, deadline=None)
def test_a_filter_arrives_or_is_refused_before_a_byte(topic, qos, off):
    with Native() as desk:
        desk.connect()
        module = Module()
        client = desk.client
        task = desk.go(client.unsubscribe(topic) if off else client.subscribe(topic, qos))
        converse(desk, module, task)
        if outcome(task):
            assert module.commands == []
            return
        ((command, arguments, data),) = module.commands
        assert [command] + arguments == (
            [b"AT+MQTTUNSUB", 0, topic.encode()]
            if off
            else [b"AT+MQTTSUB", 0, topic.encode(), qos]
        )


wills = st.none() | st.tuples(topics, octets, qualities, st.booleans())


@given(text, st.none() | text, st.none() | octets, wills, st.booleans(), st.integers(0, 7300))
@example("c" + HOSTILE.decode(), "u" + HOSTILE.decode(), b"p" + HOSTILE, None, True, 60)
@example("c" * 100, "u" * 100, b"p" * 100, None, True, 60)
@example("c" * 70, "u" * 100, b"p" * 50, None, True, 60)
@example("c" * 250, "u" * 250, b"p" * 250, ("t" * 128, b"w" * 60, 2, True), True, 60)
@settings(max_examples=500, deadline=None)
def test_a_login_arrives_or_is_refused_before_a_byte(name, user, secret, will, clean, keepalive):
    if user is None:
        secret = None
    options = {"client_id": name or "c", "username": user, "password": secret, "will": will}
    options.update(clean_session=clean, keepalive=keepalive)
    with Native(options) as desk:
        module = Module()
        task = desk.go(desk.client.connect())
        converse(desk, module, task)
        commands = module.commands
        if outcome(task):
            assert [command[0] for command in commands] in ([], [b"AT+CMD?"])
            assert will or keepalive > 7200
            return
        if commands[0][0] == b"AT+CMD?":
            commands.pop(0)
        assert commands.pop(0)[:2] == [CLEAN[:-4], [0]]
        told = {}
        for command, arguments, data in commands[1:-2]:
            key = command[len(b"AT+MQTT") :].decode().replace("LONG", "")
            told[key] = arguments[1] if data is None else data
        configured = commands[0][1]
        assert configured[0:2] == [0, 1] and configured[5:] == [0, 0, b""]
        for key, at, expected in (
            ("CLIENTID", 2, (name or "c").encode()),
            ("USERNAME", 3, (user or "").encode()),
            ("PASSWORD", 4, secret or b""),
        ):
            assert told.get(key, configured[at]) == expected
            assert configured[at] in (expected, b"")
        topic, payload, qos, retain = will or ("", b"", 0, False)
        assert commands[-2] == [
            b"AT+MQTTCONNCFG",
            [0, keepalive, not clean, topic.encode(), payload, qos, retain],
            None,
        ]
        assert commands[-1] == [b"AT+MQTTCONN", [0, b"192.168.4.100", 1883, 0], None]
