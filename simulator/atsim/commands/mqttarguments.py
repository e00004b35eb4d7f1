"""Reading the arguments of AT+MQTT*: what is wrong with one is told by two codes, the parser's
(which argument) and MQTT's (what it should have been). ESP-AT's numbers and names.

Each code stands for "cannot be read"; those that follow it are "empty", "too long" or "wrong",
and most arguments have but some of these.
"""

from atsim.syntax import Failure

CODE = 0x010A6000

NOT_CONFIGURED, WRONG_STATE, ALREADY_CLEAN, NO_LINK = 0x01, 0x02, 0x03, 0x06
ARGUMENT_COUNT = 0x08
PUBLISH_FAILED, SUBSCRIBE_FAILED, UNSUBSCRIBE_FAILED = 0x0C, 0x0D, 0x0E
NO_CA, NO_CERTIFICATE, NO_KEY = 0x21, 0x23, 0x25
IN_DISCONNECTED_STATE, BAD_HOST = 0x51, 0x52

# unreadable, and the one code for a value that will not do
LINK_ID = (0x10, 0x11)
SCHEME = (0x12, 0x13)
CERTIFICATE_ID, CA_ID = (0x1D, 0x1E), (0x1F, 0x20)
KEEPALIVE = (0x2B, 0x2D)
DISABLE_CLEAN = (0x2E, 0x2F)
WILL_QOS, WILL_RETAIN = (0x36, 0x37), (0x38, 0x39)
PORT, RECONNECT = (0x3D, 0x3E), (0x3F, 0x40)
QOS, RETAIN = (0x47, 0x48), (0x49, 0x4A)
LENGTH = (0x4B, 0x4C)
# unreadable, too long
CLIENT_ID, USER, PASSWORD, PATH = (0x14, 0x16), (0x17, 0x19), (0x1A, 0x1C), (0x27, 0x29)
WILL_TOPIC, WILL = (0x30, 0x32), (0x33, 0x35)
HOST, TOPIC, DATA = (0x3A, 0x3C), (0x41, 0x43), (0x44, 0x46)
HOST_EMPTY = 0x3B

UNLIMITED = 1 << 30


def failure(code: int) -> Failure:
    """A Failure with one of MQTT's codes."""
    return Failure(CODE + code)


def number(command, index: int, low: int, high: int, codes: "tuple[int, int]") -> int:
    """An integer within low..high."""
    try:
        return command.number(index, low, high)
    except Failure as problem:
        code = codes[0] if problem.codes else codes[1]
        raise Failure(*(problem.codes + (CODE + code,)))


def octets(command, index: int, codes: "tuple[int, int]", longest: int = UNLIMITED) -> bytes:
    """A quoted string."""
    try:
        value = command.text(index)
    except Failure as problem:
        raise Failure(*(problem.codes + (CODE + codes[0],)))
    if len(value) > longest:
        raise failure(codes[1])
    return value


def text(command, index: int, codes: "tuple[int, int]", longest: int = UNLIMITED) -> str:
    """The same, where it must be UTF-8."""
    try:
        return octets(command, index, codes, longest).decode()
    except UnicodeError:
        raise failure(codes[0])


def link_id(command) -> None:
    """The first argument, which must be 0."""
    number(command, 0, 0, 0, LINK_ID)
