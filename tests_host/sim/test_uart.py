"""The module's UART: its rate and flow control, and what two ends that heed CTS do."""

from __future__ import annotations

import pytest
from test_simuart import OK, Line
from testbench import SECOND, START, Bench, joined

RTS, CTS = 1, 2


@pytest.mark.parametrize("command", [b"AT+UART_DEF", b"AT+UART"])
def test_what_is_stored_is_in_force_at_once_and_after_a_reset(command):
    bench = Bench()
    bench.say(b"ATE0\r\n")
    assert bench.say(command + b"=9600,8,1,0,3\r\n") == OK
    assert (bench.module.baud, bench.module.flow) == (9600, 3)
    assert bench.say(b"AT+UART_DEF?\r\n") == b"+UART_DEF:9600,8,1,0,3\r\n" + OK
    bench.module.reset()
    bench.wait(2 * SECOND)
    assert (bench.module.baud, bench.module.flow) == (9600, 3)


def test_what_is_not_stored_is_forgotten():
    """As recorded: 115200 with RTS is what ESP-AT 4.1 comes with."""
    bench = Bench()
    bench.say(b"ATE0\r\n")
    assert bench.say(b"AT+UART_CUR?\r\n") == b"+UART_CUR:115201,8,1,0,1\r\n" + OK
    assert bench.say(b"AT+UART_CUR=115200,8,1,0,3\r\n") == OK
    assert bench.say(b"AT+UART_CUR?\r\n") == b"+UART_CUR:115201,8,1,0,3\r\n" + OK
    assert bench.say(b"AT+UART_DEF?\r\n") == b"+UART_DEF:115200,8,1,0,1\r\n" + OK
    bench.module.reset()
    bench.wait(2 * SECOND)
    assert bench.module.flow == 1


def test_the_rate_changes_when_all_that_was_written_has_left():
    bench = Bench().connected()
    bench.peer.queue = bytes(1000)  # 87 ms at 115200 baud
    bench.wait(1000)
    writes = bench.module.feed(b"AT+UART_CUR=921600,8,1,0,0\r\n") + bench.module.advance(80_000)
    assert joined(writes).endswith(OK) and bench.module.baud == 115200
    bench.wait(20_000)
    assert bench.module.baud == 921600


def flowing(flow: int, module_flow: int, wires: int = RTS | CTS) -> Line:
    line = Line(rxbuf=64)
    line.module.flow = module_flow
    line.uart.init(flow=flow)
    line.uart.wires = wires
    return line


def answers(line: Line) -> bool:
    line.uart.write(b"AT\r\n")
    line.clock.advance(50_000)
    return line.read() == OK


@pytest.mark.parametrize("wires", range(4))
@pytest.mark.parametrize("flow", range(4))
@pytest.mark.parametrize("module_flow", range(4))
def test_an_end_that_heeds_its_cts_waits_for_the_other_to_drive_it(flow, module_flow, wires):
    host_may_send = not flow & CTS or module_flow & RTS and wires & CTS
    module_may_send = not module_flow & CTS or flow & RTS and wires & RTS
    expected = bool(host_may_send and module_may_send)
    assert answers(flowing(flow, module_flow, wires)) is expected


def test_what_was_held_back_comes_later():
    line = flowing(RTS | CTS, 0)
    assert not answers(line)
    line.module.flow = CTS | RTS
    line.clock.advance(50_000)
    assert line.read() == OK


def test_init_keeps_what_it_is_not_told():
    line = flowing(CTS, 0)
    line.uart.init(baudrate=115200)
    assert not answers(line)
    line.uart.init(baudrate=115200, flow=0)
    assert answers(line)


def test_the_ok_of_a_module_that_will_heed_cts_still_comes():
    line = Line()
    line.uart.write(b"AT+UART_CUR=115200,8,1,0,2\r\n")
    line.clock.advance(50_000)
    assert line.read() == OK
    assert not answers(line)
    line.uart.init(flow=RTS)
    line.clock.advance(50_000)
    assert line.read() == OK


def test_a_connection_waits_for_rts():
    """Nothing of what the peer sends is lost, however late the host reads it."""
    line = flowing(RTS, CTS)
    for data in (b"AT+CWMODE=1\r\n", b'AT+CWJAP="home","secret"\r\n', START):
        line.uart.write(data)
        line.clock.advance(10 * SECOND)
        line.read()
    line.peer.queue = bytes(range(256)) * 2
    line.clock.advance(5 * SECOND)
    said = b""
    while line.uart.any():
        assert line.uart.any() <= 64
        said += line.read()
        line.clock.advance(50_000)
    assert said == b"\r\n+IPD,512:" + bytes(range(256)) * 2 + b"\r\n"
    assert line.uart.overruns == 0
