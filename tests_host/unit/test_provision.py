"""Modem.provision: certificates into the module, from files, piece by piece."""

import os
from io import BytesIO

from plain import raises
from rig.scripted import Desk, cut_anywhere

OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"
PROMPT = b"\r\nOK\r\n\r\n>"
ASK = b"AT+SYSMFG?\r\n"
SPACES = b'+SYSMFG:"server_cert"\r\n' + OK
CA = b"-----BEGIN CERTIFICATE-----\n" + b"C" * 1000 + b"\r\nAT+RST\r\n-----END CERTIFICATE-----\n"
KEY = b"-----BEGIN PRIVATE KEY-----\nK\n-----END PRIVATE KEY-----\n"
FILE = "build-provision-test.pem"


def stores(desk, space, entry, pem):
    """The host writes this; the module counts."""
    desk.hears(b'AT+SYSMFG=2,"%s","%s",8,%d\r\n' % (space, entry, len(pem)))
    desk.says(PROMPT)
    desk.wait(30, 5)
    desk.hears(pem)
    desk.says(OK)


@cut_anywhere()
def test_for_both_engines(desk):
    task = desk.go(desk.modem.provision(ca=CA, key=BytesIO(KEY)))
    desk.hears(ASK)
    desk.says(SPACES)
    stores(desk, b"mqtt_ca", b"mqtt_ca", CA)
    stores(desk, b"client_ca", b"client_ca.0", CA)
    stores(desk, b"mqtt_key", b"mqtt_key", KEY)
    stores(desk, b"client_key", b"client_key.0", KEY)
    desk.hears(b"")
    task.result()
    assert desk.channel.watches == []


def in_a_file(test):
    """Decorator: FILE holds CA while the test runs."""

    def run():
        with open(FILE, "wb") as file:
            file.write(CA)
        try:
            test()
        finally:
            os.remove(FILE)

    return run


@in_a_file
def test_from_a_file():
    with Desk() as desk:
        task = desk.go(desk.modem.provision(cert=FILE))
        desk.hears(ASK)
        desk.says(SPACES)
        stores(desk, b"mqtt_cert", b"mqtt_cert", CA)
        stores(desk, b"client_cert", b"client_cert.0", CA)
        task.result()


def test_what_is_no_pem():
    with Desk() as desk:
        for value in (b"", b"\x30\x82", b"hello", CA + b"\0"):
            raises(ValueError, "ca: PEM", desk.go(desk.modem.provision(ca=value)).result)
        raises(OSError, "", desk.go(desk.modem.provision(ca="no-such-file.pem")).result)
        raises(ValueError, "expected", desk.go(desk.modem.provision()).result)
        desk.hears(b"")


def test_older_firmware():
    with Desk() as desk:
        task = desk.go(desk.modem.provision(ca=CA))
        desk.hears(ASK)
        desk.says(ERROR)
        raises(OSError, "no AT+SYSMFG", task.result)
        desk.hears(b"")


def test_refused():
    with Desk() as desk:
        task = desk.go(desk.modem.provision(ca=CA))
        desk.hears(ASK)
        desk.says(SPACES)
        desk.hears(b'AT+SYSMFG=2,"mqtt_ca","mqtt_ca",8,%d\r\n' % len(CA))
        desk.says(ERROR)
        raises(OSError, "AT+SYSMFG refused", task.result)
        desk.hears(b"")
        assert desk.channel.watches == []


@in_a_file
def test_cancelled_in_the_middle():
    """What was announced is sent in full; the next command is not taken for a part of it."""
    with Desk() as desk:
        desk.uart.room = 0
        task = desk.go(desk.modem.provision(ca=FILE))
        desk.uart.room = len(ASK)
        desk.turn()
        desk.hears(ASK)
        line = b'AT+SYSMFG=2,"mqtt_ca","mqtt_ca",8,%d\r\n' % len(CA)
        desk.uart.room = len(line) + 300
        desk.says(SPACES)
        desk.hears(line)
        desk.says(PROMPT)
        task.cancel()
        after = desk.go(desk.modem.command("AT"))
        desk.uart.room = 1 << 20
        desk.wait(60, 5)
        desk.hears(CA)
        desk.says(OK)
        desk.hears(b"AT\r\n")
        desk.says(OK)
        after.result()
        raises(BaseException, "", task.result)


class Shrinking(BytesIO):
    """A file that has become shorter since it was measured."""

    reads = 0

    def read(self, n=-1):
        self.reads += 1
        return b"" if self.reads > 7 else super().read(n)


def test_a_file_that_becomes_shorter():
    with Desk() as desk:
        task = desk.go(desk.modem.provision(ca=Shrinking(CA)))
        desk.hears(ASK)
        desk.says(SPACES)
        desk.hears(b'AT+SYSMFG=2,"mqtt_ca","mqtt_ca",8,%d\r\n' % len(CA))
        desk.says(PROMPT)
        desk.wait(60, 5)
        desk.hears(CA[:256] + b"\n" * (len(CA) - 256))
        desk.says(OK)
        raises(OSError, "shorter", task.result)
