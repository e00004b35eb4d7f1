"""A TCP connection through the module, in the module's own words."""

from atmqtt.errors import ATError, ATTimeout, MQTTError
from plain import raises
from rig.overlink import START, User, opened, opening
from rig.scripted import Desk

CLOSE = b"AT+CIPCLOSE\r\n"
OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"


def test_open_send_receive_close():
    with Desk() as desk:
        user = opened(desk)
        desk.link.send(b"hello")
        desk.takes(b"hello")
        assert user.sent == [None]
        desk.brings(b"\r\nOK\r\n", b"+IPD,3:", b"\0")
        assert user.data == b"\r\nOK\r\n+IPD,3:\0"
        task = desk.go(desk.link.close())
        desk.hears(CLOSE)
        desk.says(b"CLOSED\r\n" + OK)
        task.result()
        assert user.lost == []


def test_a_host_name_that_needs_escapes():
    with Desk() as desk:
        desk.go(desk.link.open('a"b,c\\d', 65535, User()))
        desk.hears(b'AT+CIPSTART="TCP","a\\"b\\,c\\\\d",65535\r\n')


def test_a_host_name_that_no_line_holds():
    with Desk() as desk:
        task = desk.go(desk.link.open("h" * 240, 1883, User()))
        raises(ValueError, "host", task.result)
        desk.hears(b"")


def test_refused():
    """Once more after a CIPCLOSE: the connection may be open since before a reset of the host."""
    with Desk() as desk:
        task = opening(desk, User())
        desk.hears(START)
        desk.says(b"ERR CODE:0x01090000\r\n" + ERROR)
        desk.hears(CLOSE)
        desk.says(ERROR)
        error = raises(ATError, "AT+CIPSTART refused", task.result)
        assert error.code == 0x01090000
        desk.hears(b"")
        opened(desk)


def test_open_already():
    for closed in (b"CLOSED\r\n", b""):
        with Desk() as desk:
            user = User()
            task = opening(desk, user)
            desk.hears(START)
            desk.says(b"ALREADY CONNECTED\r\n" + ERROR)
            desk.hears(CLOSE)
            desk.says(closed + OK)
            desk.hears(START)
            desk.says(b"CONNECT\r\n" + OK)
            task.result()
            desk.brings(b"data")
            assert user.data == b"data"


def test_no_answer_to_open():
    with Desk() as desk:
        task = opening(desk, User())
        desk.wait(89000, 500)
        assert not task.done
        desk.wait(2000, 500)
        raises(ATTimeout, "AT+CIPSTART: no answer", task.result)
        assert desk.link.user is None


def test_closed_at_once():
    with Desk() as desk:
        user = User()
        task = opening(desk, user)
        desk.says(b"CONNECT\r\nCLOSED\r\n" + OK)
        raises(ATError, "closed at once", task.result)
        assert (desk.link.user, user.lost) == (None, [])
        desk.hears(START)
        opened(desk)


def test_one_user_at_a_time():
    with Desk() as desk:
        opened(desk)
        raises(MQTTError, "in use", opening(desk, User()).result)
        desk.hears(b"")


def test_closed_while_opening():
    for answer, to_close in ((b"CONNECT\r\n" + OK, None), (ERROR, ERROR), (ERROR, OK)):
        with Desk() as desk:
            user = User()
            task = opening(desk, user)
            closing = desk.go(desk.link.close())
            desk.hears(START)
            desk.says(answer)
            desk.hears(CLOSE)
            desk.says(b"CLOSED\r\n" + OK)
            closing.result()
            if to_close:  # where CIPSTART was refused, CIPCLOSE comes once too often
                desk.hears(CLOSE)
                desk.says(to_close)
            desk.hears(b"")
            raises(OSError, "", task.result)
            assert not desk.link.is_open
            desk.brings(b"late")
            assert user.data == b""
            opened(desk)


def test_a_cancelled_open_runs_to_its_end():
    with Desk() as desk:
        opening(desk, User()).cancel()
        user = User()
        task = opening(desk, user)
        desk.hears(START)
        desk.says(b"CONNECT\r\n" + OK)
        desk.brings(b"for nobody")
        desk.hears(START)
        desk.says(b"ALREADY CONNECTED\r\n" + ERROR)
        desk.hears(CLOSE)
        desk.says(b"CLOSED\r\n" + OK)
        desk.hears(START)
        desk.says(b"CONNECT\r\n" + OK)
        task.result()
        desk.brings(b"hello")
        assert user.data == b"hello"


def test_lost():
    with Desk() as desk:
        user = opened(desk)
        desk.says(b"CLOSED\r\n")
        assert user.lost == ["connection closed by the other side"]
        desk.says(b"CLOSED\r\n")
        desk.brings(b"late")
        assert (len(user.lost), user.data) == (1, b"")
        opened(desk)


def test_what_waits_fails_when_the_link_is_lost():
    with Desk() as desk:
        user = opened(desk)
        first, second = desk.link.send(b"one"), desk.link.send(b"two")
        desk.hears(b"AT+CIPSEND=3\r\n")
        desk.says(b"CLOSED\r\n")
        assert second.done and second.error
        assert not first.done  # in flight: it has an answer of its own
        desk.says(b"\r\nlink is not valid\r\n" + ERROR)
        assert first.done and first.error
        assert len(user.lost) == 1
        desk.hears(b"")


def test_closed_between_ok_and_prompt():
    """The prompt may come all the same: it gets the bytes that were announced, all of them."""
    with Desk() as desk:
        user = opened(desk)
        command = desk.link.send(b"hello")
        desk.hears(b"AT+CIPSEND=5\r\n")
        desk.says(OK, b"CLOSED\r\n")
        assert len(user.lost) == 1
        desk.says(b"\r\n>")
        desk.hears(b"hello")
        desk.says(b"\r\nRecv 5 bytes\r\n", b"\r\nSEND FAIL\r\n")
        assert command.done and command.error
        opened(desk)


def test_an_old_send_that_fails_does_not_harm_the_next_connection():
    with Desk() as desk:
        opened(desk)
        desk.link.send(b"hello")
        desk.hears(b"AT+CIPSEND=5\r\n")
        desk.says(b"CLOSED\r\n")
        user = User()
        task = opening(desk, user)
        desk.says(ERROR)
        desk.hears(START)
        desk.says(b"CONNECT\r\n" + OK)
        task.result()
        desk.brings(b"data")
        assert (user.data, user.lost) == (b"data", [])


def test_send_fail_closes():
    """The stream has a hole: nothing behind it may be sent."""
    with Desk() as desk:
        user = opened(desk)
        desk.link.send(b"one")
        second = desk.link.send(b"two")
        desk.takes(b"one", b"\r\nSEND FAIL\r\n")
        assert len(user.lost) == 1
        assert second.error
        desk.hears(CLOSE)


def test_a_send_without_answer_closes():
    with Desk() as desk:
        user = opened(desk)
        desk.link.send(b"one")
        desk.wait(11000, 500)
        assert len(user.lost) == 1


def test_a_damaged_block_closes():
    with Desk() as desk:
        user = opened(desk)
        desk.says(b"\r\n+IPD,5:hell\r\n")  # one byte is missing: the count takes CR, LF is no end
        desk.says(b"\r\n")
        assert user.lost == ["bytes were lost on the UART"]
        assert user.data == b""
        assert desk.modem.stats["damaged"] == 1
        assert ("damaged", None) in desk.events
        desk.hears(CLOSE)


def test_half_a_block_closes_after_a_second():
    with Desk() as desk:
        user = opened(desk)
        desk.says(b"\r\n+IPD,5:hel")
        desk.wait(1000)
        assert user.lost == []
        desk.wait(100)
        assert user.lost == ["bytes were lost on the UART"]


def test_what_the_user_does_not_read_waits_with_all_behind_it():
    with Desk() as desk:
        user = opened(desk)
        user.room = 0
        desk.brings(b"first", b"second")
        desk.says(b"CLOSED\r\n")
        assert (user.data, user.lost) == (b"", [])
        user.room = 3
        for _ in range(3):
            desk.channel.poll()
        assert (user.data, len(user.lost)) == (b"firstsecond", 1)


def test_reset_of_the_module_loses_the_link():
    with Desk() as desk:
        user = opened(desk)
        desk.says(b"\r\nready\r\n")
        assert user.lost == ["the module was reset"]
        assert not desk.link.is_open
        desk.hears(b"")  # it has forgotten the connection by itself


def test_close_never_raises_for_what_the_module_says():
    for answer in (OK, ERROR, b""):
        with Desk() as desk:
            opened(desk)
            task = desk.go(desk.link.close())
            desk.says(answer)
            desk.wait(6000, 500)
            task.result()
            assert desk.link.user is None


def test_close_when_closed():
    with Desk() as desk:
        desk.go(desk.link.close()).result()
        desk.hears(b"")
