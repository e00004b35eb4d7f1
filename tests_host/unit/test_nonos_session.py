"""ESP8266 NonOS AT 1.7, in its own words."""

from atmqtt.dialects import nonos
from atmqtt.errors import ATError, JoinError
from plain import raises
from rig.overlink import CONNACK, HELLO, START, Conversation, User, opened, opening
from rig.scripted import Desk, cut_anywhere

OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"
CLOSE = b"AT+CIPCLOSE\r\n"
PROMPT = b"\r\nOK\r\n> "  # with a space


def takes(desk, packet, before=b"", after=b""):
    """A send; before, after: what else the module says ahead of its prompt and of SEND OK."""
    desk.hears(b"AT+CIPSEND=%d\r\n" % len(packet))
    desk.says(before + PROMPT)
    desk.hears(packet)
    desk.says(b"\r\nRecv %d bytes\r\n" % len(packet) + after + b"\r\nSEND OK\r\n")


def fetched(raw):
    """The answer to AT+CIPRECVDATA."""
    return b"+CIPRECVDATA,%d:%s" % (len(raw), raw) + OK


VERSION = (
    b"AT version:1.7.4.0(May 11 2020 19:13:04)\r\n"
    b"SDK version:3.0.4(9532ceb)\r\n"
    b"compile time:May 27 2020 10:12:17\r\n"
    b"Bin version(Wroom 02):1.7.4\r\n"
)
BRING_UP = (
    (b"AT\r\n", b"AT\r\n" + OK),
    (b"AT+CWMODE?\r\n", b"AT+CWMODE?\r\n+CWMODE:1\r\n" + OK),
    (b"ATE0\r\n", b"ATE0\r\n" + OK),
    (b"AT+GMR\r\n", VERSION + b"OK\r\n"),
    (b"AT+MQTTCONN?\r\n", ERROR),
    (b"AT+SYSLOG=1\r\n", ERROR),
    (b"AT+CWMODE_CUR?\r\n", b"+CWMODE_CUR:1\r\n" + OK),
    (b"AT+CIPMODE=0\r\n", OK),
    (b"AT+CIPDINFO=0\r\n", OK),
    (b"AT+CIPMUX=0\r\n", b"link is builded\r\n" + ERROR),
    (b"AT+CIPCLOSE=5\r\n", b"0,CLOSED\r\n" + OK),
    (b"AT+CIPCLOSE\r\n", ERROR),
    (b"AT+CIPMUX=0\r\n", OK),
    (b"AT+CIPRECVMODE=1\r\n", OK),
)


@cut_anywhere()
def test_bring_up(desk):
    modem = desk.modem
    modem.dialect = None
    task = desk.go(modem.start())
    for command, answer in BRING_UP:
        desk.hears(command)
        desk.says(answer)
    task.result()
    assert modem.dialect is nonos
    assert modem.passive and not modem.has_mqtt
    assert modem.firmware.startswith("AT version:1.7.4.0(May 11 2020 19:13:04)\nSDK")
    assert desk.channel.inlet.tokens.header.forms is nonos.forms
    desk.hears(b"")


@cut_anywhere(dialect=nonos)
def test_join(desk):
    for answer, error in (
        (b"WIFI CONNECTED\r\nWIFI GOT IP\r\n" + OK, None),
        (b"WIFI DISCONNECT\r\nWIFI CONNECTED\r\nWIFI GOT IP\r\n" + OK, None),
        (b"+CWJAP:3\r\n\r\nFAIL\r\n", "no such network"),
        (b"WIFI DISCONNECT\r\n+CWJAP_CUR:2\r\n\r\nFAIL\r\n", "wrong password"),
    ):
        task = desk.go(desk.modem.join("home", "se,cret"))
        desk.hears(b"AT+CWMODE_CUR?\r\n")
        desk.says(b"+CWMODE_CUR:1\r\n" + OK)
        desk.hears(b'AT+CWJAP_CUR="home","se\\,cret"\r\n')
        desk.says(answer)
        if error:
            raises(JoinError, error, task.result)
        else:
            task.result()


@cut_anywhere(dialect=nonos)
def test_a_session(desk):
    desk.modem.passive = True
    talk = Conversation(desk)
    task = talk.connecting()
    desk.hears(START)
    desk.says(b"CONNECT\r\n" + OK)
    takes(desk, HELLO)
    desk.says(b"\r\n+IPD,4\r\n")
    desk.hears(b"AT+CIPRECVDATA=2920\r\n")
    desk.says(fetched(CONNACK))
    task.result()
    publish = talk.publish(b"x", qos=1)
    takes(desk, b"\x32\x06\0\x01t\0\x01x", after=b"\r\n+IPD,4\r\n")
    desk.hears(b"AT+CIPRECVDATA=2920\r\n")
    desk.says(fetched(b"\x40\x02\0\x01"))
    publish.result()
    desk.hears(b"")
    assert talk.client.stats["protocol_errors"] == talk.client.stats["unexpected"] == 0


# what the module says around what comes from the broker -> the data that came
ACTIVE = (
    (b"\r\n+IPD,5:hello", b"hello"),
    (b"\r\n+IPD,5:hello\r\n", b"hello"),
    (b"\r\n+IPD,5:hello\r\n+IPD,2:ab", b"helloab"),
    (b"\r\n+IPD,5:hello+IPD,2:ab", b"helloab"),
    (b"\r\n+IPD,5,192.168.4.100,1883:hello", b"hello"),
    (b"\r\n+IPD,2,1.2.3.4,80:ab\r\n+IPD,2,1.2.3.4,80:cd", b"abcd"),
    (b"\r\n+IPD,3:\r\n>", b"\r\n>"),
    (b"\r\n+IPD,6:\r\nOK\r\n", b"\r\nOK\r\n"),
    (b"\r\n+IPD,6:a+IPD,+IPD,1:b", b"a+IPD,b"),
    (b"\r\n+IPD,2:a\r\r\n+IPD,2:\n\0", b"a\r\n\0"),
    (b"\r\n+IPD,0:\r\n+IPD,1:x", b"x"),
)


@cut_anywhere(dialect=nonos)
def test_data_without_a_line_end(desk):
    user = opened(desk)
    expected = b""
    for said, data in ACTIVE:
        desk.says(said)
        expected += data
        assert user.data == expected, said
    desk.says(b"CLOSED\r\n")
    assert len(user.lost) == 1


def sending(said, data, gap):
    """A test: this is said in one of the gaps of a send."""

    def test(desk):
        user = opened(desk)
        command = desk.link.send(b"hi")
        desk.hears(b"AT+CIPSEND=2\r\n")
        desk.says(said * (gap == 0) + b"\r\nOK\r\n" + said * (gap == 1) + b"> ")
        desk.hears(b"hi")
        desk.says(said * (gap == 2) + b"\r\nRecv 2 bytes\r\n" + said * (gap == 3))
        desk.says(b"\r\nSEND OK\r\n" + said * (gap == 4))
        assert command.done and not command.error
        assert (user.data, user.lost) == (data, []), (said, gap)

    return test


def test_data_in_every_gap_of_a_send():
    for said, data in ACTIVE:
        for gap in range(5):
            cut_anywhere(dialect=nonos)(sending(said, data, gap))()


def test_send_ok_without_its_line_end_loses_nothing_in_silence():
    """SEND OK+IPD: what came cannot be told from text; the connection ends."""
    with Desk(nonos) as desk:
        user = opened(desk)
        desk.link.send(b"hi")
        desk.says(PROMPT, b"\r\nRecv 2 bytes\r\n\r\nSEND OK+IPD,4:\x20\x02\0\0")
        desk.wait(11000, 500)
        assert user.data == b"" and len(user.lost) == 1


def test_busy_s_before_the_prompt_means_later():
    with Desk(nonos) as desk:
        user = opened(desk)
        command = desk.link.send(b"hi")
        desk.hears(b"AT+CIPSEND=2\r\n")
        desk.says(b"\r\nbusy s...\r\n")
        desk.wait(450)
        desk.hears(b"")
        desk.wait(50)
        takes(desk, b"hi")
        assert command.done and not command.error
        assert (user.lost, desk.modem.stats["busy"]) == ([], 1)


def test_busy_s_while_the_data_is_sent_means_nothing():
    with Desk(nonos) as desk:
        opened(desk)
        command = desk.link.send(b"hi")
        desk.hears(b"AT+CIPSEND=2\r\n")
        desk.says(PROMPT)
        desk.hears(b"hi")
        desk.says(b"\r\nbusy s...\r\n\r\nRecv 2 bytes\r\n")
        desk.wait(2000)
        desk.hears(b"")
        desk.says(b"\r\nSEND OK\r\n")
        assert command.done and not command.error


def test_2048_bytes_at_a_time():
    with Desk(nonos) as desk:
        user = opened(desk)
        payload = bytes(range(256)) * 20
        command = desk.link.send(b"head", payload)
        whole = b"head" + payload
        for start in (0, 2048, 4096):
            assert not command.done
            takes(desk, whole[start : start + 2048])
        assert command.done and user.sent == [None] * 3
        desk.hears(b"")


@cut_anywhere(dialect=nonos)
def test_why_no_connection_is_made(desk):
    for said, why in (
        (b"DNS Fail\r\n" + ERROR, "AT+CIPSTART refused: DNS Fail"),
        (b"no ip\r\n" + ERROR, "AT+CIPSTART refused: no ip"),
        (b"a\xff\x01\r\n" + ERROR, "AT+CIPSTART refused: a??"),
        (b"CLOSED\r\n" + ERROR, "AT+CIPSTART refused"),
        (ERROR, "AT+CIPSTART refused"),
    ):
        user = User()
        task = opening(desk, user)
        desk.hears(START)
        desk.says(said)
        desk.hears(CLOSE)
        desk.says(ERROR)
        raises(ATError, why, task.result)
        assert user.lost == []
        desk.hears(b"")


@cut_anywhere(dialect=nonos)
def test_already_connected(desk):
    """The connection is that of an earlier program: it is closed, and another one made."""
    for answer, error in ((b"CONNECT\r\n" + OK, ""), (b"DNS Fail\r\n" + ERROR, "DNS Fail")):
        task = opening(desk, User())
        desk.hears(START)
        desk.says(b"ALREADY CONNECTED\r\n" + ERROR)
        desk.hears(CLOSE)
        desk.says(b"CLOSED\r\n" + OK)
        desk.hears(START)
        desk.says(answer)
        if error:
            raises(ATError, "AT+CIPSTART refused: DNS Fail", task.result)
        else:
            task.result()
            desk.go(desk.link.close())
            desk.hears(CLOSE)
            desk.says(b"CLOSED\r\n" + OK)


@cut_anywhere(dialect=nonos)
def test_link_is_not_valid(desk):
    user = opened(desk)
    command = desk.link.send(b"hi")
    desk.hears(b"AT+CIPSEND=2\r\n")
    desk.says(b"link is not valid\r\n" + ERROR)
    assert command.done and command.error
    assert len(user.lost) == 1
    desk.hears(CLOSE)
    desk.says(ERROR)
    opened(desk)


def test_send_fail():
    with Desk(nonos) as desk:
        user = opened(desk)
        desk.link.send(b"hi")
        desk.says(PROMPT, b"\r\nRecv 2 bytes\r\n", b"\r\nSEND FAIL\r\n")
        assert len(user.lost) == 1
