"""The station: joining, failing, losing the network, coming back; addresses and services."""

import pytest
from testbench import SECOND, Bench

OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"


@pytest.fixture
def bench():
    bench = Bench(epoch=1_700_000_000)
    bench.say(b"ATE0\r\n")
    bench.say(b"AT+CWMODE=1\r\n")
    return bench


def test_join_needs_station_mode(bench):
    bench.say(b"AT+CWMODE=2\r\n")
    assert bench.say(b'AT+CWJAP="home","secret"\r\n') == ERROR
    assert bench.say(b"AT+CWLAP\r\n") == ERROR


def test_wrong_password(bench):
    said = bench.say(b'AT+CWJAP="home","wrong"\r\n', 20 * SECOND)
    assert said == b"+CWJAP:2\r\n" + ERROR
    assert bench.say(b"AT+CWSTATE?\r\n") == b'+CWSTATE:4,"home"\r\n' + OK


def test_no_such_network(bench):
    assert bench.say(b'AT+CWJAP="no","x"\r\n', 20 * SECOND) == b"+CWJAP:3\r\n" + ERROR


def test_a_failed_join_is_not_remembered(bench):
    bench.say(b'AT+CWJAP="home","wrong"\r\n', 20 * SECOND)
    bench.say(b"AT+RST\r\n", 20 * SECOND)
    bench.say(b"ATE0\r\n")
    assert bench.say(b"AT+CWSTATE?\r\n") == b'+CWSTATE:0,""\r\n' + OK


def test_joining_again_leaves_first():
    bench = Bench().online()
    said = bench.say(b'AT+CWJAP="home","secret"\r\n', 10 * SECOND)
    assert said == b"WIFI DISCONNECT\r\nWIFI CONNECTED\r\nWIFI GOT IP\r\n" + OK


def test_states():
    bench = Bench()
    bench.say(b"ATE0\r\n")
    assert bench.say(b"AT+CWSTATE?\r\n") == b'+CWSTATE:0,""\r\n' + OK
    bench.online()
    assert bench.say(b"AT+CWSTATE?\r\n") == b'+CWSTATE:2,"home"\r\n' + OK
    bench.say(b"AT+CWQAP\r\n", SECOND)
    assert bench.say(b"AT+CWSTATE?\r\n") == b'+CWSTATE:4,"home"\r\n' + OK
    assert bench.wait(10 * SECOND) == b""  # nobody asked to come back


def test_the_access_point_goes_and_comes_back():
    bench = Bench().online()
    access_point = bench.module.access_points[0]
    access_point.up = False
    assert bench.wait(20 * SECOND) == b"WIFI DISCONNECT\r\n"
    assert bench.say(b"AT+CWSTATE?\r\n") == b'+CWSTATE:3,"home"\r\n' + OK
    access_point.up = True
    assert bench.wait(5 * SECOND) == b"WIFI CONNECTED\r\nWIFI GOT IP\r\n"


def test_reconnecting_can_be_limited():
    bench = Bench().online()
    bench.say(b"AT+CWRECONNCFG=2,3\r\n")
    bench.module.access_points[0].up = False
    bench.wait(7 * SECOND)
    bench.module.access_points[0].up = True
    assert bench.wait(30 * SECOND) == b""
    assert bench.say(b"AT+CWSTATE?\r\n") == b'+CWSTATE:4,"home"\r\n' + OK


def test_boot_without_the_network_keeps_trying():
    bench = Bench().online()
    bench.module.access_points[0].up = False
    bench.module.reset()
    assert bench.wait(5 * SECOND) == b"\r\nready\r\n"
    bench.module.access_points[0].up = True
    assert bench.wait(5 * SECOND) == b"WIFI CONNECTED\r\nWIFI GOT IP\r\n"


def test_no_automatic_join_when_switched_off():
    bench = Bench().online()
    bench.say(b"AT+CWAUTOCONN=0\r\n")
    bench.module.reset()
    assert bench.wait(10 * SECOND) == b"\r\nready\r\n"


def test_addresses():
    bench = Bench().online()
    said = bench.say(b"AT+CIPSTA?\r\n")
    assert said == (
        b'+CIPSTA:ip:"192.168.4.15"\r\n'
        b'+CIPSTA:gateway:"192.168.4.1"\r\n'
        b'+CIPSTA:netmask:"255.255.255.0"\r\n' + OK
    )
    bench.say(b'AT+CIPSTA="10.0.0.2","10.0.0.1","255.0.0.0"\r\n')
    assert bench.say(b"AT+CIPSTA?\r\n").startswith(b'+CIPSTA:ip:"10.0.0.2"\r\n')
    bench.say(b"AT+CWDHCP=1,1\r\n")
    assert b'STAIP,"192.168.4.15"' in bench.say(b"AT+CIFSR\r\n")


def test_dns_servers(bench):
    assert bench.say(b'AT+CIPDNS=1,"10.0.0.1"\r\n') == OK
    assert bench.say(b"AT+CIPDNS?\r\n") == b'+CIPDNS:1,"10.0.0.1"\r\n' + OK
    bench.say(b"AT+CIPDNS=0\r\n")
    assert bench.say(b"AT+CIPDNS?\r\n").startswith(b'+CIPDNS:0,"208.67.222.222",')


def test_time(bench):
    assert b"1970" in bench.say(b"AT+CIPSNTPTIME?\r\n")
    bench.say(b"AT+SYSTIMESTAMP=1700000000\r\n", 0)
    bench.wait(1_999_000)
    assert bench.say(b"AT+SYSTIMESTAMP?\r\n") == b"+SYSTIMESTAMP:1700000002" + OK


def test_time_from_the_network():
    bench = Bench(epoch=1_700_000_000).online()
    assert bench.say(b'AT+CIPSNTPCFG=1,8,"ntp.local"\r\n', 2 * SECOND) == OK + b"+TIME_UPDATED\r\n"
    now = 1_700_000_000 + bench.module.now // SECOND
    assert bench.say(b"AT+SYSTIMESTAMP?\r\n") == b"+SYSTIMESTAMP:%d" % now + OK
    assert bench.say(b"AT+CIPSNTPTIME?\r\n") == b"+CIPSNTPTIME:Wed Nov 15 06:13:34 2023" + OK
    assert bench.say(b"AT+CIPSNTPCFG?\r\n") == b'+CIPSNTPCFG:1,8,"ntp.local"\r\n' + OK


def test_names_and_ping():
    bench = Bench().online()
    address = b'+CIPDOMAIN:"%s"\r\n' % str(bench.net.resolve("peer.local")).encode()
    assert bench.say(b'AT+CIPDOMAIN="peer.local"\r\n') == address + OK
    assert bench.say(b'AT+CIPDOMAIN="no.such"\r\n') == ERROR
    said = bench.say(b'AT+PING="peer.local"\r\n', SECOND)
    assert said == b"+PING:%d\r\n" % int(bench.net.ping("peer.local") or 0) + OK
    assert bench.say(b'AT+PING="no.such"\r\n', SECOND) == b"+PING:TIMEOUT\r\n" + ERROR
