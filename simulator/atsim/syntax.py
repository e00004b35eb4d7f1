"""The grammar of one command line: name, form, arguments. Pure: no I/O, no clock.

ESP-AT 4.1: the name is case-insensitive, arguments are split at every comma that has no
backslash before it (quotes do not protect commas), a string argument stands in quotes, and inside
it backslash-X means X for any X.
"""

TEST, QUERY, SET, EXECUTE = "test", "query", "set", "execute"  # AT+X=?  AT+X?  AT+X=...  AT+X
MAX_ARGUMENTS = 16


class Failure(Exception):
    """The command ends with ERROR.

    codes: what `ERR CODE:` lines show when they are enabled. explanation: the line old firmwares
    print before ERROR; ESP-AT sends it to its log port.
    """

    def __init__(self, *codes: int, explanation: bytes = b"") -> None:
        super().__init__(*codes)
        self.codes = codes
        self.explanation = explanation


NO_AT_PREFIX = 0x01030000
BAD_ARGUMENT = 0x01080000  # + index of the argument
UNSUPPORTED = 0x01090000


class Command:
    """A parsed line. `arguments` are the raw pieces; the accessors decode them on demand, strings
    with `decode`, a function like unquote()."""

    def __init__(self, name: str, form: str, arguments: "list[bytes]", decode) -> None:
        self.name = name
        self.form = form
        self.arguments = arguments
        self.decode = decode

    def given(self, index: int) -> bool:
        """Is there a non-empty argument at this place? (`,,` is "not given", `""` is given.)"""
        return index < len(self.arguments) and self.arguments[index] != b""

    def text(self, index: int) -> bytes:
        """A string argument, unescaped. Raises Failure."""
        if index >= len(self.arguments):
            raise Failure(BAD_ARGUMENT + index)
        value = self.decode(self.arguments[index])
        if value is None:
            raise Failure(BAD_ARGUMENT + index)
        return value

    def name_text(self, index: int) -> str:
        """A string argument that must be UTF-8 (a host name, a network name)."""
        try:
            return self.text(index).decode()
        except UnicodeError:
            raise Failure(BAD_ARGUMENT + index)

    def number(self, index: int, low: int, high: int) -> int:
        """An integer argument within low..high. Raises Failure: with the argument's index when
        it is no number, without a code when it is out of range."""
        raw = self.arguments[index] if index < len(self.arguments) else b""
        digits = raw[1:] if raw[:1] == b"-" else raw
        if not digits.isdigit():
            raise Failure(BAD_ARGUMENT + index)
        value = int(raw)
        if not low <= value <= high:
            raise Failure()
        return value

    def at_most(self, count: int) -> None:
        """Refuse surplus arguments."""
        if len(self.arguments) > count:
            raise Failure(BAD_ARGUMENT + count)


def parse(line: bytes, decode=None) -> Command:
    """A line with its CRLF to a Command; Failure when it does not begin with AT. `decode` makes
    strings of arguments, unquote() where none is given."""
    body = line[:-2]
    if body[:2].upper() != b"AT":
        raise Failure(NO_AT_PREFIX)
    end = len(body)
    for mark in (b"=", b"?"):
        at = body.find(mark)
        if at != -1:
            end = min(end, at)
    name, rest = body[:end].upper(), body[end:]
    try:
        name = name.decode()
    except UnicodeError:
        raise Failure(UNSUPPORTED)
    forms = {b"": EXECUTE, b"?": QUERY, b"=?": TEST}
    if rest in forms:
        return Command(name, forms[rest], [], decode or unquote)
    if rest[:1] == b"?":
        raise Failure(UNSUPPORTED)
    return Command(name, SET, split(rest[1:]), decode or unquote)


def split(text: bytes) -> "list[bytes]":
    """Cut at every comma that has no backslash directly before it."""
    pieces = []
    start = 0
    for index in range(len(text)):
        if text[index] == 0x2C and (index == 0 or text[index - 1] != 0x5C):
            pieces.append(text[start:index])
            start = index + 1
    pieces.append(text[start:])
    if len(pieces) > MAX_ARGUMENTS:
        raise Failure(BAD_ARGUMENT + MAX_ARGUMENTS)
    return pieces


def unquote(raw: bytes) -> "bytes | None":
    """The content of a quoted argument, None when it is not well formed."""
    if len(raw) < 2 or raw[:1] != b'"' or raw[-1:] != b'"':
        return None
    out = bytearray()
    index, end = 1, len(raw) - 1
    while index < end:
        byte = raw[index]
        if byte == 0x22:
            return None
        if byte == 0x5C:
            index += 1
            if index == end:
                return None
            byte = raw[index]
        out.append(byte)
        index += 1
    return bytes(out)
