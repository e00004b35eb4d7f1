"""The module model that speaks MQTT itself."""

import pytest
from bench.model import publish_packet
from bench.native import NativeModule, ideal_publish_ns
from handclock import CHAR_NS, Board, Uart


@pytest.fixture
def board() -> Board:
    return Board()


def plugged(board: Board) -> tuple[Uart, NativeModule]:
    uart = Uart(board)
    return uart, NativeModule(board, uart)  # pyright: ignore[reportArgumentType]


def test_it_connects(board):
    uart, _ = plugged(board)
    uart.write(b'AT+MQTTCONN=0,"broker",1883,0\r\n')
    board.run()
    assert uart.said == b'+MQTTCONNECTED:0,1,"broker","1883","",0\r\n\r\nOK\r\n'


@pytest.mark.parametrize("size", [16, 512, 2000])
def test_messages_come_counted_and_back_to_back(board, size):
    uart, module = plugged(board)
    uart.write(b"AT+CIPRECVMODE=1\r\n")
    board.run()
    began, _ = uart.heard.pop()
    payload = bytes(index & 0xFF for index in range(size))
    module.deliver([publish_packet(payload)] * 3)
    board.run()
    assert uart.said == b'+MQTTSUBRECV:0,"bench/topic",%d,%s\r\n' % (size, payload) * 3
    took = uart.heard[-1][0] - began
    assert took == pytest.approx(len(uart.said) * CHAR_NS, abs=10 * CHAR_NS)
    assert module.ideal_ns == pytest.approx(len(uart.said) * CHAR_NS)


def test_a_host_that_loses_no_time_publishes_in_the_ideal_time(board):
    uart, module = plugged(board)
    uart.write(b'AT+MQTTPUB=0,"bench/topic","%s",0,0\r\n' % (b"p" * 64))
    board.run()
    assert uart.said == b"\r\nOK\r\n"
    assert uart.heard[-1][0] == pytest.approx(ideal_publish_ns(b"p" * 64, CHAR_NS))
    (sending,) = module.sendings
    assert sending.began == 0 and sending.sent == uart.heard[-1][0]


def test_so_it_does_after_a_prompt(board):
    uart, module = plugged(board)
    uart.write(b'AT+MQTTPUBRAW=0,"bench/topic",512,0,0\r\n')
    board.run()
    board.now_ns = uart.heard[-1][0]  # `>` is here
    uart.write(b"p" * 512)
    board.run()
    assert uart.said == b"\r\nOK\r\n\r\n>+MQTTPUB:OK\r\n"
    assert uart.heard[-1][0] == pytest.approx(ideal_publish_ns(b"p" * 512, CHAR_NS))
    assert module.sendings[0].sent == uart.heard[-1][0]


def test_what_is_not_mqtt_is_answered_as_before(board):
    uart, _ = plugged(board)
    uart.write(b"AT+CIPRECVMODE=1\r\n")
    board.run()
    assert uart.said == b"\r\nOK\r\n"
