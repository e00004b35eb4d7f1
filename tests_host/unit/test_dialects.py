"""What the dialects promise, and ESP-AT 2.1's prompt: OK and `>` are two writes."""

from atmqtt.dialects import load
from atmqtt.header import FORMS, IPD
from plain import raises
from rig.overlink import opened
from rig.scripted import Desk, cut_anywhere

NAMES = ("esp-at", "esp-at-old", "nonos", "air601")
SENDS = {"esp-at": 8192, "esp-at-old": 2048, "nonos": 2048, "air601": 5760}
old = load("esp-at-old")

OK = b"\r\nOK\r\n"
GAP = (  # what may stand between the two
    b"WIFI DISCONNECT\r\nWIFI CONNECTED\r\nWIFI GOT IP\r\n",
    b"\r\n+IPD,9\r\n",
    b"\r\n+IPD,3:\r\n>\r\n",
    b"\r\n+IPD,0,3:abc\r\n",  # another link's
    b"+TIME_UPDATED\r\n",
    b"\r\n\r\n",
)


def test_each_is_found_by_its_name_and_knows_all_it_is_asked():
    for name in NAMES:
        dialect = load(name)
        assert dialect.name == name
        assert dialect.send_max == SENDS[name]
        assert dialect.line_max <= 255 and dialect.host_max <= 64
        assert dialect.escapes[0] == 0x5C  # a backslash that is added must not be escaped
        assert dialect.now in (b"", b"_CUR")
        assert isinstance(dialect.tls_slots, bool) and isinstance(dialect.tls_names, bool)
        for line in dialect.setup + dialect.tls_setup:
            assert line.startswith(b"AT+") and b"\r" not in line
    raises(ValueError, "dialect: there is no klingon", load, "klingon")


def test_only_the_end_of_an_ipd_block_differs():
    for name in NAMES:
        for form, usual in zip(load(name).forms, FORMS):
            assert form[:3] == usual[:3]
            changed = name == "nonos" and form[2] == IPD
            assert form[3] == (0 if changed else usual[3]), (name, form)


@cut_anywhere(dialect=old)
def test_lines_between_ok_and_prompt(desk):
    user = opened(desk)
    for said in GAP:
        command = desk.link.send(b"hi")
        desk.hears(b"AT+CIPSEND=2\r\n")
        desk.says(OK)
        desk.hears(b"")  # not before the prompt
        desk.says(said)
        desk.hears(b"")
        desk.says(b"\r\n>")
        desk.hears(b"hi")
        desk.says(b"\r\nRecv 2 bytes\r\n" + said + b"\r\nSEND OK\r\n")
        assert command.done and not command.error
        desk.uart.written = b""
        if b",9" in said:
            desk.says(b"\r\nERROR\r\n")  # to the fetch: a notice of what was read already
            desk.hears(b"AT+CIPRECVLEN?\r\n")
            desk.says(b"+CIPRECVLEN:0\r\n" + OK)
    assert user.data == b"\r\n>" * 2
    assert user.lost == []


@cut_anywhere(dialect=old)
def test_closed_between_ok_and_prompt(desk):
    """What was announced is still owed to the prompt; and the link is gone."""
    user = opened(desk)
    command = desk.link.send(b"hi")
    desk.hears(b"AT+CIPSEND=2\r\n")
    desk.says(OK + b"CLOSED\r\n")
    assert len(user.lost) == 1
    desk.says(b"\r\n>")
    desk.hears(b"hi")
    desk.says(b"\r\nRecv 2 bytes\r\n\r\nSEND FAIL\r\n")
    assert command.done and command.error
    opened(desk)


@cut_anywhere(dialect=old)
def test_closed_and_an_error_instead_of_the_prompt(desk):
    user = opened(desk)
    command = desk.link.send(b"hi")
    desk.hears(b"AT+CIPSEND=2\r\n")
    desk.says(OK + b"CLOSED\r\n\r\nERROR\r\n")
    assert command.done and command.error and len(user.lost) == 1
    desk.hears(b"")
    opened(desk)


def test_2048_bytes_at_a_time():
    with Desk(old) as desk:
        opened(desk)
        whole = bytes(range(256)) * 17
        command = desk.link.send(whole)
        for start in (0, 2048, 4096):
            desk.takes(whole[start : start + 2048])
        assert command.done
        desk.hears(b"")
