"""Links: opening, sending, receiving, losing them; several at once; passthrough."""

import pytest
from testbench import HOST, PORT, SECOND, START, Bench

from atsim.net import CLOSED

OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"
BUSY = b"\r\nbusy p...\r\n"
PROMPT = b"\r\nOK\r\n\r\n>"
SENT = b"\r\nRecv %d bytes\r\n\r\nSEND OK\r\n"


@pytest.fixture
def bench():
    return Bench().connected()


def test_send(bench):
    assert bench.say(b"AT+CIPSEND=5\r\n") == PROMPT
    assert bench.say(b"\x00\r\nAT") == SENT % 5
    assert bench.peer.received == b"\x00\r\nAT"


def test_data_may_come_in_pieces(bench):
    bench.say(b"AT+CIPSEND=4\r\n")
    assert bench.say(b"ab") == b""
    assert bench.say(b"+++"[:1]) == b""
    assert bench.say(b"c") == SENT % 4
    assert bench.peer.received == b"ab+c"


def test_surplus_bytes_give_busy_before_the_result(bench):
    bench.say(b"AT+CIPSEND=2\r\n")
    assert bench.say(b"ab\r\n") == b"\r\nRecv 2 bytes\r\n" + BUSY + b"\r\nSEND OK\r\n"
    assert bench.peer.received == b"ab"


def test_three_pluses_alone_cancel(bench):
    bench.say(b"AT+CIPSEND=20\r\n")
    bench.say(b"abc")
    assert bench.say(b"+++") == b"\r\nSEND Canceled\r\n"
    assert bench.say(b"AT\r\n") == OK
    assert bench.peer.received == b""


def test_three_pluses_among_others_are_data(bench):
    bench.say(b"AT+CIPSEND=4\r\n")
    assert bench.say(b"+++a") == SENT % 4
    assert bench.peer.received == b"+++a"


@pytest.mark.parametrize("count", [b"0", b"8193", b"-1", b"x", b"", b"1,2"])
def test_impossible_lengths(bench, count):
    assert bench.say(b"AT+CIPSEND=" + count + b"\r\n") == ERROR


def test_the_largest_length(bench):
    assert bench.say(b"AT+CIPSEND=8192\r\n") == PROMPT
    assert bench.say(b"x" * 8192) == SENT % 8192
    assert bench.peer.received == b"x" * 8192


def test_received_data(bench):
    bench.peer.queue = b"hello"
    assert bench.wait() == b"\r\n+IPD,5:hello\r\n"
    bench.say(b"AT+CIPDINFO=1\r\n")
    bench.peer.queue = b"hello"
    ip = str(bench.net.resolve(HOST)).encode()
    assert bench.wait() == b'\r\n+IPD,5,"%s",%d:hello\r\n' % (ip, PORT)


def test_data_is_cut_into_segments(bench):
    bench.peer.queue = bytes(3000)
    said = bench.wait(SECOND)
    assert said == b"".join(b"\r\n+IPD,%d:%s\r\n" % (n, bytes(n)) for n in (1440, 1440, 120))


def test_data_arrives_while_the_host_sends(bench):
    bench.say(b"AT+CIPSEND=4\r\n")
    bench.peer.queue = b"in"
    assert bench.say(b"ou") == b"\r\n+IPD,2:in\r\n"
    assert bench.say(b"t!") == SENT % 4


def test_a_slow_uart_holds_the_peer_back(bench):
    """At 9600 baud 20,000 bytes take 21 s; the module keeps 8192 of them and the TCP window
    holds the rest back."""
    bench.say(b"AT+UART_CUR=9600,8,1,0,0\r\n")
    bench.peer.queue = bytes(20_000)
    said = bench.wait(SECOND)
    assert 8192 < len(said) < 8192 + 960 + 3000
    assert bench.peer.queue
    assert len(said + bench.wait(25 * SECOND)) > 20_000
    assert not bench.peer.queue


def test_the_peer_closes(bench):
    bench.peer.queue = b"bye"
    bench.peer.closed = True
    assert bench.wait() == b"\r\n+IPD,3:bye\r\nCLOSED\r\n"
    assert bench.say(b"AT+CIPSTATUS\r\n") == b"STATUS:4\r\n" + OK


def test_the_peer_closes_under_announced_data(bench):
    bench.say(b"AT+CIPSEND=2\r\n")
    bench.peer.closed = True
    assert bench.wait() == b"CLOSED\r\n"
    assert bench.say(b"ab") == b"\r\nRecv 2 bytes\r\n\r\nSEND FAIL\r\n"


def test_close(bench):
    assert bench.say(b"AT+CIPCLOSE\r\n") == b"CLOSED\r\n" + OK
    assert bench.peer.gone
    assert bench.say(b"AT+CIPCLOSE\r\n") == ERROR


def test_connecting_fails(bench):
    bench.say(b"AT+CIPCLOSE\r\n")
    assert bench.say(b'AT+CIPSTART="TCP","peer.local",8\r\n') == ERROR
    assert bench.say(b'AT+CIPSTART="TCP","no.such.host",7\r\n', 30 * SECOND) == ERROR
    bench.net.black_hole = True
    assert bench.say(START, 30 * SECOND) == ERROR


@pytest.mark.parametrize(
    "arguments",
    [b'"UDP","peer.local",7', b'"TCP","peer.local"', b'"TCP","peer.local",0', b'"TCP",peer,7'],
)
def test_impossible_connections(bench, arguments):
    bench.say(b"AT+CIPCLOSE\r\n")
    assert bench.say(b"AT+CIPSTART=" + arguments + b"\r\n") == ERROR


def test_several_links():
    bench = Bench().online()
    assert bench.say(b"AT+CIPMUX=1\r\n") == OK
    assert bench.say(b'AT+CIPSTART=0,"TCP","peer.local",7\r\n') == b"0,CONNECT\r\n" + OK
    assert bench.say(b'AT+CIPSTART=4,"TCP","peer.local",7\r\n') == b"4,CONNECT\r\n" + OK
    assert bench.say(b'AT+CIPSTART=5,"TCP","peer.local",7\r\n') == ERROR
    assert bench.say(b"AT+CIPMUX=0\r\n") == ERROR
    first, second = bench.peers
    bench.say(b"AT+CIPSEND=4,3\r\n")
    assert bench.say(b"abc") == SENT % 3
    assert (first.received, second.received) == (b"", b"abc")
    second.queue = b"xyz"
    assert bench.wait() == b"\r\n+IPD,4,3:xyz\r\n"
    first.closed = True
    assert bench.wait() == b"0,CLOSED\r\n"
    assert bench.say(b"AT+CIPCLOSE=5\r\n") == b"4,CLOSED\r\n" + OK
    assert bench.say(b"AT+CIPMUX=0\r\n") == OK


def test_passive_receiving():
    bench = Bench().online()
    bench.say(b"AT+CIPRECVMODE=1\r\n")
    bench.say(START)
    bench.peer.queue = b"hello"
    assert bench.wait() == b"\r\n+IPD,5\r\n"
    bench.peer.queue = b"!"
    assert bench.wait() == b""  # the notice stands
    bench.peer.closed = True
    assert bench.say(b"AT+CIPRECVLEN?\r\n") == b"+CIPRECVLEN:6\r\n" + OK
    assert bench.say(b"AT+CIPRECVDATA=4\r\n") == b"+CIPRECVDATA:4,hell" + OK + b"\r\n+IPD,2\r\n"
    assert bench.say(b"AT+CIPRECVDATA=9\r\n") == b"+CIPRECVDATA:2,o!" + OK + b"CLOSED\r\n"
    assert bench.say(b"AT+CIPRECVDATA=9\r\n") == ERROR


@pytest.fixture
def streaming(bench):
    bench.say(b"AT+CIPMODE=1\r\n")
    assert bench.say(b"AT+CIPSEND\r\n") == PROMPT
    return bench


def test_passthrough(streaming):
    assert streaming.say(b"AT\r\n") == b""
    assert streaming.peer.received == b"AT\r\n"
    streaming.peer.queue = b"raw\r\nOK"
    assert streaming.wait() == b"raw\r\nOK"


def test_passthrough_ends_with_pluses_alone(streaming):
    streaming.say(b"abc", 10_000)
    streaming.say(b"+++")  # too early: one packet with what came before
    assert streaming.peer.received == b"abc+++"
    assert streaming.say(b"+++") == b""
    assert streaming.say(b"AT\r\n") == OK
    assert streaming.peer.received == b"abc+++"


def test_passthrough_end_is_told_when_asked(bench):
    bench.say(b"AT+SYSMSG=1\r\n")
    bench.say(b"AT+CIPMODE=1\r\n")
    bench.say(b"AT+CIPSEND\r\n")
    assert bench.say(b"+++") == b"\r\n+QUITT\r\n"


def test_passthrough_connects_again_in_silence(streaming):
    streaming.peer.closed = True
    assert streaming.wait(SECOND) == b""
    assert len(streaming.peers) == 2
    streaming.peer.queue = b"hello again"
    assert streaming.say(b"again") == b"hello again"
    assert streaming.peer.received == b"again"
    assert streaming.say(b"+++") == b""
    assert streaming.say(b"AT+CIPCLOSE\r\n") == b"CLOSED\r\n" + OK


def test_passthrough_survives_the_loss_of_wifi(streaming):
    streaming.module.station.lose()
    assert streaming.wait(10 * SECOND) == b""
    assert len(streaming.peers) == 2
    streaming.say(b"again")
    assert streaming.peer.received == b"again"


def test_lost_wifi_closes_links(bench):
    bench.module.station.lose()
    said = bench.wait(5 * SECOND)
    assert said == b"WIFI DISCONNECT\r\nCLOSED\r\nWIFI CONNECTED\r\nWIFI GOT IP\r\n"
    assert bench.say(START) == b"CONNECT\r\n" + OK


def test_a_reset_link_closes(bench):
    bench.net.cut()
    assert bench.wait() == b"CLOSED\r\n"
    assert bench.module.links.slots[0] is None


def test_a_reset_while_connecting_leaves_nothing_open():
    bench = Bench().online()
    bench.net.latency_us = 50_000
    bench.module.feed(START)
    bench.wait(10_000)
    bench.module.reset()
    bench.wait(SECOND)
    assert bench.peers == [] or bench.peer.gone


def test_wifi_is_lost_while_connecting():
    bench = Bench().online()
    bench.net.black_hole = True
    bench.module.feed(START)
    bench.wait(10_000)
    bench.module.station.lose()
    assert bench.wait() == b"WIFI DISCONNECT\r\n" + ERROR


def test_passthrough_ends_while_connecting_again(streaming):
    streaming.net.black_hole = True
    streaming.module.links.slots[0].link.close()
    assert streaming.wait(SECOND) == b""
    assert streaming.say(b"+++") == b"CLOSED\r\n"
    assert streaming.say(b"AT\r\n") == OK
    streaming.net.black_hole = False
    assert streaming.wait(30 * SECOND) == b""
    assert streaming.say(b"AT+CIPSTATE?\r\n") == OK


def test_nothing_is_left_open_by_a_reset(bench):
    link = bench.module.links.slots[0].link
    bench.module.reset()
    assert link.state == CLOSED


def test_long_data_can_be_cancelled(bench):
    bench.say(b"AT+CIPSENDL=100000\r\n")
    bench.say(b"x" * 2000)
    assert bench.say(b"+++") == b"\r\nSEND CANCELLED\r\n"
    assert bench.say(b"AT\r\n") == OK


def test_escaped_data_ends_at_its_length_or_at_backslash_zero(bench):
    bench.say(b"AT+CIPSENDEX=3\r\n")
    assert bench.say(rb"a\\b") == SENT % 3
    bench.say(b"AT+CIPSENDEX=9\r\n")
    assert bench.say(rb"c\0") == SENT % 1
    assert bench.peer.received == rb"a\bc"
