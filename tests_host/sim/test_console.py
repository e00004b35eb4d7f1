"""One command at a time: echo, busy answers, surplus bytes, restarts, the UART's rate."""

import pytest
from testbench import SECOND, START, Bench, joined

OK = b"\r\nOK\r\n"
BUSY = b"\r\nbusy p...\r\n"
JOIN = b'AT+CWJAP="home","secret"\r\n'


@pytest.fixture
def bench():
    bench = Bench()
    bench.say(b"ATE0\r\n")
    bench.say(b"AT+CWMODE=1\r\n")
    return bench


def test_echo():
    bench = Bench()
    assert bench.boot_text == b"\r\nready\r\n"
    assert bench.say(b"AT\r\n") == b"AT\r\n" + OK
    assert bench.say(b"ATE0\r\n") == b"ATE0\r\n" + OK
    assert bench.say(b"AT\r\n") == OK
    assert bench.say(b"ATE1\r\n") == OK
    assert bench.say(b"AT\r\n") == b"AT\r\n" + OK


def test_nothing_is_heard_before_power_and_during_boot():
    bench = Bench()
    assert joined(bench.module.reset()) == b""
    assert bench.say(b"AT\r\n", 500_000) == b""
    assert bench.wait(SECOND) == b"\r\nready\r\n"


def test_a_second_command_in_the_same_read_is_discarded(bench):
    assert bench.say(b"AT\r\nAT+GMR\r\n") == BUSY + OK


def test_a_stray_line_end_counts_as_well(bench):
    assert bench.say(b"AT\r\n\r\n") == BUSY + OK


def test_bytes_one_by_one_make_the_same_read(bench):
    said = b""
    for byte in b"AT\r\nAT+GMR\r\n":
        said += bench.say(bytes([byte]), 87)
    assert said + bench.wait() == BUSY + OK


def test_two_reads_are_two_commands(bench):
    assert bench.say(b"AT\r\n", 5_000) + bench.say(b"AT\r\n", 5_000) == OK + OK


def test_one_busy_line_stands_for_what_came_in_half_a_second(bench):
    assert bench.say(JOIN, SECOND) == b""
    assert bench.say(b"AT\r\n", 300_000) == b""
    assert bench.say(b"AT+GMR\r\n", 199_000) == b""
    assert bench.wait(5_000) == BUSY
    assert bench.say(b"AT\r\n", SECOND) == BUSY


def test_busy_comes_before_the_result(bench):
    bench.say(JOIN, 5 * SECOND + 800_000)
    assert bench.say(b"AT\r\n", SECOND) == b"WIFI GOT IP\r\n" + BUSY + OK


def test_busy_with_its_error_code(bench):
    bench.say(b"AT+SYSLOG=1\r\n")
    assert bench.say(b"AT\r\nx") == b"ERR CODE:0x010b0000\r\n" + BUSY + OK


def test_forced_restart_during_a_command(bench):
    bench.say(JOIN, SECOND)
    said = bench.say(b"AT+RST\r\n", 2 * SECOND)
    assert said == b"\r\nWill force to restart!!!\r\n\r\nready\r\n"
    assert bench.say(b"AT\r\n") == b"AT\r\n" + OK  # the echo is on again


def test_restart_forgets_and_keeps():
    bench = Bench().connected()
    said = bench.say(b"AT+RST\r\n", 3 * SECOND)
    assert said == (
        b"\r\nOK\r\nWIFI DISCONNECT\r\nCLOSED\r\nWIFI CONNECTED\r\n\r\nready\r\nWIFI GOT IP\r\n"
    )
    assert bench.peer.gone
    bench.say(b"ATE0\r\n")
    assert bench.say(b"AT+CIPSTATE?\r\n") == OK
    assert bench.say(b"AT+CWMODE?\r\n") == b"+CWMODE:1\r\n" + OK


def test_settings_with_sysstore_off_do_not_survive(bench):
    bench.say(b"AT+SYSSTORE=0\r\n")
    bench.say(b"AT+CWMODE=3\r\n")
    assert bench.say(b"AT+CWMODE?\r\n") == b"+CWMODE:3\r\n" + OK
    bench.say(b"AT+RST\r\n", 2 * SECOND)
    bench.say(b"ATE0\r\n")
    assert bench.say(b"AT+CWMODE?\r\n") == b"+CWMODE:1\r\n" + OK
    assert bench.say(b"AT+SYSSTORE?\r\n") == b"+SYSSTORE:1\r\n" + OK


def test_restore_forgets_the_network():
    bench = Bench().online()
    bench.say(b"AT+RESTORE\r\n", 3 * SECOND)
    bench.say(b"ATE0\r\n")
    assert bench.say(b"AT+CWMODE?\r\n") == b"+CWMODE:2\r\n" + OK
    assert bench.say(b"AT+CWJAP?\r\n") == OK


def test_baud_changes_after_ok(bench):
    writes = bench.module.feed(b"AT+UART_CUR=921600,8,1,0,3\r\n")
    while not writes:
        writes = bench.module.advance(bench.module.due())
    assert (joined(writes), bench.module.baud) == (OK, 115200)
    bench.wait(500)
    assert bench.module.baud == 115200  # OK is still on the wire: 6 bytes are 521 us
    bench.wait(100)
    assert (bench.module.baud, bench.module.flow) == (921600, 3)
    assert bench.say(b"AT+UART_CUR?\r\n") == b"+UART_CUR:922190,8,1,0,3\r\n" + OK
    bench.say(b"AT+RST\r\n", 2 * SECOND)
    assert bench.module.baud == 115200


def test_stored_baud_survives(bench):
    bench.say(b"AT+UART_DEF=9600,8,1,0,0\r\n")
    assert bench.module.baud == 9600
    bench.module.reset()
    bench.wait(2 * SECOND)
    assert bench.module.baud == 9600


@pytest.mark.parametrize(
    "arguments", [b"79,8,1,0,0", b"5000001,8,1,0,0", b"9600,4,1,0,0", b"9600,8,1,0,4", b"9600"]
)
def test_impossible_uart_settings(bench, arguments):
    assert bench.say(b"AT+UART_CUR=" + arguments + b"\r\n") == b"\r\nERROR\r\n"
    assert bench.module.baud == 115200


def test_offsets_tell_when_within_the_call(bench):
    """Line at 0, read ends 1000 us later, the answer comes 1500 us after that."""
    assert bench.module.feed(b"AT\r\n") == []
    assert bench.module.advance(10_000) == [(2_500, OK)]


def test_due_walks_through_everything(bench):
    bench.module.feed(JOIN)
    said = b""
    for _ in range(20):
        due = bench.module.due()
        if due is None:
            break
        said += joined(bench.module.advance(due))
    assert said == b"WIFI CONNECTED\r\nWIFI GOT IP\r\n" + OK
    assert bench.module.due() is None


def test_what_goes_to_the_host_can_be_altered(bench):
    bench.module.on_write = lambda data: data.replace(b"OK", b"KO")
    assert bench.say(b"AT\r\n") == b"\r\nKO\r\n"


def test_connect_without_network(bench):
    assert bench.say(START) == b"\r\nERROR\r\n"
