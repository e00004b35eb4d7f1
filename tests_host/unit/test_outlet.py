"""Bytes to the UART: in full and in order, however it takes them."""

from errno import EIO, ETIMEDOUT

from scripted import OK, PROMPT, FakeTime, ScriptedUART, scripted

from atmqtt.outlet import Outlet
from plain import raises


def test_short_writes_go_on_where_they_stopped():
    for takes in (
        [1] * 20,
        [3, None, 2, 0, 100],
        [None, None, 1],
        [OSError(ETIMEDOUT, "full"), 4, OSError(ETIMEDOUT, "full"), 5],
        [0, 0, 11, 1],
    ):
        uart = ScriptedUART()
        uart.takes = list(takes)
        outlet = Outlet(uart)
        outlet.write(b"hello ")
        outlet.write(b"")
        outlet.write(bytearray(b"wor"))
        outlet.write(memoryview(b"ld!"))
        for _ in takes:
            outlet.flush()
        assert uart.written == b"hello world!", takes
        assert not outlet.pending


def test_nothing_is_written_twice_after_all_is_gone():
    uart = ScriptedUART()
    outlet = Outlet(uart)
    outlet.write(b"abc")
    outlet.flush()
    assert uart.written == b"abc"


def test_other_errors_are_raised():
    uart = ScriptedUART()
    uart.takes = [OSError(EIO, "gone")]
    error = raises(OSError, "", Outlet(uart).write, b"abc")
    assert error.errno == EIO


def test_cleared_bytes_never_leave():
    uart = ScriptedUART()
    outlet = Outlet(uart)
    uart.takes = [2]
    outlet.write(b"abcdef")
    outlet.clear()
    outlet.write(b"xyz")
    assert uart.written == b"abxyz"


class Unbuffered:
    """A UART whose write() returns when all it was given has gone: 11 bytes in each ms."""

    def __init__(self, time):
        self._time = time
        self.written = b""

    def write(self, buf, off, n):
        self.written += bytes(buf[off : off + n])
        self._time.advance(n // 11)
        return n


def test_a_uart_without_a_transmit_buffer_does_not_hold_up_everything():
    with FakeTime() as time:
        outlet = Outlet(Unbuffered(time))
        data = bytes(range(256)) * 4
        before = time.now
        outlet.write(data)
        assert time.now - before <= 4
        while outlet.pending:
            before = time.now
            outlet.flush()
            assert time.now - before <= 4
        assert outlet.uart.written == data
        assert time.now > 60


@scripted
def test_no_command_before_the_last_one_has_left(at):
    at.uart.takes = [1] * 10
    at.submit(b"AT+GMR")
    assert at.sent() == b"A"
    at.says(OK)  # of something else: the module has heard half a command
    at.submit(b"AT")
    at.later(100)
    assert at.sent() == b"T+GMR\r\nAT\r\n"


@scripted
def test_data_through_a_slow_uart(at):
    at.submit(b"AT+CIPSEND=5000", [b"abcd" * 1250])
    at.uart.takes = [16, None] * 400
    at.says(PROMPT)
    at.later(8000)
    assert at.sent() == b"AT+CIPSEND=5000\r\n" + b"abcd" * 1250
