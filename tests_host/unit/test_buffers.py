"""A caller that has been told of the end may reuse its buffer: what is sent does not change."""

from atmqtt.errors import MQTTError
from plain import raises
from rig.overlink import Conversation
from rig.scripted import Desk

LONG = bytes(range(256)) * 33  # 8448 bytes: two sends of at most 8192
HEAD = b"\x30\x83\x42\0\x01t"
WHOLE = HEAD + LONG


def give_up(task, desk, cancelled):
    """The publish ends by cancellation, or by its deadline."""
    if cancelled:
        task.cancel()
    else:
        desk.wait(600)
        raises(MQTTError, "no answer in time", task.result)


def publishing(desk, buffer, cancelled, qos=0):
    talk = Conversation(desk).connect()
    return talk.publish(buffer, qos, deadline_ms=None if cancelled else 500)


def test_before_the_prompt():
    for cancelled in (True, False):
        with Desk() as desk:
            buffer = bytearray(b"payload")
            task = publishing(desk, buffer, cancelled)
            desk.hears(b"AT+CIPSEND=12\r\n")
            give_up(task, desk, cancelled)
            buffer[:] = b"#######"
            desk.says(b"\r\nOK\r\n\r\n>")
            desk.hears(b"\x30\x0a\0\x01tpayload")


def test_while_the_uart_takes_it_bit_by_bit():
    for cancelled in (True, False):
        with Desk() as desk:
            buffer = bytearray(b"payload")
            task = publishing(desk, buffer, cancelled)
            desk.hears(b"AT+CIPSEND=12\r\n")
            desk.uart.room = 7
            desk.says(b"\r\nOK\r\n\r\n>")
            desk.hears(b"\x30\x0a\0\x01tpa")
            give_up(task, desk, cancelled)
            buffer[:] = b"#######"
            desk.uart.room = 1 << 20
            desk.turn()
            desk.hears(b"yload")


def test_while_the_acknowledgement_is_awaited():
    for qos, first in ((1, b"\x32"), (2, b"\x34")):
        for cancelled in (True, False):
            with Desk() as desk:
                buffer = bytearray(b"payload")
                task = publishing(desk, buffer, cancelled, qos)
                desk.hears(b"AT+CIPSEND=14\r\n")
                desk.uart.room = 7
                desk.says(b"\r\nOK\r\n\r\n>")
                desk.hears(first + b"\x0c\0\x01t\0\x01")
                give_up(task, desk, cancelled)
                buffer[:] = b"#######"
                desk.uart.room = 1 << 20
                desk.turn()
                desk.hears(b"payload")


def test_in_all_pieces_of_a_long_one():
    for cancelled in (True, False):
        with Desk() as desk:
            buffer = bytearray(LONG)
            task = publishing(desk, buffer, cancelled)
            give_up(task, desk, cancelled)
            for i in range(len(buffer)):
                buffer[i] = 0x23
            desk.takes(WHOLE[:8192])
            desk.takes(WHOLE[8192:])
            desk.hears(b"")


def test_in_the_last_piece_of_a_long_one():
    for cancelled in (True, False):
        with Desk() as desk:
            buffer = bytearray(LONG)
            task = publishing(desk, buffer, cancelled)
            desk.takes(WHOLE[:8192])
            give_up(task, desk, cancelled)
            for i in range(len(buffer)):
                buffer[i] = 0x23
            desk.takes(WHOLE[8192:])
            desk.hears(b"")
