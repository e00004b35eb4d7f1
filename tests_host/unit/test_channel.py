"""The queue: one command in flight, deadlines, and what happens when everything fails."""

from errno import EIO

from scripted import BUSY, ERROR, OK, PROMPT, Bench, FakeTime, scripted

from atmqtt.errors import ATError, ATTimeout
from atmqtt.request import Request
from plain import raises


@scripted
def test_commands_go_out_in_order_one_at_a_time(at):
    names = (b"AT+A", b"AT+B", b"AT+C")
    commands = [at.submit(name) for name in names]
    for name, command in zip(names, commands):
        assert at.sent() == name + b"\r\n"
        at.later(100)
        assert at.sent() == b""
        at.says(OK)
        assert command.done
    assert at.channel.idle()


@scripted
def test_an_error_does_not_touch_the_next_command(at):
    first, second = at.submit(b"AT+A"), at.submit(b"AT+B")
    at.says(ERROR)
    assert first.error and not second.done
    assert at.sent() == b"AT+A\r\nAT+B\r\n"
    at.says(OK)
    assert second.done and not second.error


@scripted
def test_answers_in_one_read_go_to_their_commands(at):
    first, second = at.submit(b"AT+A"), at.submit(b"AT+B")
    at.says(b"+A:1\r\n" + OK + b"+B:1\r\n")
    assert first.info == [b"+A:1"]
    # one line too early for the second, which was not sent yet: it is nobody's
    assert at.stats["unknown"] == 1 and second.info == []


@scripted
def test_busy_is_met_by_one_repetition(at):
    command = at.submit(b"AT+CWMODE=1")
    for _ in range(200):
        at.says(BUSY)
    assert at.stats["busy"] == 200
    at.later(490)
    assert at.sent() == b"AT+CWMODE=1\r\n"
    at.later(500)
    assert at.sent() == b"AT+CWMODE=1\r\n"
    at.says(OK)
    assert command.done and not command.error


@scripted
def test_busy_again_and_again_is_no_storm(at):
    command = at.submit(b'AT+CWJAP="a","b"', timeout_ms=20000)
    for _ in range(200):
        at.says(BUSY)
        at.later(50)
    assert 1 < at.sent().count(b"AT+CWJAP") <= 21
    at.says(b"WIFI CONNECTED\r\nWIFI GOT IP\r\n" + OK)
    assert command.done and not command.error


@scripted
def test_busy_then_silence_is_bounded(at):
    command = at.submit(b"AT+GMR")
    at.says(BUSY)
    at.later(5000)
    assert at.sent() == b"AT+GMR\r\n" * 2
    assert isinstance(command.error, ATTimeout)


@scripted
def test_answer_to_the_first_of_two_copies_does_not_complete_the_next_command(at):
    first, second = at.submit(b"AT+A"), at.submit(b"AT+B")
    at.says(BUSY)
    at.later(500)
    at.says(OK)
    assert first.done
    at.says(OK)  # of the second copy
    assert not second.done
    assert b"AT+B" not in at.sent()


@scripted
def test_drop_fails_the_owner_s_queued_commands_only(at):
    owner = Owner(lambda command: None)
    at.submit(b"AT+A", owner=owner)
    at.submit(b"AT+B", owner=owner)
    at.submit(b"AT+C")
    error = ATError("gone")
    first, second, third = at.channel.command, at.channel._queue[0], at.channel._queue[1]
    at.channel.drop(owner, error)
    assert second.error is error and not first.done and not third.done
    at.says(OK)
    assert first.done and not first.error
    assert at.sent() == b"AT+A\r\nAT+C\r\n"


@scripted
def test_withdraw_takes_back_what_is_not_sent(at):
    first, second = at.submit(b"AT+A"), at.submit(b"AT+B")
    at.channel.withdraw(second)
    at.channel.withdraw(first)  # too late, and harmless
    at.says(OK)
    assert first.done and not second.done and at.sent() == b"AT+A\r\n" and at.channel.idle()


@scripted
def test_fail_ends_all_and_forgets_the_bytes_not_yet_written(at):
    at.uart.takes = [4]
    commands = [at.submit(b"AT+LONG"), at.submit(b"AT+B", [b"data"])]
    error = ATError("the module was reset")
    at.channel.fail(error)
    assert [command.error for command in commands] == [error, error]
    assert at.channel.idle()
    at.says(PROMPT)
    assert at.sent() == b"AT+L"
    assert not at.submit(b"AT").done
    assert at.sent() == b"AT\r\n"


@scripted
def test_close_ends_what_waits_for_the_clock_too(at):
    request = at.channel.time(Request(), 1000)
    command = at.submit(b"AT")
    error = ATError("modem closed")
    at.channel.close(error)
    assert request.error is error and command.error is error
    at.later(2000)
    assert request.error is error


@scripted
def test_a_pause_ends_well_and_a_deadline_with_its_error(at):
    pause, deadline = Request(), Request()
    deadline.overdue = ATTimeout("late")
    at.channel.time(pause, 100)
    at.channel.time(deadline, 200)
    at.later(90)
    assert not pause.done
    at.later(10)
    assert pause.done and pause.value() is None and not deadline.done
    at.later(100)
    raises(ATTimeout, "late", deadline.value)


@scripted
def test_a_request_ends_once(at):
    request = at.channel.time(Request(), 100)
    request.overdue = ATTimeout("late")
    request.finish()
    at.later(200)
    assert request.error is None


def test_deadlines_across_the_wrap_of_the_clock():
    for start in (-1, -100, -1999, -2000):
        with FakeTime(start) as time:
            at = Bench(time)
            command = at.submit(b"AT")
            pause = at.channel.time(Request(), 1000)
            at.later(999, step=1)
            assert not pause.done and not command.done, start
            at.later(5, step=1)
            assert pause.done
            at.later(995, step=1)
            assert not command.done
            at.later(5, step=1)
            assert isinstance(command.error, ATTimeout)


def test_busy_across_the_wrap_of_the_clock():
    with FakeTime(-250) as time:
        at = Bench(time)
        at.submit(b"AT")
        at.says(BUSY)
        at.later(499, step=1)
        assert at.sent() == b"AT\r\n"
        at.later(1, step=1)
        assert at.sent() == b"AT\r\n"


@scripted
def test_a_block_that_stands_still_is_given_up(at):
    command = at.submit(b"AT", timeout_ms=5000)
    at.says(b"+IPD,20:abc\r\n")
    at.later(1000)
    assert at.stats["damaged"] == 0
    at.later(10)
    assert at.stats["damaged"] == 1 and at.stats["suspected_overruns"] == 1
    assert at.events == ["damaged"]
    at.says(OK)
    assert command.done and not command.error


@scripted
def test_a_slow_block_is_not_given_up(at):
    for byte in b"+IPD,20:01234567890123456789\r\n":
        at.says(bytes([byte]))
        at.later(990)
    assert at.stats["damaged"] == 0 and at.stats["unknown"] == 1


@scripted
def test_a_deadline_inside_a_block_gives_it_up(at):
    command = at.submit(b"AT", timeout_ms=500)
    at.says(b"+IPD,20:abc\r\nOK\r\n")
    at.later(500)
    assert isinstance(command.error, ATTimeout) and at.stats["damaged"] == 1


class Owner:
    """Of a command."""

    def __init__(self, ended):
        self.ended = ended


@scripted
def test_poll_inside_poll_is_an_error(at):
    for where in ("then", "urc", "event"):
        seen = []

        def nested(*_, seen=seen):
            raises(RuntimeError, "poll() inside poll()", at.channel.poll)
            seen.append(1)

        command = at.submit(b"AT")
        if where == "then":
            command.owner = Owner(nested)
        elif where == "urc":
            at.channel.inlet.on(b"+URC", nested)
        else:
            at.channel.on_event = nested
        at.says(b"+URC\r\n" if where == "urc" else b"")
        at.says(OK + b"no line of the module\r\n")
        assert seen and command.done, where
        at.channel.poll()


@scripted
def test_poll_works_again_after_a_handler_has_raised(at):
    def fail(buf, a, b):
        raise ValueError("handler")

    at.channel.inlet.on(b"+URC", fail)
    at.submit(b"AT")
    raises(ValueError, "handler", at.says, b"+URC\r\n")
    at.says(OK)
    assert at.channel.idle()


@scripted
def test_an_error_of_the_uart_comes_out_of_poll(at):
    at.uart.takes = [1, OSError(EIO, "gone")]
    at.submit(b"AT")
    error = raises(OSError, "", at.channel.poll)
    assert error.errno == EIO


@scripted
def test_watches_are_called_with_the_time(at):
    times = []
    at.channel.watches.append(times.append)
    for ms in (70, 0, 4, 1):
        at.time.advance(ms)
        at.channel.poll()
    assert times == [70, 75]  # nothing is due more exactly than that


@scripted
def test_idle(at):
    assert at.channel.idle()
    at.uart.takes = [1]
    at.submit(b"AT")
    assert not at.channel.idle()
    at.channel.poll()
    at.says(OK)
    assert at.channel.idle()
