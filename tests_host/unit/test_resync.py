"""In step again: after a timeout no late answer may complete another command."""

from scripted import ANSWERS, BUSY, ERROR, OK, PROBES, scripted

from atmqtt.errors import ATTimeout


def time_out(at, line=b"AT+A", timeout_ms=2000):
    """A command that gets no answer."""
    command = at.submit(line, timeout_ms=timeout_ms)
    at.later(timeout_ms)
    assert isinstance(command.error, ATTimeout)
    at.sent()


@scripted
def test_probe_comes_before_the_next_command(at):
    time_out(at)
    command = at.submit(b"AT+B")
    assert at.sent() == PROBES[0]
    at.says(ANSWERS[0])
    assert at.sent() == b"AT+B\r\n"
    at.says(OK)
    assert command.done and not command.error
    at.submit(b"AT+C")
    assert at.sent() == b"AT+C\r\n"  # in step


@scripted
def test_no_probe_while_nothing_waits(at):
    time_out(at)
    at.later(10000)
    assert at.sent() == b""


@scripted
def test_late_answers_complete_nothing(at):
    for late in (
        OK,
        ERROR,
        b"ERR CODE:0x01090000\r\n" + ERROR,
        b"+A:1\r\n" + OK,
        b"SEND OK\r\n",
        b"FAIL\r\n",
        b"+MQTTPUB:OK\r\n",
        OK + OK + ERROR,
    ):
        time_out(at)
        command = at.submit(b"AT+B")
        assert at.sent() == PROBES[0], late
        at.says(late)
        assert at.sent() == b"" and not command.done, late
        at.says(ANSWERS[0])
        assert at.sent() == b"AT+B\r\n", late
        at.says(b"+B:1\r\n" + OK)
        assert command.done and not command.error and command.info == [b"+B:1"], late


@scripted
def test_late_answer_before_the_next_command_is_harmless(at):
    time_out(at)
    at.says(b"+A:1\r\n" + OK)
    command = at.submit(b"AT+B")
    at.says(ANSWERS[0])
    assert at.sent() == PROBES[0] + b"AT+B\r\n" and not command.done


@scripted
def test_two_probes_take_turns(at):
    time_out(at)
    at.submit(b"AT+B")
    at.later(3000)
    assert at.sent() == PROBES[0] + PROBES[1] + PROBES[0] + PROBES[1]


@scripted
def test_late_answer_to_a_probe_does_not_complete_the_next_probe(at):
    time_out(at)
    command = at.submit(b"AT+B")
    at.later(1000)
    assert at.sent() == PROBES[0] + PROBES[1]
    at.says(ANSWERS[0])
    assert at.sent() == b""
    at.says(ANSWERS[1])
    at.later(90)
    assert at.sent() == b""  # an answer to one of the probes may still come
    at.later(10)
    assert at.sent() == b"AT+B\r\n" and not command.done


@scripted
def test_late_answer_to_a_probe_that_met_busy(at):
    time_out(at)
    command = at.submit(b"AT+B")
    at.says(BUSY)  # for bytes before the probe: the probe itself is carried out, slowly
    at.later(1000)
    at.says(ANSWERS[0])
    at.later(500)
    assert at.sent() == PROBES[0] + PROBES[1]
    at.says(ANSWERS[1])
    at.later(100)
    assert at.sent() == b"AT+B\r\n" and not command.done


@scripted
def test_silence_fails_what_is_queued_and_the_next_command_probes_again(at):
    time_out(at)
    commands = [at.submit(b"AT+B"), at.submit(b"AT+C")]
    at.later(4990)
    assert not commands[0].done and at.sent().count(b"\r\n") == 5
    at.later(10)
    for command in commands:
        assert isinstance(command.error, ATTimeout)
        assert "does not answer" in str(command.error)
    assert at.events == ["silent"]
    at.later(20000)
    assert at.sent() == b""
    command = at.submit(b"AT+D")
    assert at.sent() == PROBES[1]
    at.says(ANSWERS[1])
    at.later(100)
    assert at.sent() == b"AT+D\r\n"
    at.says(OK)
    assert command.done and not command.error


@scripted
def test_timeouts_of_probes_are_not_counted_as_the_user_s(at):
    time_out(at)
    at.submit(b"AT+B")
    at.later(5000)
    assert at.stats["timeouts"] == 1


@scripted
def test_patience_with_a_busy_module(at):
    time_out(at)
    command = at.submit(b"AT+B")
    for _ in range(60):
        at.says(BUSY)
        at.later(1000)
    assert not command.done
    assert 55 <= at.sent().count(b"\r\n") <= 65
    at.says(ANSWERS[0])
    at.says(ANSWERS[1])
    at.later(1000)
    assert at.sent().endswith(b"AT+B\r\n")


@scripted
def test_patience_has_an_end(at):
    time_out(at)
    command = at.submit(b"AT+B")
    for _ in range(100):
        at.says(BUSY)
        at.later(1000)
    assert isinstance(command.error, ATTimeout)


@scripted
def test_error_instead_of_the_probe_s_line_is_no_answer(at):
    time_out(at)
    command = at.submit(b"AT+B")
    at.sent()
    at.says(ERROR)
    at.later(990)
    assert at.sent() == b"" and not command.done
    at.later(10)
    assert at.sent() == PROBES[1]


@scripted
def test_fail_forgets_that_answers_are_owed(at):
    time_out(at)
    at.channel.fail(ATTimeout("the module was reset"))
    at.submit(b"AT+B")
    assert at.sent() == b"AT+B\r\n"


@scripted
def test_out_of_step_by_request(at):
    at.channel.out_of_step()
    at.submit(b"AT+B")
    assert at.sent() == PROBES[0]
