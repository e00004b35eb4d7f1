"""The near end of test_uart.py: exercises `open_uart(sys.argv[1])` on either interpreter.

Reports each step on standard output; fails by an AssertionError or OSError.
"""

import sys
import time

sys.path.insert(0, __file__.rpartition("/")[0] + "/..")

import port  # noqa: E402 - needs the path above

port.install()

from plain import raises  # noqa: E402
from port.uart import open_uart  # noqa: E402 - needs install()

LIMIT_MS = 10000


def patiently(uart, ready, *args):
    """Poll until `ready(*args)` returns something; give up after LIMIT_MS."""
    start = time.ticks_ms()
    while time.ticks_diff(time.ticks_ms(), start) < LIMIT_MS:
        result = ready(*args)
        if result:
            return result
        time.sleep_ms(1)
    raise AssertionError("nothing for %d ms; any() is %d" % (LIMIT_MS, uart.any()))


def send(uart, data):
    """Write everything, however short the single writes are."""
    off = 0
    while off < len(data):
        off += patiently(uart, uart.write, data, off, len(data) - off)


def receive(uart, total, piece):
    """Read `total` bytes, at most `piece` at a time."""
    buf = bytearray(piece)
    data = b""
    while len(data) < total:
        data += bytes(buf[: patiently(uart, uart.readinto, buf)])
    return data


def keep_calling(call, *args):
    """Call it for a while: the news of a closed line may take its time."""
    for _ in range(LIMIT_MS):
        call(*args)
        time.sleep_ms(1)


def conventions(uart):
    """The argument forms and results of machine.UART."""
    buf = bytearray(b"........")
    assert uart.any() == 0
    assert uart.readinto(buf) is None
    assert uart.write(b"..hello..", 2, 5) == 5
    assert uart.write(b" world...", 6) == 6
    assert uart.write(b"!") == 1
    patiently(uart, lambda: uart.any() == 7)
    assert uart.readinto(buf, 3) == 3
    assert bytes(buf) == b"123....."
    assert uart.any() == 4
    send(uart, b"?")  # more comes while these four wait
    patiently(uart, lambda: uart.any() == 6)
    assert uart.readinto(buf) == 6
    assert bytes(buf) == b"456789.."
    assert uart.readinto(buf) is None


def echo(uart):
    """More than the read-ahead holds, every byte value, in odd pieces."""
    data = bytes(range(256)) * 40
    for start in range(0, len(data), 1024):  # a terminal holds less than 4096 unread bytes
        part = data[start : start + 1024]
        send(uart, part)
        assert receive(uart, len(part), 77) == part


def flood(uart):
    """Write until the line takes no more; returns how much it took."""
    total = 0
    chunk = bytes(10000)
    while True:
        n = uart.write(chunk)
        if n is None:
            return total
        total += n


def farewell(uart):
    """What came before the end is still read; then every call says so."""
    send(uart, b"bye")
    patiently(uart, lambda: uart.any() == 10)
    send(uart, b"now")
    time.sleep_ms(100)
    for _ in range(5):
        assert uart.any() == 10
    assert receive(uart, 10, 10) == b"last words"
    for call, *args in ((uart.any,), (uart.readinto, bytearray(1)), (uart.write, b"x")):
        raises(OSError, "the other end is gone", keep_calling, call, *args)


def main():
    """All steps, in the order that test_uart.py expects."""
    uart = open_uart(sys.argv[1], 9600)
    print("open", uart.baudrate, uart.flow)
    conventions(uart)
    print("conventions")
    echo(uart)
    uart.init(baudrate=921600, flow=3)
    print("line", uart.baudrate, uart.flow)
    send(uart, b"speed")
    assert receive(uart, 2, 2) == b"ok"
    uart.init(flow=0)
    print("flood", flood(uart))
    farewell(uart)
    uart.deinit()
    print("closed")


main()
