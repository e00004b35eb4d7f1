"""The in-process UART: byte times, buffers, rates, flow control, its interrupt."""

import pytest
from testbench import Bench

from atsim.clocks import VirtualClock, WallClock
from atsim.inprocess import SimUART
from atsim.wire import received

OK = b"\r\nOK\r\n"


class Line(Bench):
    """A bench module behind a SimUART."""

    def __init__(self, **options) -> None:
        super().__init__()
        self.say(b"ATE0\r\n")
        self.clock = VirtualClock()
        self.uart = SimUART(self.module, self.clock, **options)

    def read(self) -> bytes:
        buffer = bytearray(5000)
        return bytes(buffer[: self.uart.readinto(buffer) or 0])


def test_bytes_take_their_time():
    """AT and CRLF: 4 bytes of 86.8 us, 1000 us of silence, 1500 us of thinking; 6 bytes back."""
    line = Line()
    line.uart.write(b"AT\r\n")
    answer_at = 347 + 1000 + 1500
    line.clock.advance(answer_at + 85)
    assert line.uart.any() == 0
    for count in range(1, 7):
        line.clock.advance(87)
        assert line.uart.any() == count
    assert line.read() == OK


def test_time_may_pass_in_any_steps():
    for step in (1, 7, 100, 1_000, 20_000):
        line = Line()
        line.uart.write(b"AT+CIPMUX?\r\n")
        for _ in range(20_000 // step + 1):
            line.clock.advance(step)
        assert line.read() == b"+CIPMUX:0\r\n" + OK


def test_write_forms_and_the_transmit_buffer():
    line = Line(txbuf=4)
    assert line.uart.write(b"xxAT\r\nxx", 2, 3) == 3
    assert line.uart.write(bytearray(b"\nAT\r\n"), 4) == 1  # room for one
    assert line.uart.write(b"AT\r\n") is None
    assert not line.uart.txdone()
    line.clock.advance(20_000)
    assert line.uart.txdone()
    assert line.read() == OK
    assert line.uart.write(b"") == 0


def test_readinto_forms():
    line = Line()
    buffer = bytearray(8)
    assert line.uart.readinto(buffer) is None
    line.uart.write(b"AT\r\n")
    line.clock.advance(20_000)
    assert line.uart.readinto(buffer, 2) == 2
    assert line.uart.readinto(memoryview(buffer)[2:]) == 4
    assert bytes(buffer) == OK + b"\x00\x00"


def test_overrun_drops_the_newest_bytes_and_counts_them():
    line = Line(rxbuf=16)
    line.uart.write(b"AT+GMR\r\n")
    line.clock.advance(50_000)
    assert line.uart.any() == 16
    version = line.module.firmware.version + OK
    assert line.uart.overruns == len(version) - 16
    assert line.read() == version[:16]


def test_rts_stops_the_module_instead():
    line = Line(rxbuf=16)
    line.module.flow = 3
    line.uart.init(flow=SimUART.RTS | SimUART.CTS)
    line.uart.write(b"AT+GMR\r\n")
    said = b""
    for _ in range(40):
        line.clock.advance(10_000)
        assert line.uart.any() <= 16
        said += line.read()
    assert said == line.module.firmware.version + OK
    assert line.uart.overruns == 0


def test_other_rates_give_garbage_both_ways():
    line = Line()
    line.uart.write(b"AT+UART_CUR=921600,8,1,0,0\r\n")
    line.clock.advance(20_000)
    assert line.read() == OK  # still at the old rate
    line.uart.write(b"AT\r\n")
    line.clock.advance(20_000)
    assert line.read() == b""
    line.uart.init(baudrate=921600)
    line.uart.write(b"\r\n")  # ends the garbage
    line.clock.advance(20_000)
    assert line.read() == b"\r\nERROR\r\n"
    line.uart.write(b"AT\r\n")
    line.clock.advance(20_000)
    assert line.read() == OK
    line.uart.init(baudrate=460800)
    line.module.interpreter.feed(b"AT\r\n")
    line.clock.advance(20_000)
    garbage = line.read()
    assert garbage and garbage != OK


def test_close_rates_understand_each_other():
    text = bytes(range(256))
    assert received(text, 115200, 117000) == text
    assert received(text, 115200, 115201) == text


@pytest.mark.parametrize(
    ("data", "sent_baud", "heard_baud", "result"),
    [
        # 0x00 at half the rate is a low of 18 receiver bits: one zero byte, then high again
        (b"\x00", 9600, 19200, b"\x00"),
        # 0xff: a start bit twice as long, then ones
        (b"\xff", 9600, 19200, b"\xfe"),
        # at twice the rate every second bit of a frame is seen: three zeros, then the line rests
        (b"\x00", 19200, 9600, b"\xf8"),
    ],
)
def test_garbage_is_what_a_receiver_samples(data, sent_baud, heard_baud, result):
    assert received(data, sent_baud, heard_baud) == result


def test_the_idle_interrupt_comes_once_per_burst():
    line = Line()
    calls = []
    line.uart.irq(lambda uart: calls.append((line.clock.now_us(), uart.any())), SimUART.IRQ_RXIDLE)
    line.uart.write(b"AT\r\n")
    line.clock.advance(50_000)
    ((at, count),) = calls
    assert count == 6
    # the last byte's end, and 32 bits of silence
    assert at == pytest.approx(347 + 2500 + 521 + 278, abs=3)
    line.uart.irq(None)
    line.uart.write(b"AT\r\n")
    line.clock.advance(50_000)
    assert len(calls) == 1


def test_other_interrupts_are_refused():
    with pytest.raises(ValueError, match="IRQ_RXIDLE"):
        Line().uart.irq(print, 1)


def test_the_handler_may_use_the_uart():
    line = Line()
    heard = bytearray()

    def handler(uart):
        buffer = bytearray(64)
        heard.extend(buffer[: uart.readinto(buffer)])
        if len(heard) == len(OK):
            uart.write(b"AT+CIPMUX?\r\n")

    line.uart.irq(handler, SimUART.IRQ_RXIDLE)
    line.uart.write(b"AT\r\n")
    line.clock.advance(50_000)
    assert bytes(heard) == OK + b"+CIPMUX:0\r\n" + OK


def test_long_answers_arrive_whole():
    line = Line(rxbuf=8192)
    line.uart.write(b"AT+CMD?\r\n")
    line.clock.advance(1_000_000)
    assert line.read()[:20] == b'+CMD:0,"AT",0,0,0,1\r'
    assert line.uart.overruns == 0


def test_powers_the_module_on():
    bench = Bench()
    bench.module.powered = False
    uart = SimUART(bench.module, clock := VirtualClock())
    clock.advance(2_000_000)
    assert bench.module.powered and uart.any() == len(b"\r\nready\r\n")


def test_on_the_wall_clock():
    bench = Bench()
    uart = SimUART(bench.module, WallClock())
    uart.write(b"AT\r\n")
    while uart.any() < len(b"AT\r\n\r\nOK\r\n"):
        continue
    assert uart.any() == 10
