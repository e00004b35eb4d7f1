"""Commands that announce data: sent after the prompt, in full, and never without it."""

from scripted import BUSY, ERROR, OK, PROBES, PROMPT, scripted

from atmqtt.errors import ATError, ATTimeout

SENT = b"\r\nRecv 5 bytes\r\n\r\nSEND OK\r\n"


@scripted
def test_data_follows_the_prompt(at):
    command = at.submit(b"AT+CIPSEND=5", [b"he", b"", bytearray(b"l"), memoryview(b"lo")])
    at.says(b"\r\nOK\r\n\r\n")
    assert at.sent() == b"AT+CIPSEND=5\r\n"
    at.says(b">")
    assert at.sent() == b"hello" and not command.done
    at.says(SENT)
    assert command.done and not command.error


@scripted
def test_every_form_of_the_prompt(at):
    for prompt in (
        PROMPT,
        b"OK\r\n> ",
        b"\r\nOK\r\n\r\n>\r\n",
        b">",
        b"\r\n>\r\nOK\r\n",
        b"OK\r\n\0>",
    ):
        command = at.submit(b"AT+CIPSEND=5", [b"hello"])
        at.says(prompt)
        assert at.sent() == b"AT+CIPSEND=5\r\nhello", prompt
        at.says(SENT)
        assert command.done and not command.error, prompt


@scripted
def test_result_glued_to_the_prompt(at):
    command = at.submit(b'AT+MQTTPUBRAW=0,"t",5,0,0', [b"hello"], final=b"+MQTTPUB:OK")
    at.says(PROMPT + b"+MQTTPUB:OK\r\n")
    assert at.sent().endswith(b"hello") and command.done and not command.error


@scripted
def test_something_else_between_ok_and_prompt(at):
    at.submit(b"AT+CIPSEND=5", [b"hello"])
    at.says(b"\r\nOK\r\n+IPD,4:\r\n>x\r\nWIFI GOT IP\r\n")
    assert at.sent() == b"AT+CIPSEND=5\r\n"
    at.says(b'+MQTTSUBRECV:0,"t",3,a\n>\r\n\r\n>')
    assert at.sent() == b"hello"


@scripted
def test_prompt_sign_inside_a_line_is_no_prompt(at):
    at.submit(b"AT+CIPSEND=5", [b"hello"])
    at.says(b'+CWLAP:(4,">",-50,"a>",1)\r\nx>\r\n')
    assert at.sent() == b"AT+CIPSEND=5\r\n"


@scripted
def test_prompt_that_no_command_announced_is_ignored(at):
    at.says(b"\r\n>\r\n")
    command = at.submit(b"AT")
    at.says(b"\r\n>\r\n>" + b"\r\n" + OK)
    assert at.sent() == b"AT\r\n" and command.done and not command.error
    at.submit(b"AT+CIPSEND=5", [b"hello"])
    at.says(ERROR + b"\r\n>\r\n")  # of a command that was refused
    assert at.sent() == b"AT+CIPSEND=5\r\n"


@scripted
def test_second_prompt_gets_no_second_copy(at):
    at.submit(b"AT+CIPSEND=5", [b"hello"])
    at.says(PROMPT + b"\r\n>\r\n>")
    assert at.sent() == b"AT+CIPSEND=5\r\nhello"


@scripted
def test_error_instead_of_the_prompt(at):
    command = at.submit(b"AT+CIPSEND=5", [b"hello"])
    at.says(b"ERR CODE:0x010a0000\r\n" + ERROR)
    assert isinstance(command.error, ATError) and at.sent() == b"AT+CIPSEND=5\r\n"


@scripted
def test_busy_instead_of_the_prompt_sends_the_command_again_but_no_data(at):
    command = at.submit(b"AT+CIPSEND=5", [b"hello"])
    at.says(BUSY)
    assert at.sent() == b"AT+CIPSEND=5\r\n"
    at.later(490)
    assert at.sent() == b""
    at.later(10)
    assert at.sent() == b"AT+CIPSEND=5\r\n"
    at.says(PROMPT)
    assert at.sent() == b"hello"
    at.says(SENT)
    assert command.done and not command.error


@scripted
def test_final_line_of_an_earlier_send_does_not_count_before_the_prompt(at):
    command = at.submit(b"AT+CIPSEND=5", [b"hello"])
    at.says(b"SEND OK\r\n")
    assert not command.done
    at.says(PROMPT + SENT)
    assert command.done and not command.error


@scripted
def test_busy_after_the_data_sends_nothing_again(at):
    command = at.submit(b"AT+CIPSEND=5", [b"hello"])
    at.says(PROMPT + BUSY)
    at.sent()
    at.later(1500)
    assert at.sent() == b""
    at.says(SENT)
    assert command.done and not command.error


@scripted
def test_long_data_gets_more_time(at):
    command = at.submit(b"AT+CIPSEND=8192", [bytes(8192)], timeout_ms=2000)
    at.later(1000)
    at.says(PROMPT)
    at.later(2000 + 2 * 8192 - 10)
    assert not command.done
    at.later(10)
    assert isinstance(command.error, ATTimeout)


@scripted
def test_late_prompt_gets_what_was_announced(at):
    data = bytearray(b"hello")
    command = at.submit(b"AT+CIPSEND=5", [data])
    at.later(2000)
    assert isinstance(command.error, ATTimeout)
    data[:] = b"-----"  # the caller has its buffer back
    at.sent()
    at.says(PROMPT)
    assert at.sent() == b"hello"
    at.says(b"\r\n>")
    assert at.sent() == b""


@scripted
def test_late_prompt_during_the_probe_gets_what_was_announced(at):
    at.submit(b"AT+CIPSEND=5", [b"hello"])
    following = at.submit(b"AT+GMR")
    at.later(2000)
    assert at.sent() == b"AT+CIPSEND=5\r\n" + PROBES[0]
    at.says(BUSY + PROMPT)  # the module was busy with CIPSEND and has discarded the probe
    assert at.sent() == b"hello"
    at.says(SENT)
    at.later(1000)
    assert at.sent() == PROBES[1] and not following.done
    at.says(b"\r\n>\r\n")
    assert at.sent() == b""
    at.says(b"+CIPMUX:0\r\n" + OK)
    at.later(100)
    assert at.sent() == b"AT+GMR\r\n"


@scripted
def test_prompt_after_the_module_is_in_step_is_ignored(at):
    at.submit(b"AT+CIPSEND=5", [b"hello"])
    following = at.submit(b"AT+GMR")
    at.later(2000)
    at.says(b"+CWMODE:1\r\n" + OK)
    assert at.sent().endswith(b"AT+GMR\r\n")
    at.says(b"\r\n>\r\n" + OK)
    assert at.sent() == b"" and following.done


@scripted
def test_prompt_long_after_the_module_was_in_step_is_ignored(at):
    at.submit(b"AT+CIPSEND=5", [b"hello"])
    following = at.submit(b"AT+GMR")
    at.later(2000)
    at.channel.withdraw(following)
    at.says(b"+CWMODE:1\r\n" + OK)
    at.sent()
    at.says(b"\r\n>")
    at.channel.out_of_step()
    at.submit(b"AT+GMR")
    at.says(b"\r\n\r\n>")
    assert at.sent() == PROBES[1]


@scripted
def test_stuck_data_phase_is_left_by_plus_plus_plus(at):
    command = at.submit(b"AT+CIPSEND=5", [b"hello"])
    at.says(PROMPT)
    assert at.sent() == b"AT+CIPSEND=5\r\nhello"
    at.later(2010)
    assert isinstance(command.error, ATTimeout)
    following = at.submit(b"AT+GMR")
    assert at.sent() == b"+++"
    at.later(1090)
    assert at.sent() == b""  # +++ counts only with silence around it
    at.says(b"\r\nSEND Canceled\r\n")
    at.later(10)
    assert at.sent() == PROBES[0] and not following.done
    at.says(b"+CWMODE:1\r\n" + OK)
    assert at.sent() == b"AT+GMR\r\n"
    at.says(OK)
    assert following.done and not following.error
