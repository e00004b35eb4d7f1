"""The UART model by its registers, without a processor: data sheet of the RP2040, section 4.2."""

import pytest
from rp2040py.rp2040 import RP2040

from pico import jumper, pl011
from pico.pl011 import CR, DR, FR, IBRD, ICR, IFLS, IMSC, LCR_H, MIS, OE, RIS, RT, RX, TX, Pl011

UART1_IRQ = 21
CTSEN, RTSEN, ENABLED = 0x8000, 0x4000, 0x301
CHAR_NS = 10 * 1e9 / 115384.6  # IBRD 26: 48 MHz / 16 / 26


class Bench:
    """A UART at 115384.6 baud with its FIFOs on, and a clock that the test moves."""

    def __init__(self) -> None:
        self.mcu = RP2040()
        self.interrupt = False
        self.mcu.set_interrupt = self._interrupt  # type: ignore[method-assign]
        self.sent: list[int] = []
        self.stops: list[int] = []  # how much had been sent at each call
        self.uart = Pl011(self.mcu, 1, lambda: self.stops.append(len(self.sent)))
        self.uart.on_tx = self.sent.append
        for register, value in (
            (IBRD, 26),
            (LCR_H, 0x70),
            (IFLS, 0),
            (CR, 0x301),
            (IMSC, RX | TX | RT),
        ):
            self.write(register, value)

    def _interrupt(self, irq: int, value: bool) -> None:
        assert irq == UART1_IRQ
        self.interrupt = value

    def write(self, register: int, value: int) -> None:
        self.uart.write_uint32_atomic(register, value, 0)

    def read(self, register: int) -> int:
        return self.uart.read_uint32(register)

    def chars(self, count: float) -> None:
        """Let so many character times pass, and a bit more."""
        self.mcu.clock.tick(count * CHAR_NS + 1)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_character_takes_its_time_in_both_directions(bench):
    assert bench.uart.char_ns == pytest.approx(CHAR_NS)
    bench.write(DR, 0x41)
    bench.uart.send(b"B")
    bench.chars(0.99)
    assert bench.sent == [] and bench.read(FR) & 0x98 == 0x98  # TXFE, RXFE, BUSY
    bench.chars(0.01)
    assert bench.sent == [0x41] and bench.read(FR) & 0x98 == 0x80
    assert bench.stops == [1]
    assert bench.read(DR) == 0x42


@pytest.mark.parametrize("lcr, bits", [(0x70, 10), (0x10, 7), (0x72, 11), (0x7A, 12), (0x58, 10)])
def test_bits_of_a_character(bench, lcr, bits):
    bench.write(LCR_H, lcr)
    assert bench.uart.char_ns == pytest.approx(bits * CHAR_NS / 10)


def test_receive_interrupt_at_the_trigger_level(bench):
    bench.uart.send(b"1234")
    bench.chars(3)
    assert not bench.interrupt
    bench.chars(1)
    assert bench.interrupt and bench.read(MIS) == RX
    bench.read(DR)
    assert not bench.interrupt and bench.read(RIS) == 0


def test_receive_timeout_after_32_bit_times_of_silence(bench):
    bench.uart.send(b"12")
    bench.chars(2 + 3.1)
    assert not bench.interrupt
    bench.chars(0.1)
    assert bench.read(MIS) == RT
    bench.read(DR)
    assert bench.interrupt
    bench.read(DR)
    assert not bench.interrupt


def test_a_cleared_timeout_comes_again_while_something_is_left(bench):
    bench.uart.send(b"12")
    bench.chars(6)
    bench.write(ICR, RT)
    assert not bench.interrupt
    bench.chars(3.2)
    assert bench.read(MIS) == RT


def test_a_full_fifo_loses_the_newest_and_marks_the_next(bench):
    bench.uart.send(bytes(range(34)))
    bench.chars(34)
    assert bench.uart.overruns == 2 and bench.read(RIS) & OE
    assert [bench.read(DR) for _ in range(32)] == list(range(32))
    bench.uart.send(b"\xaa\xbb")
    bench.chars(2)
    assert [bench.read(DR), bench.read(DR)] == [0x8AA, 0xBB]


def test_transmit_interrupt_when_the_fifo_falls_to_the_level(bench):
    for byte in range(6):
        bench.write(DR, byte)  # one goes on the wire at once, five wait
    assert bench.read(RIS) & TX == 0
    bench.chars(1)
    assert bench.interrupt and bench.read(MIS) == TX
    bench.write(ICR, TX)
    assert not bench.interrupt
    bench.chars(5)
    assert bench.sent == list(range(6)) and not bench.interrupt


def test_a_full_transmit_fifo_says_so_and_drops(bench):
    for byte in range(34):
        bench.write(DR, byte)
    assert bench.read(FR) & 0x20
    bench.chars(40)
    assert bench.sent == list(range(33))


def test_rts_holds_the_far_end_at_the_level(bench):
    bench.write(CR, 0x4301)
    bench.uart.send(bytes(range(10)))
    bench.chars(20)
    assert not bench.uart.rts and bench.uart.overruns == 0
    assert [bench.read(DR) for _ in range(4)] == [0, 1, 2, 3]
    bench.chars(20)
    assert [bench.read(DR) for _ in range(4)] == [4, 5, 6, 7]


def test_what_rts_held_begins_at_once_when_there_is_room(bench):
    bench.write(CR, ENABLED | RTSEN)
    bench.uart.send(bytes(5))
    bench.chars(20)
    assert bench.read(DR) == 0 and bench.uart.rts
    bench.chars(0.99)
    assert not bench.read(RIS) & RX
    bench.chars(0.01)
    assert bench.read(RIS) & RX


def test_a_far_end_without_flow_control_does_not_look_at_rts(bench):
    bench.write(CR, ENABLED | RTSEN)
    bench.uart.heeds_rts = False
    bench.uart.send(bytes(40))
    bench.chars(40)
    assert not bench.uart.rts and bench.uart.overruns == 8


def test_rts_is_told_to_the_far_end_when_it_changes(bench):
    told = []
    bench.uart.on_rts = told.append
    bench.uart.send(bytes(4))
    bench.chars(4)
    assert told == []  # not enabled
    bench.write(CR, ENABLED | RTSEN)
    bench.read(DR)
    bench.uart.reset()
    assert told == [False, True]


def test_cts_holds_the_next_character_not_the_one_under_way(bench):
    bench.write(CR, ENABLED | CTSEN)
    for byte in range(5):
        bench.write(DR, byte)
    bench.chars(1.5)
    assert bench.read(FR) & 1
    bench.uart.cts = False
    bench.chars(20)
    assert bench.sent == [0, 1] and bench.read(FR) & 0x89 == 0x08  # not CTS, not TXFE, BUSY
    bench.uart.cts = True
    bench.chars(0.99)
    assert bench.sent == [0, 1]
    bench.chars(2.01)
    assert bench.sent == [0, 1, 2, 3, 4]


def test_cts_matters_only_while_it_is_enabled(bench):
    bench.uart.cts = False
    bench.write(DR, 1)
    bench.chars(1)
    assert bench.sent == [1]
    bench.write(CR, ENABLED | CTSEN)
    bench.write(DR, 2)
    bench.chars(3)
    assert bench.sent == [1]
    bench.write(CR, ENABLED)
    bench.chars(1)
    assert bench.sent == [1, 2]


def test_a_jumper_carries_a_character_in_one_character_time(bench):
    jumper.join(bench.uart)
    for byte in (0x41, 0x42):
        bench.write(DR, byte)
    bench.chars(0.99)
    assert bench.read(FR) & 0x10
    bench.chars(0.01)
    assert bench.read(DR) == 0x41
    bench.chars(1)
    assert bench.read(DR) == 0x42


def test_across_a_jumper_flow_control_stops_the_uart_s_own_sending(bench):
    jumper.join(bench.uart)
    bench.write(CR, ENABLED | RTSEN | CTSEN)
    for byte in range(20):
        bench.write(DR, byte)
    bench.chars(100)
    heard = []
    while not bench.read(FR) & 0x10:
        heard.append(bench.read(DR))
        bench.chars(2)
    assert heard == list(range(20)) and bench.uart.overruns == 0


def test_without_fifos_there_is_room_for_one(bench):
    bench.write(LCR_H, 0x60)
    bench.uart.send(b"12")
    bench.chars(1)
    assert bench.interrupt and bench.read(FR) & 0x40
    bench.chars(1)
    assert bench.uart.overruns == 1 and bench.read(DR) == 0x31


def test_a_disabled_receiver_hears_nothing(bench):
    bench.write(CR, 0x101)
    bench.uart.send(b"12")
    bench.chars(3)
    assert bench.read(FR) & 0x10 and bench.uart.overruns == 0


def test_reset_forgets_everything_but_the_wire(bench):
    bench.write(DR, 1)
    bench.uart.send(b"12")
    bench.chars(0.5)
    bench.uart.reset()
    bench.chars(3)
    assert bench.sent == [] and not bench.interrupt
    assert (bench.read(IBRD), bench.read(RIS), bench.read(IMSC)) == (0, 0, 0)
    assert bench.read(CR) == 0x300


def test_it_is_a_pl011(bench):
    identity = [bench.read(offset) for offset in range(0xFE0, 0x1000, 4)]
    assert bytes(identity) == bytes.fromhex("11 10 34 00 0d f0 05 b1")
    assert pl011.FIFO_DEPTH == 32
