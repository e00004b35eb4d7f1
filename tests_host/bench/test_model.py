"""The module model answers when it should, and knows what time that takes."""

import pytest
from bench.model import Module, ideal_publish_ns, publish_packet
from handclock import CHAR_NS, Board, Uart


@pytest.fixture
def board() -> Board:
    return Board()


def plugged(board: Board, passive: bool = True) -> tuple[Uart, Module]:
    uart = Uart(board)
    return uart, Module(board, uart, passive=passive)  # pyright: ignore[reportArgumentType]


def test_a_result_comes_one_ms_after_the_command(board):
    uart, _ = plugged(board)
    uart.write(b"ATE0\r\n")
    board.run()
    assert uart.heard == [(pytest.approx(12 * CHAR_NS + 1e6), b"\r\nOK\r\n")]


def test_a_host_that_loses_no_time_publishes_in_the_ideal_time(board):
    uart, module = plugged(board)
    packet = publish_packet(b"p" * 64)
    uart.write(b"AT+CIPSEND=%d\r\n" % len(packet))
    board.run()
    board.now_ns = uart.heard[-1][0]  # `>` is here
    uart.write(packet)
    board.run()
    assert uart.said.endswith(b"\r\nSEND OK\r\n")
    assert uart.heard[-1][0] == pytest.approx(ideal_publish_ns(b"p" * 64, CHAR_NS))
    (sending,) = module.sendings
    assert sending.sent == pytest.approx(uart.heard[-1][0])
    assert sending.prompt - sending.command == pytest.approx(1e6 + 9 * CHAR_NS)
    recv_and_ok = len(b"\r\nRecv 79 bytes\r\n\r\nSEND OK\r\n") * CHAR_NS
    assert sending.sent - sending.data == pytest.approx(0.5e6 + recv_and_ok)


def test_recv_is_waited_for_where_it_takes_longer_than_send_ok(board):
    quick = 10e9 / 2_000_000
    slow = ideal_publish_ns(b"", CHAR_NS) - ideal_publish_ns(b"", quick)
    n = len(publish_packet(b""))
    bytes_on_the_wire = len(b"AT+CIPSEND=%d\r\n\r\nOK\r\n\r\n>\r\nSEND OK\r\n" % n) + n
    recv = len(b"\r\nRecv %d bytes\r\n" % n) * CHAR_NS + 0.5e6 - 1e6
    assert slow == pytest.approx(bytes_on_the_wire * (CHAR_NS - quick) + recv)


def test_messages_come_back_to_back(board):
    uart, module = plugged(board, passive=False)
    module.deliver([publish_packet(b"p" * 16)] * 5)
    board.run()
    assert uart.said.count(b"+IPD,31:") == 5
    assert uart.heard[-1][0] == pytest.approx(len(uart.said) * CHAR_NS)
    assert module.ideal_ns == pytest.approx(uart.heard[-1][0])


def test_what_is_kept_is_told_once_and_fetched(board):
    uart, module = plugged(board)
    uart.write(b"AT+CIPRECVMODE=1\r\n")
    board.run()
    uart.heard.clear()
    module.deliver([publish_packet(b"p" * 16)])
    module.deliver([publish_packet(b"q" * 16)])
    assert uart.said == b"\r\n+IPD,31\r\n"
    uart.write(b"AT+CIPRECVDATA=40\r\n")
    board.run()
    both = publish_packet(b"p" * 16) + publish_packet(b"q" * 16)
    assert uart.said[11:] == b"+CIPRECVDATA:40,%s\r\nOK\r\n\r\n+IPD,22\r\n" % both[:40]
    notice, command, answer = 11, 19, len(b"+CIPRECVDATA:40,\r\nOK\r\n") + 40
    assert module.ideal_ns == pytest.approx((notice + command + answer) * CHAR_NS + 1e6)


def test_a_module_that_cannot_keep_says_so(board):
    uart, _ = plugged(board, passive=False)
    uart.write(b"AT+CIPRECVMODE=1\r\n")
    board.run()
    assert uart.said == b"\r\nERROR\r\n"


def test_nothing_comes_after_hanging_up(board):
    uart, module = plugged(board, passive=False)
    module.deliver([publish_packet(b"p" * 512)] * 5)
    module.hang_up()
    board.run()
    assert uart.said.count(b"+IPD") == 1
