"""Connecting again while the module still closes the connection before."""

from atmqtt.errors import ATError, MQTTError
from plain import raises
from rig.overlink import START, User, opened, opening
from rig.scripted import Desk

CLOSE = b"AT+CIPCLOSE\r\n"
OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"


def test_the_end_of_the_connection_before_is_not_that_of_the_new_one():
    for answer in (b"CLOSED\r\n" + OK, b"CLOSED\r\n" + ERROR):  # the peer may have been faster
        with Desk() as desk:
            opened(desk)
            desk.link.drop(MQTTError("enough"))
            user = User()
            task = opening(desk, user)
            desk.hears(CLOSE)
            desk.says(answer)
            desk.hears(START)
            desk.says(b"CONNECT\r\n" + OK)
            task.result()
            desk.brings(b"data")
            assert (user.data, user.lost) == (b"data", [])


def test_a_peer_that_hangs_up_at_once_is_told():
    with Desk() as desk:
        task = opening(desk, User())
        desk.hears(START)
        desk.says(b"CONNECT\r\n" + b"CLOSED\r\n" + OK)
        raises(ATError, "connection closed at once", task.result)
        opened(desk)
