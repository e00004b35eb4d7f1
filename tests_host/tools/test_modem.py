"""The coupling of a UART and a simulated module: all in simulated time."""

import json

import pytest

from atsim.memorynet import MemoryNet
from atsim.module import Module
from pico.board import Board
from pico.modem import Modem

SCRIPT = """
import time
from machine import UART, Pin
u = UART(1, 115200, tx=Pin(4), rx=Pin(5), rxbuf=1024, timeout=0, timeout_char=0, flow=0)
def line(wait_ms=1000):
    end = time.ticks_add(time.ticks_ms(), wait_ms); s = b''
    while not s.endswith(b'\\n') and time.ticks_diff(end, time.ticks_ms()) > 0:
        if u.any(): s += u.read(u.any())
    return s
"""


class Echo:
    """A module that repeats each line after a delay and ticks on its own once a second."""

    DELAY_US = 20_000

    def __init__(self, baud: int = 115200) -> None:
        self.baud = baud
        self.flow = 0
        self.now = 0
        self.log: list[tuple[int, bytes]] = []
        self._line = b""
        self._agenda: list[tuple[int, bytes]] = []

    def power_on(self):
        self._agenda = [(self.now + 1_000_000 * n, b"tick\n") for n in (1, 2, 3)]
        return [(0, b"boot\n")]

    def feed(self, data):
        self.log.append((self.now, data))
        self._line += data
        if data == b"\n":
            self._agenda.append((self.now + self.DELAY_US, self._line))
            self._line = b""
        return []

    def advance(self, us):
        end = self.now + us
        due = sorted(item for item in self._agenda if item[0] <= end)
        self._agenda = [item for item in self._agenda if item[0] > end]
        writes = [(moment - self.now, data) for moment, data in due]
        self.now = end
        return writes

    def due(self):
        return min((moment for moment, _ in self._agenda), default=self.now) - self.now or None


@pytest.fixture
def board(uf2) -> Board:
    return Board(uf2)


def run(board: Board, source: str):
    output, error = board.exec(SCRIPT + source, 20)
    assert error == ""
    return json.loads(output)


def test_an_answer_takes_the_wire_s_and_the_module_s_time(board):
    modem = Modem(board, board.uart[1], Echo())
    modem.power_on()
    took, answer = run(
        board,
        """
time.sleep_ms(20); u.read(u.any()); t = time.ticks_us(); u.write(b'hello\\n'); s = line()
print('[%d, "%s"]' % (time.ticks_diff(time.ticks_us(), t), s.decode().strip()))
""",
    )
    wire_us = 2 * 6 * 10 * 1e6 / 115200
    assert answer == "hello"
    assert 20_000 + wire_us < took < 20_000 + wire_us + 600


def test_bytes_reach_the_module_one_character_apart(board):
    echo = Echo()
    Modem(board, board.uart[1], echo).power_on()
    run(board, "u.write(b'abc\\n'); line(); print(0)")
    assert b"".join(data for _, data in echo.log) == b"abc\n"
    moments = [moment for moment, _ in echo.log]
    gaps = [after - before for before, after in zip(moments, moments[1:], strict=False)]
    assert all(gap == pytest.approx(86.8, abs=1.1) for gap in gaps)


def test_the_module_acts_by_itself_in_time(board):
    board.run(sim_s=0.123)  # the module is switched on later than the board
    Modem(board, board.uart[1], Echo()).power_on()
    heard, moments = run(
        board,
        """
heard = b''; moments = []
while len(moments) < 3:
    time.sleep_ms(1)
    if u.any():
        time.sleep_ms(1); heard += u.read(u.any()); moments.append(time.ticks_ms())
print('["%s", %r]' % (heard.decode().replace('\\n', ' '), moments))
""",
    )
    assert heard == "tick tick tick "  # it booted before the script opened the UART
    assert [moment - moments[0] for moment in moments[1:]] == pytest.approx([1000, 2000], abs=2)


def test_at_different_rates_both_hear_noise(board):
    echo = Echo(baud=9600)
    Modem(board, board.uart[1], echo).power_on()
    heard = run(board, "u.write(b'AT\\n'); time.sleep_ms(1100); print(list(u.read(u.any())))")
    assert bytes(data[0] for _, data in echo.log) not in (b"", b"AT\n")
    assert len(heard) == len("tick\n") and bytes(heard) != b"tick\n"


@pytest.mark.parametrize("flow, arrived", [(0, 256 + 32), (1, 256 + 32), (2, 600)])
def test_the_board_s_rts_stops_a_module_that_heeds_it(board, flow, arrived):
    echo = Echo()
    echo.flow = flow
    Modem(board, board.uart[1], echo).power_on()
    assert (
        run(
            board,
            """
u = UART(1, 115200, tx=Pin(4), rx=Pin(5), rts=Pin(7), flow=UART.RTS, rxbuf=256, txbuf=1024)
u.write(b'x' * 599 + b'\\n'); time.sleep_ms(250); n = 0
while u.any():
    n += len(u.read(u.any())); time.sleep_ms(5)
print(n)
""",
        )
        == arrived
    )


def test_the_simulated_module_boots_and_answers(board):
    module = Module(MemoryNet(), "esp-at")
    Modem(board, board.uart[1], module).power_on()
    sent = []
    listen = board.uart[1].on_tx
    board.uart[1].on_tx = lambda byte: (sent.append(byte), listen(byte))[1]
    ready, answer = run(
        board,
        """
heard = b''
while not heard.endswith(b'ready\\r\\n'):
    time.sleep_ms(5)
    if u.any(): heard += u.read(u.any())
u.write(b'AT\\r\\n'); time.sleep_ms(100)
print('[%d, %r]' % (time.ticks_ms(), list(u.read(u.any()))))
""",
    )
    assert bytes(answer) == b"AT\r\n\r\nOK\r\n" and bytes(sent) == b"AT\r\n"
    assert ready > 100  # milliseconds: it takes its time to boot
    assert module.now == pytest.approx(board.now_ns / 1000, abs=1e6)


class Mailbox(Echo):
    """A module to which something can happen from outside, which `due()` does not foresee."""

    def __init__(self) -> None:
        super().__init__()
        self.mail = b""

    def advance(self, us):
        writes = super().advance(us)
        if self.mail:
            writes.append((us, self.mail))
            self.mail = b""
        return writes


def test_a_woken_module_notices_what_it_could_not_foresee(board):
    mailbox = Mailbox()
    modem = Modem(board, board.uart[1], mailbox)
    board.run(sim_s=0.1)

    def deliver() -> None:
        mailbox.mail = b"you have mail\n"
        modem.wake()

    board.after_ns(400e6, deliver)
    assert (
        run(
            board,
            """
time.sleep_ms(600); print('"%s"' % u.read(u.any()).decode().strip())
""",
        )
        == "you have mail"
    )
    assert 500_000 <= mailbox.now < 501_000


class Impatient(Echo):
    """A module that always has something to do at once."""

    def due(self):
        return 0


def test_time_passes_even_for_an_impatient_module(board):
    module = Impatient()
    Modem(board, board.uart[1], module).power_on()
    board.run(sim_s=0.001)
    assert module.now == pytest.approx(1000, abs=2)
