"""The emulated Pico with stock MicroPython. Every time here is simulated: none depends on the
host, so the figures are exact and the same everywhere.
"""

import json

import pytest

from pico import flash, jumper
from pico.board import Board

OPEN = """
import time
from machine import UART, Pin
def uart(baud, **more):
    settings = dict(txbuf=1024, rxbuf=1024, timeout=0, timeout_char=0, flow=0)
    settings.update(more)
    return UART(1, baud, tx=Pin(4), rx=Pin(5), **settings)
"""


@pytest.fixture
def board(uf2) -> Board:
    return Board(uf2)


def run(board: Board, source: str, limit_s: float = 10):
    """Execute a script that prints one JSON value; return the value."""
    output, error = board.exec(OPEN + source, limit_s)
    assert error == ""
    return json.loads(output)


def test_boots_and_executes(board):
    output, error = board.exec("import sys; print(sys.implementation[1], sys.platform)")
    assert (output, error) == ("(1, 25, 0, '') rp2\n", "")


def test_an_exception_is_reported_and_the_board_lives_on(board):
    output, error = board.exec("print('before'); 1/0")
    assert output == "before\n"
    assert error.splitlines()[-1] == "ZeroDivisionError: divide by zero"
    assert board.exec("print(2)") == ("2\n", "")


def test_an_endless_script_ends_at_the_limit(board):
    before = board.now_ns
    with pytest.raises(TimeoutError, match="so far: b'OK1"):
        board.exec("import time\nprint(1)\nwhile True: time.sleep(1)", limit_s=2)
    assert board.now_ns - before < 2.2e9
    assert board.exec("print(2)") == ("2\n", "")  # exec interrupts what is running


def test_time_is_simulated_and_sleep_is_exact(board):
    assert run(
        board,
        """
t = time.ticks_us(); time.sleep_ms(60_000); print(time.ticks_diff(time.ticks_us(), t))
""",
        limit_s=100,
    ) == pytest.approx(60e6, rel=1e-5)


def test_a_processor_that_sleeps_is_not_busy(board):
    board.exec("import time")
    start, busy = board.now_ns, board.processor.busy_ns
    board.exec("time.sleep(1)")
    slept = board.processor.busy_ns - busy
    assert slept < 0.05 * (board.now_ns - start)
    start, busy = board.now_ns, board.processor.busy_ns
    # divisions too: their cycles are those of the instructions around them
    board.exec(
        "n = 12345\nt = time.ticks_ms()\nwhile time.ticks_diff(time.ticks_ms(), t) < 500: n // 7"
    )
    took = board.now_ns - start
    assert took > 0.5e9
    assert board.processor.busy_ns - busy == pytest.approx(took, rel=0.01)


def test_the_memory_can_be_looked_at(board):
    output, _ = board.exec(
        "import uctypes; data = bytearray(b'look here'); print(uctypes.addressof(data))"
    )
    address = int(output)
    assert board.processor.memory(address, 9) == b"look here"
    assert board.processor.words(range(address, address + 8, 4)) == [0x6B6F6F6C, 0x72656820]
    assert board.processor.registers[13] >> 16 == 0x2004  # the stack pointer


def test_edges_of_a_pin_are_told(board):
    edges = []
    board.on_pin(2, lambda high: edges.append((high, board.now_ns)))
    board.exec("from machine import Pin; import time; p = Pin(2, Pin.OUT, value=0)")
    edges.clear()
    board.exec("p(1); time.sleep_ms(3); p(0); p(0)")
    assert [high for high, _ in edges] == [True, False]
    assert edges[1][1] - edges[0][1] == pytest.approx(3e6, rel=0.1)


def test_run_ends_at_its_limit_and_alarms_come_in_time(board):
    seen = []
    board.after_ns(3e6, lambda: seen.append(board.now_ns))
    board.after_ns(1e6, lambda: seen.append(board.now_ns))
    call_off = board.after_ns(2e6, lambda: seen.append(-1))
    call_off()
    assert board.run(lambda: len(seen) == 2, sim_s=1)
    assert seen == [1e6, 3e6]
    assert not board.run(sim_s=0.5)
    assert board.now_ns == pytest.approx(0.503e9, abs=1000)


def test_a_failing_callback_fails_the_run(board):
    board.after_ns(1e6, lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        board.run(sim_s=1)


@pytest.mark.parametrize("baud", [115200, 921600])
def test_loop_back_takes_the_time_of_the_wire(board, baud):
    """65 characters out and back: each way one character time each, one apart."""
    board.uart[1].on_tx = lambda byte: board.uart[1].send(bytes((byte,)))
    took, echo = run(
        board,
        f"""
u = uart({baud}); data = bytes(range(65)); t = time.ticks_us(); u.write(data)
while not u.txdone(): pass
took = time.ticks_diff(time.ticks_us(), t); time.sleep_ms(5)
print([took, list(u.read(u.any()))])
""",
    )
    wire_us = 65 * 10 * 1e6 / baud
    assert wire_us < took < wire_us + 300  # what the processor needs to fill and to notice
    assert echo == list(range(65))
    assert board.uart[1].baud == pytest.approx(baud, rel=0.002)


def test_rxidle_is_called_once_for_each_burst(board):
    uart = board.uart[1]
    for number, length in enumerate((4, 256, 1)):
        board.after_ns((200 + 100 * number) * 1e6, lambda length=length: uart.send(bytes(length)))
    assert run(
        board,
        """
u = uart(115200); calls = []
u.irq(lambda u: calls.append([u.irq().flags(), u.any()]), UART.IRQ_RXIDLE)
time.sleep_ms(600); print([calls, UART.IRQ_RXIDLE])
""",
    ) == [[[64, 4], [64, 260], [64, 261]], 64]


def test_unread_bytes_beyond_ring_and_fifo_are_lost_and_counted(board):
    board.after_ns(200e6, lambda: board.uart[1].send(bytes(2048)))
    arrived = run(
        board,
        """
u = uart(115200); time.sleep_ms(500); n = 0
while u.any(): n += len(u.read(u.any()))
print(n)
""",
    )
    assert (arrived, board.uart[1].overruns) == (1024 + 32, 2048 - 1024 - 32)


def test_rts_prevents_the_loss(board):
    data = bytes(index & 0xFF for index in range(4000))
    board.after_ns(200e6, lambda: board.uart[1].send(data))
    arrived, total = run(
        board,
        """
u = uart(115200, rxbuf=512, flow=UART.RTS, rts=Pin(7)); n = s = 0
time.sleep_ms(300)
for _ in range(200):
    k = min(u.any(), 100)
    if k:
        b = u.read(k); n += len(b); s += sum(b)
    time.sleep_ms(10)
print([n, s])
""",
    )
    assert (arrived, total, board.uart[1].overruns) == (4000, sum(data), 0)


def test_cts_holds_what_the_board_sends(board):
    sent = []
    board.uart[1].on_tx = lambda byte: sent.append(board.now_ns)
    board.uart[1].cts = False
    board.after_ns(300e6, lambda: setattr(board.uart[1], "cts", True))
    taken, done = run(
        board,
        """
u = uart(115200, flow=UART.CTS, cts=Pin(6)); taken = u.write(bytes(200)); time.sleep_ms(400)
print([taken, int(u.txdone())])
""",
    )
    assert (taken, done, len(sent)) == (200, 1, 200)
    assert sent[0] == pytest.approx(300e6 + board.uart[1].char_ns, abs=1000)


def test_a_board_that_sends_to_itself_with_flow_control_loses_nothing(board):
    jumper.join(board.uart[0])
    data = bytes(index * 7 & 0xFF for index in range(2000))
    sent, came = run(
        board,
        """
u = UART(0, 921600, tx=Pin(0), rx=Pin(1), cts=Pin(2), rts=Pin(3), rxbuf=256, txbuf=2048,
         flow=UART.RTS | UART.CTS)
u.write(bytes(index * 7 & 0xFF for index in range(2000))); time.sleep_ms(50)
sent = int(u.txdone()); came = b""
while u.any():
    came += u.read(u.any()); time.sleep_ms(1)
print([sent, list(came)])
""",
    )
    assert (sent, bytes(came), board.uart[0].overruns) == (0, data, 0)


def test_files_are_there_and_changes_can_be_taken_out(uf2):
    image = flash.image({"lib/greeting.py": b"text = 'hello'\n", "old.txt": b"x" * 9000})
    board = Board(uf2, image)
    output, error = board.exec(
        "import greeting, os; print(greeting.text, os.stat('old.txt')[6])\n"
        "os.remove('old.txt')\nwith open('new.txt', 'w') as f: f.write('new')"
    )
    assert (output, error) == ("hello 9000\n", "")
    assert flash.files(board.flash_image()) == {
        "lib/greeting.py": b"text = 'hello'\n",
        "new.txt": b"new",
    }


def test_flash_survives_a_reset_and_memory_does_not(uf2):
    board = Board(uf2, flash.image({"a.py": b"value = 1\n"}))
    board.exec("x = 1")
    with pytest.raises(TimeoutError):
        board.exec("import machine; machine.reset()", limit_s=0.5)
    assert board.exec("import a; print(a.value, 'x' in globals())") == ("1 False\n", "")


def test_a_flash_image_that_is_too_long_is_refused(uf2):
    with pytest.raises(ValueError, match="at most 1441792 fit"):
        Board(uf2, bytes(flash.END - flash.START + 1))


def test_tree_takes_a_folder_of_the_host(tmp_path):
    (tmp_path / "a/__pycache__").mkdir(parents=True)
    (tmp_path / "a/__pycache__/b.pyc").touch()
    (tmp_path / "a/b.py").write_bytes(b"1")
    assert flash.tree(tmp_path, "/lib/") == {"lib/a/b.py": b"1"}
    assert flash.tree(tmp_path) == {"a/b.py": b"1"}


def test_two_runs_are_equal_to_the_nanosecond(uf2):
    def one() -> tuple:
        board = Board(uf2)
        trace = []

        def answer(byte: int) -> None:
            trace.append((board.now_ns, byte))
            board.after_ns(100_000, lambda: board.uart[1].send(bytes((byte ^ 1,))))

        board.uart[1].on_tx = answer
        output = board.exec(
            OPEN
            + """
import asyncio
u = uart(460800)
async def main():
    r = asyncio.StreamReader(u)
    for n in range(20):
        t = time.ticks_us(); u.write(b'%dx' % n)
        print(await r.readexactly(1), time.ticks_us() - t)
asyncio.run(main())
"""
        )
        return output, trace, board.now_ns

    first = one()
    assert first[0][1] == "" and len(first[1]) == 50
    assert one() == first
