"""Passive receive, in the module's own words: it tells what it keeps, and is asked for it."""

from atmqtt.dialects import nonos
from rig.overlink import START, Conversation, User, opened, opening
from rig.scripted import Desk, cut_anywhere

OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"
CLOSE = b"AT+CIPCLOSE\r\n"
LENGTHS = b"AT+CIPRECVLEN?\r\n"
MOST = 2920  # bytes of the longest block, where the ring has room for them
SMALL = 320  # a ring of so many bytes leaves 64 for data, the least that is tried after a refusal


def fetch(n=MOST):
    return b"AT+CIPRECVDATA=%d\r\n" % n


def data(raw):
    """The answer to a fetch, as ESP-AT writes it."""
    return b"+CIPRECVDATA:%d,%s" % (len(raw), raw) + OK


def notice(n):
    return b"\r\n+IPD,%d\r\n" % n


def passive(desk) -> User:
    """The user of a link that is open now, on a module that keeps what comes."""
    desk.modem.passive = True
    return opened(desk)


@cut_anywhere()
def test_notice_fetch_data(desk):
    user = passive(desk)
    desk.hears(b"")
    for raw in (b"hello", b"", b"\x20\x02\0\0"):
        desk.says(notice(max(1, len(raw))))
        desk.hears(fetch())
        desk.says(data(raw))
        user.data += b"|"
    assert user.data == b"hello||\x20\x02\0\0|"
    assert user.lost == []


@cut_anywhere()
def test_a_part_is_read_and_the_rest_told_of_anew(desk):
    """As ESP-AT 4.1 does: a new notice after each read that leaves something."""
    user = passive(desk)
    desk.says(notice(4))
    desk.hears(fetch())
    desk.says(b"+CIPRECVDATA:2, \x02" + OK + notice(2))
    desk.hears(fetch())
    desk.says(data(b"\0\0"))
    desk.hears(b"")
    assert user.data == b" \x02\0\0"


@cut_anywhere()
def test_fewer_bytes_than_asked_for_and_no_word_of_the_rest(desk):
    user = passive(desk)
    desk.says(notice(9))
    desk.hears(fetch())
    for part in (b"abc", b"defg", b"hi"):
        desk.says(data(part))
        desk.hears(fetch() if part != b"hi" else b"")
    assert user.data == b"abcdefghi"


@cut_anywhere(rx_size=SMALL)
def test_as_many_as_asked_for_may_not_be_all(desk):
    """The first notice is not repeated when more comes."""
    user = passive(desk)
    desk.says(notice(10))
    desk.hears(fetch(64))
    desk.says(data(b"x" * 64))
    desk.hears(fetch(64))
    desk.says(data(b"y" * 64))
    desk.hears(fetch(64))
    desk.says(ERROR)  # ESP-AT 4.1 has nothing more
    desk.hears(b"")
    assert user.data == b"x" * 64 + b"y" * 64
    assert user.lost == []


def test_behind_a_full_read_nothing_may_come_but_nothing_broken():
    for answer, lost in (
        (ERROR, []),
        (OK, []),
        (data(b""), []),
        (b"+CIPREC3,abc" + OK, ["bytes were lost on the UART"]),
    ):
        with Desk(rx_size=SMALL) as desk:
            user = passive(desk)
            desk.says(notice(64))
            desk.hears(fetch(64))
            desk.says(data(b"x" * 64))
            desk.hears(fetch(64))
            desk.says(answer)
            assert user.lost == lost, answer


@cut_anywhere()
def test_a_notice_before_in_and_after_the_answer(desk):
    user = passive(desk)
    desk.says(notice(3))
    desk.hears(fetch())
    desk.says(notice(5), data(b"abcde"))  # told again before it was read
    desk.hears(b"")
    desk.says(notice(1))
    desk.hears(fetch())
    desk.says(b"+CIPRECVDATA:1,f" + notice(2) + OK)  # behind what was read, before its OK
    desk.hears(fetch())
    desk.says(data(b"gh") + notice(1))
    desk.hears(fetch())
    desk.says(data(b"i"))
    desk.hears(b"")
    assert user.data == b"abcdefghi"


@cut_anywhere()
def test_more_comes_while_it_is_fetched(desk):
    user = passive(desk)
    desk.says(notice(2), notice(4))
    desk.hears(fetch())
    desk.says(data(b"ab"))
    desk.hears(fetch())
    desk.says(data(b"cd"))
    desk.hears(b"")
    assert user.data == b"abcd"


@cut_anywhere()
def test_what_is_sent_goes_between_two_fetches(desk):
    user = passive(desk)
    desk.says(notice(6))
    desk.hears(fetch())
    desk.link.send(b"one")
    desk.link.send(b"two")
    desk.says(data(b"abc"))
    desk.takes(b"one")
    desk.takes(b"two")
    desk.hears(fetch())
    desk.says(data(b"def"))
    assert user.data == b"abcdef"
    assert user.sent == [None, None]


@cut_anywhere()
def test_a_notice_at_every_point_of_a_send(desk):
    user = passive(desk)
    desk.link.send(b"hello")
    desk.hears(b"AT+CIPSEND=5\r\n")
    desk.says(notice(1) + OK + notice(1) + b"\r\n>")
    desk.hears(b"hello")
    desk.says(notice(2) + b"\r\nRecv 5 bytes\r\n" + notice(2) + b"\r\nSEND OK\r\n")
    desk.hears(fetch())
    desk.says(data(b"ab"))
    desk.hears(b"")
    assert (user.data, user.sent) == (b"ab", [None])


LOOKALIKES = (
    OK,
    ERROR,
    b"+IPD,3:abc\r\n",
    b"\r\n+IPD,9\r\n",
    b"CLOSED\r\n",
    b"\r\n+CIPRECVDATA:2,ab\r\n\r\nOK\r\n",
    b"+CIPRECVDATA,2:ab",
    b"\r\nready\r\n",
    b"busy p...\r\n>",
    b"\r",
    b"\r\n",
    b"\0\xff",
)


def _lookalikes(desk, head):
    user = passive(desk)
    for raw in LOOKALIKES:
        desk.says(notice(len(raw)))
        desk.uart.written = b""
        desk.says(head % len(raw) + raw + OK)
        desk.hears(b"")
    assert user.data == b"".join(LOOKALIKES)
    assert user.lost == [] and desk.modem.up
    assert desk.channel.idle()


@cut_anywhere()
def test_data_that_looks_like_lines(desk):
    _lookalikes(desk, b"+CIPRECVDATA:%d,")


@cut_anywhere(dialect=nonos)
def test_data_that_looks_like_lines_as_nonos_writes_it(desk):
    _lookalikes(desk, b"+CIPRECVDATA,%d:")


def opened_by_number(desk, number) -> User:
    desk.modem.passive = True
    user = User()
    task = opening(desk, user)
    desk.hears(b'AT+CIPSTART=%d,"TCP","broker.local",1883\r\n' % number)
    desk.says(b"%d,CONNECT\r\n" % number + OK)
    task.result()
    return user


@cut_anywhere(link_id=3)
def test_link_ids(desk):
    user = opened_by_number(desk, 3)
    desk.says(b"\r\n+IPD,1,5\r\n")
    desk.hears(b"")  # another link's
    desk.says(b"\r\n+IPD,3,5\r\n")
    desk.hears(b"AT+CIPRECVDATA=3,2920\r\n")
    desk.says(ERROR)
    desk.hears(LENGTHS)
    desk.says(b"+CIPRECVLEN:9,9,9,4,9\r\n" + OK)
    desk.hears(b"AT+CIPRECVDATA=3,1460\r\n")
    desk.says(data(b"abcd"))
    desk.hears(b"")
    assert user.data == b"abcd"


@cut_anywhere()
def test_refused_with_bytes_left_is_tried_with_fewer(desk):
    """It needs memory for them."""
    user = passive(desk)
    desk.says(notice(2000))
    desk.hears(fetch())
    for size in (1460, 730):
        desk.says(ERROR)
        desk.hears(LENGTHS)
        desk.says(b"+CIPRECVLEN:2000\r\n" + OK)
        desk.hears(fetch(size))
    desk.says(data(b"x" * 30) + notice(1970))
    desk.hears(fetch(730))
    desk.says(data(b"y" * 20) + b"CLOSED\r\n" + ERROR)
    assert user.data == b"x" * 30 + b"y" * 20
    desk.uart.written = b""
    passive(desk)
    desk.says(notice(2000))
    desk.hears(fetch())  # memory that was short then may be there now
    desk.says(data(b"x") + b"CLOSED\r\n")


def test_refused_again_and_again_closes():
    with Desk() as desk:
        user = passive(desk)
        desk.says(notice(9))
        for size in (2920, 1460, 730, 365, 182, 91, 64):
            assert user.lost == []
            desk.hears(fetch(size))
            desk.says(ERROR)
            desk.hears(LENGTHS)
            desk.says(b"+CIPRECVLEN:9\r\n" + OK)
        desk.hears(CLOSE)
        assert user.lost == ["the module does not hand over what it has received"]


@cut_anywhere(rx_size=SMALL)
def test_refused_because_there_is_nothing(desk):
    """A notice of what was read already; it costs a question, however often."""
    user = passive(desk)
    for _ in range(3):
        desk.says(notice(5))
        desk.hears(fetch(64))
        desk.says(ERROR)
        desk.hears(LENGTHS)
        desk.says(b"+CIPRECVLEN:0\r\n" + OK)
        desk.hears(b"")
    desk.says(notice(5))
    desk.hears(fetch(64))
    desk.says(data(b"hello"))
    assert (user.data, user.lost) == (b"hello", [])


@cut_anywhere()
def test_a_refusal_is_not_that_of_the_next_fetch(desk):
    user = passive(desk)
    desk.says(notice(5))
    desk.hears(fetch())
    desk.says(ERROR)
    desk.hears(LENGTHS)
    desk.says(b"+CIPRECVLEN:0\r\n" + OK)
    desk.says(notice(5))
    for part in (b"hel", b"lo"):
        desk.hears(fetch())
        desk.says(data(part))
    desk.hears(b"")
    assert (user.data, user.lost) == (b"hello", [])


def test_bytes_that_a_later_question_finds_are_not_what_was_refused():
    with Desk() as desk:
        user = passive(desk)
        desk.says(notice(5))
        desk.hears(fetch())
        desk.says(ERROR)
        user.waiting = True
        for n in (0, 5):
            desk.hears(LENGTHS)
            desk.says(b"+CIPRECVLEN:%d\r\n" % n + OK)
            if not n:
                desk.wait(1000)
        desk.hears(fetch())


@cut_anywhere()
def test_a_notice_inside_the_answer_to_the_question(desk):
    user = passive(desk)
    size = MOST
    for answer in (
        notice(2) + b"+CIPRECVLEN:0\r\n" + OK,
        b"+CIPRECVLEN:0\r\n" + notice(2) + OK,
        b"+CIPRECVLEN:\r\n" + OK + notice(2),
        notice(2) + ERROR,
    ):
        user.data = b""
        desk.says(notice(1))
        desk.hears(fetch(size))
        desk.says(ERROR)
        desk.hears(LENGTHS)
        desk.says(answer)
        if not answer.endswith(notice(2)):  # else it is news, and the refusal was in order
            size //= 2
        desk.hears(fetch(size))
        desk.says(data(b"ab"))
        assert (user.data, user.lost) == (b"ab", [])


@cut_anywhere()
def test_a_module_that_does_not_know_the_question(desk):
    user = passive(desk)
    desk.says(notice(5))
    desk.hears(fetch())
    desk.says(ERROR)
    desk.hears(LENGTHS)
    desk.says(ERROR)
    desk.hears(fetch(1460))
    desk.says(data(b"hello"))
    assert user.data == b"hello"


def test_busy():
    with Desk() as desk:
        user = passive(desk)
        desk.says(notice(5))
        desk.hears(fetch())
        desk.says(b"\r\nbusy p...\r\n")
        desk.wait(450)
        desk.hears(b"")
        desk.wait(50)
        desk.hears(fetch())
        desk.says(data(b"hello"))
        assert user.data == b"hello"


def test_busy_told_by_mistake():
    """Both the fetch and its repetition are carried out: what the second one brings counts."""
    with Desk() as desk:
        user = passive(desk)
        desk.says(notice(5))
        desk.says(b"\r\nbusy p...\r\n")
        desk.wait(500)
        desk.uart.written = b""
        desk.says(data(b"hello"), data(b" world"))
        assert (user.data, user.lost) == (b"hello world", [])


LINES = (
    (b"+CIPRECVLEN:5\r\n", 1),
    (b"+CIPRECVLEN:5,,,,\r\n", 1),
    (b"+CIPRECVLEN:0\r\n", 0),
    (b"+CIPRECVLEN:-1,,0,\r\n", 0),
    (b"+CIPRECVLEN:\r\n", 0),
    (b"+CIPRECVLEN:,5\r\n", 0),
    (b"+CIPRECVLEN:5x\r\n", 0),
    (b"+CIPRECVLEN\r\n", 0),
    (b"+TIME_UPDATED\r\n", 0),
    (b"+SOMETHING:15\r\n", 0),
    (b"", 0),
)


def test_a_lost_notice_is_made_up_for():
    for awaited, quiet in ((True, 1000), (False, 30000)):
        for line, asked in LINES:
            with Desk() as desk:
                user = passive(desk)
                user.waiting = awaited
                desk.wait(quiet - 50)
                desk.hears(b"")
                desk.wait(50)
                desk.hears(LENGTHS)
                desk.says(line + OK)
                desk.hears(fetch() * asked)
                assert user.lost == [], line


def test_what_is_awaited_is_asked_for_once_a_second():
    with Desk() as desk:
        user = passive(desk)
        user.waiting = True
        for _ in range(3):
            desk.wait(1000)
            desk.hears(LENGTHS)
            desk.says(b"+CIPRECVLEN:0\r\n" + OK)
        user.waiting = False
        desk.wait(29950)
        desk.hears(b"")


def test_nothing_is_asked_while_a_fetch_is_under_way():
    """Its answer tells as much, and in an order that is known."""
    with Desk() as desk:
        user = passive(desk)
        user.waiting = True
        desk.says(notice(5))
        desk.hears(fetch())
        desk.wait(4000)
        desk.says(data(b"hello"))
        desk.hears(b"")
        assert user.data == b"hello"


def test_a_fetch_that_waits_for_its_turn_is_forgotten_with_the_link():
    with Desk() as desk:
        user = passive(desk)
        desk.link.send(b"hi")
        desk.hears(b"AT+CIPSEND=2\r\n")
        desk.says(notice(5), b"CLOSED\r\n", ERROR)
        assert len(user.lost) == 1
        desk.hears(b"")


def test_nothing_is_asked_when_the_link_is_closed_or_the_module_not_passive():
    with Desk() as desk:
        user = opened(desk)
        user.waiting = True
        desk.wait(40000, 500)
        desk.hears(b"")
        desk.says(b"CLOSED\r\n")
        user = passive(desk)
        user.waiting = True
        desk.says(b"CLOSED\r\n")
        desk.wait(40000, 500)
        desk.hears(b"")


def test_lengths_of_fewer_links_than_there_are():
    with Desk(link_id=4) as desk:
        user = opened_by_number(desk, 4)
        user.waiting = True
        for line, asked in ((b"-1,,0,", 0), (b"7", 0), (b",,,,7", 1)):
            desk.wait(1000)
            desk.hears(LENGTHS)
            desk.says(b"+CIPRECVLEN:%s\r\n" % line + OK)
            desk.hears(b"AT+CIPRECVDATA=4,2920\r\n" * asked)


def test_a_notice_that_nobody_asked_for():
    """The module is in passive mode although the driver did not set it: say, since an earlier
    owner. And the other way round: what comes by itself is taken as well."""
    with Desk() as desk:
        user = opened(desk)
        desk.says(notice(100))
        desk.hears(fetch())
        desk.says(data(b"abc"), b"\r\n+IPD,3:def\r\n")
        assert user.data == b"abcdef"
        desk.hears(fetch())
        desk.says(data(b"g" * 97))
        user.waiting = True
        desk.wait(1000)
        desk.hears(LENGTHS)  # the next notice may be lost


@cut_anywhere()
def test_blocks_that_come_by_themselves_in_passive_mode(desk):
    user = passive(desk)
    desk.says(notice(3) + b"\r\n+IPD,2:ab\r\n")
    desk.hears(fetch())
    desk.says(b"\r\n+IPD,2:cd\r\n" + data(b"efg") + b"\r\n+IPD,1:h\r\n")
    assert user.data == b"abcdefgh"


def test_notices_that_are_none():
    with Desk() as desk:
        passive(desk)
        for line in (b"+IPD,", b"+IPD,-5", b"+IPD,5x", b"+IPD,1,2,3", b"+IPD,,", b"+IPD,1e3"):
            desk.says(line + b"\r\n")
            desk.hears(b"")
        assert desk.modem.stats["garbage"] == 6
        desk.says(b"+IPD,2,5\r\n")  # of a link that is not ours
        desk.hears(b"")
        assert desk.modem.stats["garbage"] == 6


@cut_anywhere()
def test_closed_after_the_last_read(desk):
    """It is withheld until all is read; the data comes first."""
    user = passive(desk)
    desk.says(notice(4))
    desk.says(b"+CIPRECVDATA:2,ab" + OK + notice(2))
    desk.says(data(b"cd") + b"CLOSED\r\n")
    assert user.data == b"abcd"
    assert user.lost == ["connection closed by the other side"]
    desk.uart.written = b""
    opened(desk)


@cut_anywhere()
def test_a_line_between_the_data_and_its_ok(desk):
    user = passive(desk)
    desk.says(notice(2))
    desk.says(b"+CIPRECVDATA:2,ab\r\n+FOO:1\r\n" + notice(2) + OK)
    desk.hears(fetch() * 2)
    desk.says(b"+CIPRECVDATA:2,cd\r\nCLOSED\r\n" + OK)
    assert user.data == b"abcd" and len(user.lost) == 1
    desk.hears(b"")
    opened(desk)


def test_a_line_that_is_glued_to_the_data_counts_as_damage():
    """It cannot be told from bytes that are missing: the connection is lost, and nothing else."""
    with Desk() as desk:
        user = passive(desk)
        desk.says(notice(2))
        desk.says(b"+CIPRECVDATA:2,abWIFI DISCONNECT\r\n" + OK)
        assert (user.data, user.lost) == (b"", ["bytes were lost on the UART"])
        desk.hears(fetch() + CLOSE)


@cut_anywhere()
def test_the_answer_to_an_old_fetch_does_not_reach_the_next_connection(desk):
    for answer in (data(b"old"), b"+CIPRECVDATA:4,old" + OK, ERROR):
        old = passive(desk)
        desk.says(notice(3))
        desk.hears(fetch())
        closing = desk.go(desk.link.close())
        user = User()
        task = opening(desk, user)
        desk.says(notice(7), answer)
        desk.hears(CLOSE)
        desk.says(b"CLOSED\r\n" + OK)
        closing.result()
        desk.hears(START)
        desk.says(b"CONNECT\r\n" + OK)
        task.result()
        desk.hears(b"")
        desk.says(notice(3))
        desk.hears(fetch())
        desk.says(data(b"new"))
        assert (old.data, user.data, user.lost) == (b"", b"new", [])
        desk.go(desk.link.close())
        desk.says(b"CLOSED\r\n" + OK)
        desk.hears(CLOSE)


def test_the_answer_to_an_old_question_fetches_nothing():
    with Desk() as desk:
        user = passive(desk)
        user.waiting = True
        desk.wait(1000)
        desk.hears(LENGTHS)
        desk.says(b"CLOSED\r\n", b"+CIPRECVLEN:5\r\n" + OK)
        desk.hears(b"")


def test_an_old_fetch_without_answer_does_not_end_the_next_connection():
    with Desk() as desk:
        passive(desk)
        desk.says(notice(3))
        desk.hears(fetch())
        desk.go(desk.link.close())
        user = User()
        task = opening(desk, user)
        desk.wait(5000)
        for command, answer in (
            (b"AT+CWMODE?\r\n", b"+CWMODE:1\r\n"),
            (CLOSE, b"CLOSED\r\n"),
            (START, b"CONNECT\r\n"),
        ):
            desk.hears(command)
            desk.says(answer + OK)
            desk.wait(100)
        task.result()
        assert user.lost == []


def test_a_damaged_block_closes():
    for answer in (
        b"+CIPRECVDATA:5,hell" + OK,  # a byte is missing
        b"+CIPRECVDATA:5,hello!" + OK,
        b"+CIPRECVDATA,5:hello" + b"OK\r\n",
        b"+CIPRECVDATA:5000,hello" + OK + b"x" * 5000,
        b"+CIPREC5,hello" + OK,  # its head is
        b"hello" + OK,
        OK,
    ):
        with Desk() as desk:
            user = passive(desk)
            desk.says(notice(5))
            desk.says(data(b"fine!"), notice(5))
            desk.hears(fetch() * 2)
            desk.says(answer)
            assert user.lost == ["bytes were lost on the UART"], answer
            assert user.data == b"fine!", answer
            assert desk.modem.stats["suspected_overruns"] == 1, answer


def test_half_a_block_closes_after_a_second():
    with Desk() as desk:
        user = passive(desk)
        desk.says(notice(5))
        desk.says(b"+CIPRECVDATA:5,hel")
        desk.wait(1000)
        assert user.lost == []
        desk.wait(100)
        assert user.lost == ["bytes were lost on the UART"]


def test_a_fetch_without_answer_closes():
    with Desk() as desk:
        user = passive(desk)
        desk.says(notice(5))
        desk.wait(4950)
        assert user.lost == []
        desk.wait(50)
        assert user.lost == ["AT+CIPRECVDATA: no answer"]


def test_a_question_without_answer_does_not_close():
    with Desk() as desk:
        user = passive(desk)
        user.waiting = True
        desk.wait(1000)
        desk.hears(LENGTHS)
        desk.wait(5000)
        desk.hears(b"AT+CWMODE?\r\n")  # is it there, and in step?
        desk.says(b"+CWMODE:1\r\n" + OK)
        desk.wait(100)
        desk.hears(LENGTHS)
        assert user.lost == []


def test_no_fetch_is_larger_than_what_there_is_room_for():
    """In the ring, and in the UART's own buffer while nobody empties it."""
    for rx_size, rxbuf, most in (
        (8192, 8192, 2920),
        (2048, 8192, 1792),
        (512, 8192, 256),
        (320, 8192, 64),
        (128, 8192, 24),
        (2048, 1024, 960),
        (2048, 256, 192),
        (2048, 64, 24),
    ):
        with Desk(rx_size=rx_size, rxbuf=rxbuf) as desk:
            passive(desk)
            desk.says(notice(5000))
            desk.hears(fetch(most))


@cut_anywhere(rx_size=SMALL)
def test_a_small_ring_takes_it_in_small_pieces(desk):
    user = passive(desk)
    whole = bytes(range(100)) * 2
    desk.says(notice(200))
    for start in range(0, 200, 64):
        desk.hears(fetch(64))
        desk.says(data(whole[start : start + 64]))
    desk.hears(b"")
    assert user.data == whole


def test_what_the_user_does_not_read_waits_and_one_more_is_fetched():
    """That one has room in the UART's buffer; it is on the wire while this one is read."""
    with Desk() as desk:
        user = passive(desk)
        user.room = 0
        desk.says(notice(8))
        desk.hears(fetch())
        desk.says(data(b"abcde"))
        desk.hears(fetch())
        desk.says(data(b"fgh"))
        desk.wait(4000)
        desk.hears(b"")
        assert user.data == b""
        user.room = 8
        for _ in range(4):
            desk.channel.poll()
        assert (user.data, user.lost) == (b"abcdefgh", [])


def test_an_answer_behind_what_is_held_is_not_late():
    """The application was away for longer than the command may take, but its OK is here."""
    with Desk() as desk:
        user = passive(desk)
        user.room = 3
        desk.says(notice(9))
        desk.hears(fetch())
        desk.uart.feed(data(b"in pieces"))
        desk.pass_by(6000)
        for _ in range(4):
            desk.turn()
        assert user.data == b"in pieces"
        assert user.lost == []
        assert desk.modem.stats["timeouts"] == 0


def test_a_user_that_closes_while_it_reads():
    class Closer(User):
        def on_data(self, buf, a, b):
            desk.link.drop(OSError("enough"))
            return a  # the rest is asked for again

    with Desk() as desk:
        desk.modem.passive = True
        user = Closer()
        task = opening(desk, user)
        desk.says(b"CONNECT\r\n" + OK)
        task.result()
        desk.uart.written = b""
        desk.says(notice(5), data(b"hello"))
        desk.hears(fetch() + CLOSE)
        assert user.lost == ["enough"]
        desk.says(b"CLOSED\r\n" + OK)
        opened(desk)


def test_what_comes_before_open_has_returned_is_found():
    with Desk() as desk:
        desk.modem.passive = True
        user = User()
        user.waiting = True
        task = opening(desk, user)
        desk.says(b"CONNECT\r\n" + OK + notice(5))
        task.result()
        desk.uart.written = b""
        desk.wait(1000)
        desk.hears(LENGTHS)
        desk.says(b"+CIPRECVLEN:5\r\n" + OK)
        desk.hears(fetch())
        desk.says(data(b"hello"))
        assert user.data == b"hello"


def test_reset_of_the_module_ends_it():
    with Desk() as desk:
        user = passive(desk)
        user.waiting = True
        desk.says(notice(5), b"\r\nready\r\n")
        assert user.lost == ["the module was reset"]
        desk.uart.written = b""
        desk.wait(40000, 500)
        desk.hears(b"")


def test_a_session_is_told_what_is_missing_by_what_it_awaits():
    with Desk() as desk:
        desk.modem.passive = True
        talk = Conversation(desk)
        talk.greeting()
        desk.wait(1000)
        desk.hears(LENGTHS)  # the notice of the CONNACK was lost
        desk.says(b"+CIPRECVLEN:4\r\n" + OK)
        desk.hears(fetch())
        desk.says(data(b"\x20\x02\0\0"))
        assert talk.session.connected
        desk.wait(20000, 500)
        desk.hears(b"")


def test_a_closed_link_is_asked_nothing_more():
    with Desk() as desk:
        passive(desk)
        task = desk.go(desk.link.close())
        desk.hears(CLOSE)
        desk.says(notice(5) + OK)
        task.result()
        desk.hears(b"")
