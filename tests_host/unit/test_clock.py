"""The module's clock, in the module's own words: AT+CIPSNTPCFG, AT+CIPSNTPTIME?"""

from atmqtt.dialects import nonos
from atmqtt.errors import ATError, ATTimeout
from plain import raises
from rig.scripted import Desk, cut_anywhere

OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"
ASK = b"AT+CIPSNTPTIME?\r\n"
TIME = b"+CIPSNTPTIME:Tue Oct 19 17:47:56 2021\r\n"
NOW = (2021, 10, 19, 17, 47, 56)


def configured(desk, *arguments, **options):
    """A call of sync_time() that has told the module to go and ask."""
    task = desk.go(desk.modem.sync_time(*arguments, **options))
    desk.hears(b"AT+CIPSNTPCFG=1,0\r\n")
    desk.says(OK)
    return task


@cut_anywhere()
def test_sync_time(desk):
    task = configured(desk)
    desk.hears(ASK)
    desk.says(TIME + b"OK\r\n")  # ESP-AT 4.1 prints no empty line here
    assert task.result() == NOW


@cut_anywhere()
def test_it_waits_until_it_is_no_longer_1970(desk):
    task = configured(desk)
    for answer in (
        b"+CIPSNTPTIME:Thu Jan  1 00:00:03 1970\r\n" + OK,
        ERROR,  # as long as there is no time server
        OK,
    ):
        desk.hears(ASK)
        desk.says(answer)
        desk.wait(450)
        desk.hears(b"")
        desk.wait(50)
    desk.hears(ASK)
    desk.says(b"+TIME_UPDATED\r\n" + TIME + OK)
    assert task.result() == NOW


def test_servers():
    with Desk() as desk:
        desk.go(desk.modem.sync_time(("pool.ntp.org", b"192.168.4.1", 'a"b,c\\d')))
        desk.hears(b'AT+CIPSNTPCFG=1,0,"pool.ntp.org","192.168.4.1","a\\"b\\,c\\\\d"\r\n')


def test_what_can_never_work_sends_nothing():
    for servers, text in (
        (("a", "b", "c", "d"), "servers: a tuple of at most three"),
        ("pool.ntp.org", "servers: a tuple of at most three"),
        ("abc", "servers: a tuple of at most three"),
        ((5,), "servers"),
        (("a\r\nAT+RST",), "servers: CR, LF and NUL"),
        (("a\0",), "servers: CR, LF and NUL"),
        (("a" * 80, "b" * 80, "c" * 80), "command too long"),
    ):
        with Desk() as desk:
            raises(ValueError, text, desk.go(desk.modem.sync_time(servers)).result)
            desk.hears(b"")


def test_answers_that_tell_no_time():
    for line in (
        b"+CIPSNTPTIME:\r\n",
        b"+CIPSNTPTIME:Tue Oct 19 17:47:56\r\n",
        b"+CIPSNTPTIME:Tue Oct 19 17:47 2021\r\n",
        b"+CIPSNTPTIME:Tue Oct 19 17:47:56:1 2021\r\n",
        b"+CIPSNTPTIME:Tue Oct 19 1 17:47:56 2021\r\n",
        b"+CIPSNTPTIME:Tue anF 19 17:47:56 2021\r\n",
        b"+CIPSNTPTIME:Tue O 19 17:47:56 2021\r\n",
        b"+CIPSNTPTIME:Tue Oct x 17:47:56 2021\r\n",
        b"+CIPSNTPTIME:Tue Oct 19 \xff\xfe:47:56 2021\r\n",
        b"+CIPSNTPTIME:Sat Jan  1 00:00:00 2000\r\n",
        b"+CIPSNTPTIMX:Tue Oct 19 17:47:56 2021\r\n",
        b"+TIME_UPDATED\r\n",
        b"Enable SNTP first!\r\n",
    ):
        with Desk() as desk:
            task = configured(desk, timeout_ms=1000)
            for _ in range(3):
                desk.hears(ASK)
                desk.says(line + OK)
                assert task.done == (_ == 2), line
                desk.wait(500)
            raises(ATTimeout, "no time server was reached", task.result)


def test_all_months():
    for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(b" ")):
        with Desk() as desk:
            task = configured(desk)
            desk.says(b"+CIPSNTPTIME:Fri %s  1 00:00:59 2038\r\n" % name + OK)
            assert task.result() == (2038, number + 1, 1, 0, 0, 59)


def test_a_module_without_it():
    with Desk(nonos) as desk:
        task = desk.go(desk.modem.sync_time())
        desk.hears(b"AT+CIPSNTPCFG=1,0\r\n")
        desk.says(ERROR)
        raises(ATError, "AT+CIPSNTPCFG refused", task.result)
        desk.hears(b"")


def test_a_module_that_is_silent():
    with Desk() as desk:
        task = desk.go(desk.modem.sync_time())
        desk.wait(2050)
        raises(ATTimeout, "AT+CIPSNTPCFG: no answer", task.result)
    with Desk() as desk:
        task = configured(desk)
        desk.wait(2050)
        raises(ATTimeout, "AT+CIPSNTPTIME?: no answer", task.result)
