"""Command lines: the 256-byte rule, line ends, NUL, names, arguments, escapes."""

import pytest
from testbench import Bench

from atsim.syntax import Failure, parse, split, unquote

ERROR = b"\r\nERROR\r\n"
OK = b"\r\nOK\r\n"


@pytest.fixture
def bench():
    bench = Bench()
    bench.say(b"ATE0\r\n")
    return bench


def hostname(length: int) -> bytes:
    """AT+CWHOSTNAME="hhh..." of exactly so many bytes, CRLF included."""
    head, tail = b'AT+CWHOSTNAME="', b'"\r\n'
    return head + b"h" * (length - len(head) - len(tail)) + tail


def test_256_bytes_pass(bench):
    assert bench.say(hostname(256)) == OK


@pytest.mark.parametrize("length", [257, 258, 259, 260, 300])
def test_longer_lines_fail(bench, length):
    assert bench.say(hostname(length)) == ERROR


def test_the_tail_from_byte_257_on_is_a_command(bench):
    assert bench.say(b"A" * 256 + b"AT+CIPMUX?\r\n") == b"+CIPMUX:0\r\n" + OK


def test_the_tail_after_several_blocks_is_a_command(bench):
    assert bench.say(b"A" * 768 + b"AT\r\n") == OK


def test_the_rule_counts_over_reads(bench):
    assert bench.say(b"A" * 200) == b""
    assert bench.say(b"A" * 56) == b""
    assert bench.say(b"AT\r\n") == OK


def test_lone_cr_or_lf_does_not_end_a_line(bench):
    assert bench.say(b"AT\n") == b""
    assert bench.say(b"\r\n") == ERROR  # the line was "AT\n"
    assert bench.say(b"AT\r") == b""
    assert bench.say(b"AT\r\n") == ERROR  # the line was "AT\rAT"


def test_cr_and_lf_pass_inside_quotes(bench):
    assert bench.say(b'AT+CWHOSTNAME="a\rb\nc"\r\n') == OK
    assert bench.say(b"AT+CWHOSTNAME?\r\n") == b"+CWHOSTNAME:a\rb\nc\r\n" + OK


def test_cr_lf_inside_quotes_ends_the_line(bench):
    assert bench.say(b'AT+CWHOSTNAME="a\r\n') == ERROR


def test_nul_drops_what_came_before(bench):
    assert bench.say(b'AT+CWHOSTNAME="a\x00b"\r\n') == ERROR
    assert bench.say(b'AT+CWHOSTNAME="a\x00AT+CIPMUX?\r\n') == b"+CIPMUX:0\r\n" + OK


def test_empty_line_and_unknown_command(bench):
    assert bench.say(b"\r\n") == ERROR
    assert bench.say(b"AT+NOSUCH\r\n") == ERROR
    assert bench.say(b"AT+GMR=1\r\n") == ERROR
    assert bench.say(b"AT+GMR=?\r\n") == ERROR


def test_names_have_no_case_but_arguments_do(bench):
    assert bench.say(b'at+CwHostName="Name"\r\n') == OK
    assert bench.say(b"at+cwhostname?\r\n") == b"+CWHOSTNAME:Name\r\n" + OK


def test_error_codes(bench):
    bench.say(b"AT+SYSLOG=1\r\n")
    assert bench.say(b"AT+NOSUCH\r\n") == b"ERR CODE:0x01090000\r\n" + ERROR
    assert bench.say(b"\r\n") == b"ERR CODE:0x01030000\r\n" + ERROR
    assert bench.say(b"AT+CWHOSTNAME=x\r\n") == b"ERR CODE:0x01080000\r\n" + ERROR
    assert bench.say(b'AT+MQTTUSERCFG=0,1,c,"","",0,0,""\r\n') == (
        b"ERR CODE:0x01080002\r\nERR CODE:0x010a6014\r\n" + ERROR
    )


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        (b"1", [b"1"]),
        (b"1,,2", [b"1", b"", b"2"]),
        (b'"a,b"', [b'"a', b'b"']),  # quotes do not protect commas
        (rb'"a\,b",1', [rb'"a\,b"', b"1"]),
        (b",", [b"", b""]),
    ],
)
def test_split(text, pieces):
    assert split(text) == pieces


def test_sixteen_arguments_are_the_most():
    assert len(split(b"," * 15)) == 16
    with pytest.raises(Failure):
        split(b"," * 16)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'""', b""),
        (b'"a b"', b"a b"),
        (rb'"a\"b"', b'a"b'),
        (rb'"a\\b"', rb"a\b"),
        (rb'"a\,b"', b"a,b"),
        (rb'"a\nb"', b"anb"),  # no escape has a meaning of its own
        (b'"\xc3\xa9"', b"\xc3\xa9"),
        (b'"a"b"', None),
        (rb'"a\"', None),
        (b"a", None),
        (b'"', None),
        (b"", None),
    ],
)
def test_unquote(raw, value):
    assert unquote(raw) == value


def test_omitted_and_empty_arguments_differ():
    command = parse(b'AT+X=,"",5\r\n')
    assert [command.given(index) for index in range(4)] == [False, True, True, False]
    assert command.text(1) == b""
    assert command.number(2, 0, 5) == 5
    for failing in (lambda: command.text(0), lambda: command.number(2, 0, 4)):
        with pytest.raises(Failure):
            failing()
