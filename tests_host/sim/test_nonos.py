"""NonOS AT 1.7.4 of the ESP8266: where it differs from ESP-AT, byte for byte."""

import pytest
from testbench import HOST, PORT, SECOND, START, Bench

OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"
FAIL = b"\r\nFAIL\r\n"
PROMPT = b"\r\nOK\r\n> "


@pytest.fixture
def joined():
    return Bench("nonos").online()


@pytest.fixture
def bench():
    return Bench("nonos").connected()


@pytest.fixture
def passive(joined):
    assert joined.say(b"AT+CIPRECVMODE=1\r\n") == OK
    assert joined.say(START) == b"CONNECT\r\n" + OK
    return joined


def test_boot_noise_comes_before_ready():
    bench = Bench("nonos", boot_log=True)
    noise, ready = bench.boot_text[:-9], bench.boot_text[-9:]
    assert ready == b"\r\nready\r\n"
    assert noise.startswith(b"rl\x00l\x9c\x9e|\x00\x8cl\xe0|\x02\x0c\x0c\x0c")
    assert len(noise) > 400 and b"\r\n" not in noise
    bench.say(b"ATE0\r\n")
    said = bench.say(b"AT+RST\r\n", 3 * SECOND)
    assert said.startswith(OK + noise[:20]) and said.endswith(ready)
    assert bench.say(b"AT\r\n") == b"AT\r\n" + OK  # echo is on again


def test_at_its_own_rate_the_boot_text_can_be_read():
    said = Bench("nonos", boot_log=True, baud=74880).boot_text
    assert said.startswith(b"\r\n ets Jan  8 2013,rst cause:1, boot mode:(3,7)\r\n")


def test_version(joined):
    assert joined.say(b"AT+GMR\r\n") == (
        b"AT version:1.7.4.0(May 11 2020 19:13:04)\r\n"
        b"SDK version:3.0.4(9532ceb)\r\n"
        b"compile time:May 27 2020 10:12:17\r\n"
        b"Bin version(Wroom 02):1.7.4\r\n" + OK
    )


@pytest.mark.parametrize(
    "command",
    [
        b"AT+CMD?",
        b"AT+SYSLOG=1",
        b"AT+SYSSTORE=0",
        b"AT+SYSMSG=0",
        b"AT+SYSTIMESTAMP?",
        b"AT+CWINIT?",
        b"AT+CWSTATE?",
        b"AT+CWRECONNCFG?",
        b"AT+CIPSTATE?",
        b"AT+CIPSENDL=9",
        b"AT+CIPSENDLCFG?",
        b"AT+CIPRECVTYPE?",
        b"AT+CIPTCPOPT?",
        b'AT+CIPSSLCSNI="a"',
        b'AT+CIPSSLCALPN=1,"a"',
        b"AT+CIPSSLCCIPHER?",
        b"AT+CIPSSLCCN?",
        b"AT+SYSMFG?",
        b'AT+MQTTUSERCFG=0,1,"c","","",0,0,""',
        b"AT+MQTTCONN?",
    ],
)
def test_commands_it_does_not_have(bench, command):
    assert bench.say(command + b"\r\n") == ERROR


def test_failing_to_join_ends_with_fail():
    bench = Bench("nonos")
    bench.say(b"ATE0\r\n")
    bench.say(b"AT+CWMODE=1\r\n")
    said = bench.say(b'AT+CWJAP="home","wrong"\r\n', 20 * SECOND)
    assert said == b"+CWJAP:2\r\n" + FAIL
    said = bench.say(b'AT+CWJAP_CUR="no","x"\r\n', 20 * SECOND)
    assert said == b"+CWJAP:3\r\n" + FAIL
    assert bench.say(b"AT+CWJAP_CUR?\r\n") == b"No AP\r\n" + OK


def test_settings_until_the_reset_and_settings_in_flash():
    bench = Bench("nonos")
    bench.say(b"ATE0\r\n")
    assert bench.say(b"AT+CWMODE_DEF=3\r\n") == OK
    assert bench.say(b"AT+CWMODE_CUR=1\r\n") == OK
    assert bench.say(b"AT+CWMODE_CUR?\r\n") == b"+CWMODE_CUR:1\r\n" + OK
    assert bench.say(b"AT+CWMODE_DEF?\r\n") == b"+CWMODE_DEF:3\r\n" + OK
    assert bench.say(b"AT+CWMODE?\r\n") == b"+CWMODE:1\r\n" + OK
    bench.say(b"AT+RST\r\n", 3 * SECOND)
    bench.say(b"ATE0\r\n")
    assert bench.say(b"AT+CWMODE_CUR?\r\n") == b"+CWMODE_CUR:3\r\n" + OK


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (b"AT+CWJAP", b"WIFI CONNECTED\r\nWIFI GOT IP\r\n"),
        (b"AT+CWJAP_DEF", b"WIFI CONNECTED\r\nWIFI GOT IP\r\n"),
        (b"AT+CWJAP_CUR", b""),
    ],
)
def test_the_network_remembered(name, said):
    bench = Bench("nonos")
    bench.say(b"AT+CWMODE_DEF=1\r\n")
    bench.say(name + b'="home","secret"\r\n', 10 * SECOND)
    bench.module.reset()
    assert bench.wait(5 * SECOND).replace(b"\r\nready\r\n", b"") == said


def test_queries_answer_with_the_name_asked(joined):
    address = b'ip:"192.168.4.15"'
    assert joined.say(b"AT+CIPSTA_CUR?\r\n") == (
        b'+CIPSTA_CUR:ip:"192.168.4.15"\r\n'
        b'+CIPSTA_CUR:gateway:"192.168.4.1"\r\n'
        b'+CIPSTA_CUR:netmask:"255.255.255.0"\r\n' + OK
    )
    assert joined.say(b"AT+CIPSTA_DEF?\r\n").startswith(b"+CIPSTA_DEF:" + address)
    assert joined.say(b"AT+CIPSTA?\r\n").startswith(b"+CIPSTA:" + address)
    network = b'"home","10:01:00:c4:0a:51",5,-27\r\n' + OK
    assert joined.say(b"AT+CWJAP_CUR?\r\n") == b"+CWJAP_CUR:" + network
    assert joined.say(b"AT+CWJAP?\r\n") == b"+CWJAP:" + network
    assert joined.say(b"AT+UART_CUR?\r\n") == b"+UART_CUR:115273,8,1,0,0\r\n" + OK
    assert joined.say(b"AT+UART_DEF?\r\n") == b"+UART_DEF:115200,8,1,0,0\r\n" + OK
    assert joined.say(b"AT+SYSRAM?\r\n") == b"+SYSRAM:29640" + OK


def test_a_fixed_address_and_back_to_dhcp(joined):
    assert joined.say(b'AT+CIPSTA_CUR="10.0.0.9"\r\n') == OK
    assert b'ip:"10.0.0.9"' in joined.say(b"AT+CIPSTA_CUR?\r\n")
    assert joined.say(b"AT+CWDHCP_CUR=0,1\r\n") == OK  # the access point's
    assert b'ip:"10.0.0.9"' in joined.say(b"AT+CIPSTA_CUR?\r\n")
    assert joined.say(b"AT+CWDHCP_CUR=1,1\r\n") == OK
    assert b'ip:"192.168.4.15"' in joined.say(b"AT+CIPSTA_CUR?\r\n")


def test_connecting_explains_its_failure(bench):
    assert bench.say(START) == b"ALREADY CONNECTED\r\n" + ERROR
    assert bench.say(b"AT+CIPCLOSE\r\n") == b"CLOSED\r\n" + OK
    unknown = b'AT+CIPSTART="TCP","no.such.host",7\r\n'
    assert bench.say(unknown, SECOND) == b"DNS Fail\r\n" + ERROR
    refused = b'AT+CIPSTART="TCP","peer.local",8\r\n'
    assert bench.say(refused) == b"CLOSED\r\n" + ERROR
    bench.net.black_hole = True
    assert bench.say(START, 30 * SECOND) == b"CLOSED\r\n" + ERROR
    bench.net.black_hole = False
    assert bench.say(START) == b"CONNECT\r\n" + OK


def test_connecting_without_wifi():
    bench = Bench("nonos")
    bench.say(b"ATE0\r\n")
    assert bench.say(START) == b"no ip\r\n" + ERROR


def test_a_failed_connection_of_several(joined):
    joined.say(b"AT+CIPMUX=1\r\n")
    said = joined.say(b'AT+CIPSTART=3,"TCP","peer.local",8\r\n')
    assert said == b"3,CLOSED\r\n" + ERROR


def test_sending_without_a_link(joined):
    assert joined.say(b"AT+CIPSEND=4\r\n") == b"link is not valid\r\n" + ERROR


def test_send(bench):
    assert bench.say(b"AT+CIPSEND=2049\r\n") == ERROR
    assert bench.say(b"AT+CIPSEND=2048\r\n") == PROMPT
    assert bench.say(b"x" * 2048) == b"\r\nRecv 2048 bytes\r\n\r\nSEND OK\r\n"
    assert bench.peer.received == b"x" * 2048


def test_busy_while_data_is_sent(bench):
    bench.say(b"AT+CIPSEND=2\r\n")
    said = bench.say(b"ab\r\n")
    assert said == b"\r\nRecv 2 bytes\r\n\r\nbusy s...\r\n\r\nSEND OK\r\n"
    bench.say(b"AT+CIPSEND=2\r\n")
    said = bench.say(b"ab", 0) + bench.wait(1_200) + bench.say(b"AT\r\n")
    assert said == b"\r\nRecv 2 bytes\r\n\r\nbusy s...\r\n\r\nSEND OK\r\n"


def test_busy_with_other_commands(bench):
    bench.say(b"AT+CIPSEND=1\r\n")
    bench.say(b"a")
    bench.module.feed(b"AT+CWLAP\r\n")
    bench.wait(10_000)
    assert bench.say(b"AT\r\n", SECOND) == b"\r\nbusy p...\r\n"
    assert bench.wait(SECOND).endswith(OK)
    assert bench.say(b"AT\r\nAT\r\n") == b"\r\nbusy p...\r\n" + OK


def test_a_reset_command_is_not_obeyed_while_another_runs(bench):
    bench.module.feed(b"AT+CWLAP\r\n")
    bench.wait(10_000)
    assert bench.say(b"AT+RST\r\n", SECOND) == b"\r\nbusy p...\r\n"
    assert bench.wait(SECOND).endswith(OK)


def test_nothing_follows_received_data(bench):
    bench.peer.queue = b"hello"
    assert bench.wait() == b"\r\n+IPD,5:hello"
    bench.say(b"AT+CIPDINFO=1\r\n")
    bench.peer.queue = b"hello"
    ip = str(bench.net.resolve(HOST)).encode()
    assert bench.wait() == b"\r\n+IPD,5,%s,%d:hello" % (ip, PORT)


def test_the_peers_address_with_several_links(joined):
    joined.say(b"AT+CIPMUX=1\r\n")
    joined.say(b"AT+CIPDINFO=1\r\n")
    assert joined.say(b'AT+CIPSTART=2,"TCP","peer.local",7\r\n') == b"2,CONNECT\r\n" + OK
    joined.peer.queue = b"hi"
    ip = str(joined.net.resolve(HOST)).encode()
    assert joined.wait() == b"\r\n+IPD,2,2,%s,7:hi" % ip


def test_passive_receiving(passive):
    passive.peer.queue = b"hello"
    assert passive.wait() == b"\r\n+IPD,5\r\n"
    passive.peer.queue = b"!"
    assert passive.wait() == b""  # the notice stands
    assert passive.say(b"AT+CIPRECVLEN?\r\n") == b"+CIPRECVLEN:6,,,,\r\n" + OK
    assert passive.say(b"AT+CIPRECVDATA=4\r\n") == b"+CIPRECVDATA,4:hell" + OK
    assert passive.wait(SECOND) == b""  # no notice for the rest
    assert passive.say(b"AT+CIPRECVDATA=9\r\n") == b"+CIPRECVDATA,2:o!" + OK
    assert passive.say(b"AT+CIPRECVDATA=9\r\n") == ERROR


def test_a_partial_read_is_announced_with_the_data_behind_it(passive):
    passive.peer.queue = b"hello"
    assert passive.wait() == b"\r\n+IPD,5\r\n"
    passive.say(b"AT+CIPRECVDATA=4\r\n")
    passive.peer.queue = b"!!"
    assert passive.wait() == b"\r\n+IPD,3\r\n"
    assert passive.say(b"AT+CIPRECVDATA=9\r\n") == b"+CIPRECVDATA,3:o!!" + OK


def test_one_read_returns_at_most_2048_bytes(passive):
    passive.peer.queue = bytes(3000)
    assert passive.wait(SECOND) == b"\r\n+IPD,1440\r\n"
    said = passive.say(b"AT+CIPRECVDATA=3000\r\n", SECOND)
    assert said == b"+CIPRECVDATA,2048:" + bytes(2048) + OK
    said = passive.say(b"AT+CIPRECVDATA=3000\r\n", SECOND)
    assert said == b"+CIPRECVDATA,952:" + bytes(952) + OK


def test_what_the_window_held_back_is_announced(passive):
    passive.peer.queue = bytes(20_000)
    passive.wait(SECOND)
    assert passive.peer.queue  # 5760 are in the module, as many under way
    said = passive.say(b"AT+CIPRECVDATA=2048\r\n", SECOND)
    assert said.endswith(OK + b"\r\n+IPD,5152\r\n")  # 5760 - 2048 and a segment of 1440


def test_closed_is_withheld_until_everything_is_read(passive):
    passive.peer.queue = b"bye"
    passive.peer.closed = True
    assert passive.wait(SECOND) == b"\r\n+IPD,3\r\n"
    assert passive.say(b"AT+CIPRECVDATA=1\r\n", SECOND) == b"+CIPRECVDATA,1:b" + OK
    assert passive.say(b"AT+CIPRECVDATA=9\r\n") == b"+CIPRECVDATA,2:ye" + OK + b"CLOSED\r\n"


def test_passive_receiving_does_not_tell_the_peer(passive):
    passive.say(b"AT+CIPDINFO=1\r\n")
    passive.peer.queue = b"hi"
    assert passive.wait() == b"\r\n+IPD,2\r\n"
    assert passive.say(b"AT+CIPRECVDATA=9\r\n") == b"+CIPRECVDATA,2:hi" + OK


def test_status(bench):
    said = bench.say(b"AT+CIPSTATUS\r\n")
    assert said.startswith(b'STATUS:3\r\n+CIPSTATUS:0,"TCP","192.0.2.1",7,')
    assert said.endswith(b",0\r\n" + OK)


def test_passthrough(bench):
    bench.say(b"AT+CIPMODE=1\r\n")
    assert bench.say(b"AT+CIPSEND\r\n") == PROMPT
    assert bench.say(b"AT\r\n") == b""
    assert bench.peer.received == b"AT\r\n"
    bench.say(b"+++")
    assert bench.say(b"AT\r\n") == OK


def test_passthrough_tries_until_the_peer_is_back(bench):
    bench.say(b"AT+CIPMODE=1\r\n")
    bench.say(b"AT+CIPSEND\r\n")
    bench.net.black_hole = True
    bench.peer.closed = True
    bench.module.links.slots[0].link.close()
    assert bench.wait(30 * SECOND) == b""
    bench.net.black_hole = False
    assert bench.wait(5 * SECOND) == b""
    bench.say(b"again")
    assert bench.peer.received == b"again"


def test_rates(bench):
    assert bench.say(b"AT+UART_CUR=109,8,1,0,0\r\n") == ERROR
    assert bench.say(b"AT+UART_CUR=4608001,8,1,0,0\r\n") == ERROR
    assert bench.say(b"AT+UART_CUR=9600,8,1,0,0\r\n") == OK
    assert bench.say(b"AT+UART_CUR?\r\n") == b"+UART_CUR:9600,8,1,0,0\r\n" + OK


@pytest.mark.parametrize(
    ("size", "answer"), [(2047, ERROR), (2048, OK), (4096, OK), (4097, ERROR)]
)
def test_tls_buffer(joined, size, answer):
    assert joined.say(b"AT+CIPSSLSIZE=%d\r\n" % size) == answer


def test_tls_settings(joined):
    assert joined.say(b"AT+CIPSSLCCONF=2\r\n", SECOND) == OK
    assert joined.say(b"AT+CIPSSLCCONF?\r\n") == b"+CIPSSLCCONF:0,2,0,0\r\n" + OK


def test_names_and_pings(joined):
    assert joined.say(b'AT+CIPDOMAIN="peer.local"\r\n') == b"+CIPDOMAIN:192.0.2.1\r\n" + OK
    assert joined.say(b'AT+CIPDOMAIN="no.such.host"\r\n') == b"DNS Fail\r\n" + ERROR
    assert joined.say(b'AT+PING="peer.local"\r\n') == b"+4\r\n" + OK
    assert joined.say(b'AT+PING="no.such.host"\r\n') == b"+timeout\r\n" + ERROR
    assert joined.say(b'AT+CIPSNTPCFG=0,1,"a"\r\n') == OK
    assert joined.say(b"AT+CIPSNTPTIME?\r\n").startswith(b"+CIPSNTPTIME:Thu Jan  1 01:00:")
