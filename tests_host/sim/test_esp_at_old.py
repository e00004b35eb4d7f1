"""ESP-AT 2.1 and 2.2: where they differ from the recorded 4.1, byte for byte."""

import pytest
from testbench import SECOND, START, Bench

OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"
PROMPT = b"\r\n>"
BOTH = ("esp-at-2.1", "esp-at-2.2")


@pytest.fixture(params=BOTH)
def bench(request):
    return Bench(request.param).connected()


def said_in_writes(bench: Bench, data: bytes, us: int = 100_000) -> list[tuple[int, bytes]]:
    return bench.module.feed(data) + bench.module.advance(us)


@pytest.mark.parametrize("name", BOTH)
def test_only_ready_stands_on_the_port_at_boot(name):
    assert Bench(name, boot_log=True).boot_text == b"\r\nready\r\n"


def test_versions():
    said = Bench("esp-at-2.1").say(b"AT+GMR\r\n")
    assert b"\nAT version:2.1.0.0(883f7f2 - Jul 24 2020 11:50:07)\r\nSDK version:v4.0.1-" in said
    assert (
        b"\r\ncompile time(98b95fc):Oct 29 2020 11:23:25\r\nBin version:2.1.0(MINI-1)\r\n" in said
    )
    said = Bench("esp-at-2.2").say(b"AT+GMR\r\n")
    assert b"\nAT version:2.2.0.0-dev(ca41ec4 - ESP32 - Sep 16 2020 11:28:17)\r\n" in said


@pytest.mark.parametrize(
    "command", [b"AT+CIPSEND=4", b"AT+CIPSENDEX=4", b"AT+CIPSEND"], ids=["send", "escaped", "raw"]
)
def test_the_prompt_is_two_writes(bench, command):
    if command == b"AT+CIPSEND":
        bench.say(b"AT+CIPMODE=1\r\n")
    (first, ok), (second, prompt) = said_in_writes(bench, command + b"\r\n")
    assert (ok, prompt) == (OK, PROMPT)
    assert second - first == bench.module.timing.prompt_gap


def test_received_data_may_stand_before_the_prompt(bench):
    bench.module.timing.prompt_gap = 20_000
    bench.module.feed(b"AT+CIPSEND=4\r\n")
    assert bench.wait(10_000) == OK
    bench.peer.queue = b"hi"
    assert bench.wait() == b"\r\n+IPD,2:hi\r\n" + PROMPT
    assert bench.say(b"data") == b"\r\nRecv 4 bytes\r\n\r\nSEND OK\r\n"
    assert bench.peer.received == b"data"


def test_data_on_its_way_meets_the_gap_as_it_is(bench):
    """It takes 5 ms to the module; the gap begins after less and ends after more."""
    bench.net.latency_us = 5_000
    bench.peer.queue = b"hi"
    assert bench.say(b"AT+CIPSEND=4\r\n") == OK + b"\r\n+IPD,2:hi\r\n" + PROMPT


def test_the_peer_closes_before_the_prompt(bench):
    bench.module.timing.prompt_gap = 20_000
    bench.module.feed(b"AT+CIPSEND=4\r\n")
    bench.wait(10_000)
    bench.peer.closed = True
    assert bench.wait() == b"CLOSED\r\n" + PROMPT
    assert bench.say(b"data") == b"\r\nRecv 4 bytes\r\n\r\nSEND FAIL\r\n"


def test_data_before_the_prompt_is_refused(bench):
    bench.module.timing.prompt_gap = 20_000
    bench.module.feed(b"AT+CIPSEND=4\r\n")
    bench.wait(10_000)
    said = bench.say(b"data", SECOND)
    assert said == PROMPT + b"\r\nbusy p...\r\n"
    assert bench.say(b"data") == b"\r\nRecv 4 bytes\r\n\r\nSEND OK\r\n"
    assert bench.peer.received == b"data"


def test_the_peer_closes_before_passthrough_begins(bench):
    bench.say(b"AT+CIPMODE=1\r\n")
    bench.module.timing.prompt_gap = 20_000
    bench.module.feed(b"AT+CIPSEND\r\n")
    bench.wait(10_000)
    bench.peer.closed = True
    assert bench.wait(SECOND) == b"CLOSED\r\n" + PROMPT
    assert len(bench.peers) == 2
    bench.peer.queue = b"hello"
    assert bench.say(b"again") == b"hello"
    assert bench.peer.received == b"again"


def test_at_most_2048_bytes(bench):
    assert bench.say(b"AT+CIPSEND=2049\r\n") == ERROR
    assert bench.say(b"AT+CIPSEND=2048\r\n") == OK + PROMPT
    assert bench.say(b"x" * 2048) == b"\r\nRecv 2048 bytes\r\n\r\nSEND OK\r\n"


@pytest.mark.parametrize(
    "command",
    [
        b"AT+CIPSENDL=9",
        b"AT+CIPSENDLCFG?",
        b"AT+CIPSTATE?",
        b"AT+SYSTIMESTAMP?",
        b"AT+SYSMFG?",
        b"AT+CIPRECVTYPE?",
        b"AT+CIPSSLCCIPHER?",
        b"AT+CWINIT?",
    ],
)
def test_commands_they_do_not_have(bench, command):
    assert bench.say(command + b"\r\n") == ERROR


@pytest.mark.parametrize(
    "command",
    [
        b'AT+CIPSSLCSNI="a"',
        b'AT+CIPSSLCALPN=1,"a"',
        b"AT+SYSLOG=1",
        b"AT+SYSSTORE=0",
        b"AT+SYSMSG=0",
        b"AT+CIPRECVMODE=0",
        b"AT+MQTTCONN?",
        b"AT+CIPSTATUS",
    ],
)
def test_commands_they_have(bench, command):
    assert bench.say(command + b"\r\n").endswith(OK)


def test_what_2_2_brought():
    new, old = Bench("esp-at-2.2").online(), Bench("esp-at-2.1").online()
    for command in (b"AT+CMD?", b"AT+CWSTATE?", b"AT+CWRECONNCFG?", b"AT+SYSMSG=4"):
        assert new.say(command + b"\r\n").endswith(OK), command
        assert old.say(command + b"\r\n") == ERROR, command
    listed = new.say(b"AT+CMD?\r\n")
    assert listed.startswith(b'+CMD:0,"AT",0,0,0,1\r\n')
    assert b'"AT+CIPSEND"' in listed and b'"AT+CIPSENDL"' not in listed


def test_failing_to_connect_says_error_only(bench):
    bench.say(b"AT+SYSLOG=1\r\n")
    assert bench.say(START) == ERROR  # one is open
    bench.say(b"AT+CIPCLOSE\r\n")
    assert bench.say(b'AT+CIPSTART="TCP","peer.local",8\r\n') == ERROR
    assert bench.say(b'AT+CIPSTART="TCP","no.such.host",7\r\n', SECOND) == ERROR
    assert bench.say(b"AT+CIPSEND=4\r\n") == ERROR
    bench.say(b"AT+CWQAP\r\n", SECOND)
    assert bench.say(START) == ERROR


def test_passive_receiving(bench):
    """As in 4.1: what a read leaves is announced anew."""
    bench.say(b"AT+CIPRECVMODE=1\r\n")
    bench.peer.queue = b"hello"
    assert bench.wait() == b"\r\n+IPD,5\r\n"
    bench.peer.closed = True
    said = bench.say(b"AT+CIPRECVDATA=4\r\n", SECOND)
    assert said == b"+CIPRECVDATA:4,hell" + OK + b"\r\n+IPD,1\r\n"
    assert bench.say(b"AT+CIPRECVDATA=4\r\n") == b"+CIPRECVDATA:1,o" + OK + b"CLOSED\r\n"


@pytest.mark.parametrize("name", [*BOTH, "nonos"])
def test_a_time_that_was_found_is_not_announced(name):
    bench = Bench(name, epoch=1_700_000_000).online()
    assert bench.say(b"AT+CIPSNTPCFG=1,0\r\n", 2 * SECOND) == OK
    assert b"2023" in bench.say(b"AT+CIPSNTPTIME?\r\n")
