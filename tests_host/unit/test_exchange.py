"""The command in flight: what each line that comes means for it."""

from scripted import BUSY, ERROR, OK, PROMPT, scripted

from atmqtt.errors import ATError, ATTimeout

# what may come at any moment, and belongs to no command
BY_ITSELF = (
    b"WIFI DISCONNECT\r\n",
    b"WIFI GOT IPv6 LL\r\n",
    b"+TIME_UPDATED\r\n",
    b'+STA_CONNECTED:"24:0a:c4:00:01:10"\r\n',
    b"+IPD,6:\r\nOK\r\n\r\n",
    b"+IPD,9:\r\nERROR\r\n\r\n",
    b"\r\n+IPD,4,5:hello\r\n",
    b"AT+CWMODE?\r\n",
    b"\r\n\r\n",
    b"\0\xff\0",
)


@scripted
def test_ok_completes(at):
    command = at.submit(b"AT")
    assert at.sent() == b"AT\r\n" and not command.done
    at.says(OK)
    assert command.done and command.error is None


@scripted
def test_each_command_has_its_own_final_line(at):
    for final, others in (
        (b"OK", (b"SEND OK\r\n", b"OK1\r\n", b"O\r\n", b"SET OK\r\n", b"+X:OK\r\n")),
        (b"SEND OK", (b"OK\r\n", b"SEND OK!\r\n", b"SEND\r\n", b"Recv 5 bytes\r\n")),
        (b"+MQTTPUB:OK", (b"OK\r\n", b"+MQTTPUB:\r\n")),
    ):
        command = at.submit(b"AT+X", final=final)
        for other in others:
            at.says(other)
            assert not command.done, other
        at.says(final + b"\r\n")
        assert command.done and not command.error


@scripted
def test_refusals(at):
    for text in (
        ERROR,
        b"FAIL\r\n",
        b"\r\nSEND FAIL\r\n",
        b"SEND Canceled\r\n",
        b"SEND CANCELLED\r\n",
    ):
        command = at.submit(b"AT+X=secret")
        at.says(text)
        assert isinstance(command.error, ATError) and not isinstance(command.error, ATTimeout)
        assert str(command.error) == "AT+X refused" and command.error.code is None
        assert at.stats["garbage"] == 0


@scripted
def test_what_comes_by_itself_is_no_answer(at):
    at.channel.inlet.on(b"WIFI ", lambda buf, a, b: None)
    for text in BY_ITSELF:
        command = at.submit(b"AT+CIPSTA?")
        for byte in text + b"+CIPSTA:1\r\n" + text + OK:
            assert not command.done, text
            at.says(bytes([byte]))
        assert command.done and not command.error, text
        assert b"+CIPSTA:1" in command.info
    assert at.stats["garbage"] == 0 and at.stats["damaged"] == 0


@scripted
def test_data_that_looks_like_answers_is_data(at):
    command = at.submit(b"AT")
    for text in (OK, ERROR, b"\r\nready\r\n", b"CLOSED\r\n", BUSY, b">", b"SEND OK\r\n"):
        at.says(b'+MQTTSUBRECV:0,"t",%d,%s\r\n' % (len(text), text))
        at.says(b"+IPD,%d:%s\r\n" % (len(text), text))
    assert not command.done and at.stats["busy"] == 0
    at.says(OK)
    assert command.done and not command.error and command.info == []


@scripted
def test_information_lines_are_kept_in_order(at):
    command = at.submit(b"AT+CIPSTA?")
    at.says(b'+CIPSTA:ip:"1.2.3.4"\r\n+CIPSTA:gateway:"1.2.3.1"\r\n' + OK)
    assert command.info == [b'+CIPSTA:ip:"1.2.3.4"', b'+CIPSTA:gateway:"1.2.3.1"']


@scripted
def test_information_lines_are_bounded(at):
    command = at.submit(b"AT+CMD?")
    for i in range(1000):
        at.says(b"+CMD:%d\r\n" % i)
    at.says(OK)
    assert command.done and len(command.info) == 256 and command.info[255] == b"+CMD:255"


@scripted
def test_stored_data_is_part_of_the_answer(at):
    command = at.submit(b"AT+SYSMFG=1")
    at.says(b'+SYSMFG:"a","b",8,8,\r\nOK\r\n12\r\nOK\r\n')
    assert command.done and command.info == [b"\r\nOK\r\n12"]


@scripted
def test_expected_line_comes_before_the_final_one(at):
    command = at.submit(b"AT+CWMODE?", expect=b"+CWMODE:")
    at.says(OK + ERROR + b"+CIPMUX:0\r\n" + OK)
    assert not command.done
    at.says(b"+CWMODE:1\r\n")
    assert not command.done
    at.says(OK)
    assert command.done and not command.error


@scripted
def test_error_code_belongs_to_the_error_that_follows(at):
    command = at.submit(b"AT+FAKE")
    at.says(b"ERR CODE:0x01090000\r\n" + ERROR)
    assert command.error.code == 0x01090000


@scripted
def test_the_last_of_several_error_codes_counts(at):
    command = at.submit(b"AT+MQTTUSERCFG=0,9")
    at.says(b"ERR CODE:0x01080001\r\nERR CODE:0x010a6005\r\n" + ERROR)
    assert command.error.code == 0x010A6005


@scripted
def test_error_code_before_busy_is_not_the_command_s(at):
    command = at.submit(b"AT+CWJAP", timeout_ms=20000)
    at.says(b"ERR CODE:0x010b0000\r\n" + BUSY)
    assert not command.done
    at.says(ERROR)
    assert command.error.code is None


@scripted
def test_error_code_of_one_command_is_not_the_next_one_s(at):
    command = at.submit(b"AT+A")
    at.says(b"ERR CODE:0x01090000\r\n" + OK)
    assert not command.error
    at.says(b"ERR CODE:0x01090001\r\n")  # of nobody
    command = at.submit(b"AT+B")
    at.says(ERROR)
    assert command.error.code is None


@scripted
def test_error_code_that_is_no_number_is_garbage(at):
    command = at.submit(b"AT+A")
    at.says(b"ERR CODE:0x01\xff\r\nERR CODE:\r\n" + ERROR)
    assert command.error.code is None and at.stats["garbage"] == 2


@scripted
def test_echo_is_no_answer(at):
    command = at.submit(b"AT+GMR")
    at.says(b"AT+GMR\r\r\nAT version:4.1\r\nSDK version:v5.4\r\n" + OK)
    assert command.info == [b"AT version:4.1", b"SDK version:v5.4"]


@scripted
def test_only_the_command_in_flight_has_an_echo(at):
    echoes = []
    at.channel.on_echo = lambda: echoes.append(1)
    at.says(b"AT+GMR\r\n")
    command = at.submit(b"AT+GMR")
    at.says(b"AT+CWMODE?\r\nAT+GMR?\r\nAT version:4.1\r\n")
    assert not echoes
    at.says(b"AT+GMR\r\n" + OK)
    assert echoes == [1] and command.info == [b"AT version:4.1"]


@scripted
def test_echo_torn_by_something_else(at):
    command = at.submit(b"AT+CIPSEND=0,198", [b"x" * 198])
    at.says(b"AT+CIPSEND=0,1,CONNECT\r\n98\r\n")
    assert not command.done and at.sent() == b"AT+CIPSEND=0,198\r\n"
    at.says(PROMPT)
    assert at.sent() == b"x" * 198


@scripted
def test_lines_of_nobody_are_counted(at):
    at.says(b"+FOO:1\r\n" + OK + b"SEND OK\r\n")
    assert (at.stats["unknown"], at.stats["garbage"]) == (1, 0)
    at.says(b"TTSUBRECV\r\n")
    assert (at.stats["garbage"], at.stats["suspected_overruns"]) == (1, 1)
    assert at.events == ["garbage"]


@scripted
def test_block_of_nobody_is_counted(at):
    at.says(b"+IPD,3:abc\r\n")
    assert at.stats["unknown"] == 1


@scripted
def test_timeout_tells_the_command_but_not_its_arguments(at):
    command = at.submit(b'AT+CWJAP="home","secret"', timeout_ms=20000)
    at.later(19990)
    assert not command.done
    at.later(10)
    assert isinstance(command.error, ATTimeout)
    assert str(command.error) == "AT+CWJAP: no answer"
    assert at.stats["timeouts"] == 1
