"""How the module is told of TLS, in its own words; what may be refused, and what never."""

from atmqtt import TLS
from atmqtt.dialects import air601, esp_at, esp_at_old, nonos
from atmqtt.errors import ATError, ATTimeout, MQTTError
from plain import raises
from rig.overlink import User, opened
from rig.scripted import Desk, cut_anywhere

OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"
START = b'AT+CIPSTART="SSL","broker.local",8883\r\n'
ASK_TIME = b"AT+CIPSNTPTIME?\r\n"
TIME = b"+CIPSNTPTIME:Tue Oct 19 17:47:56 2021\r\n" + OK
UNSET = b"+CIPSNTPTIME:Thu Jan  1 00:00:03 1970\r\n" + OK
HOST = b'"broker.local"'
NO_ALPN = b"AT+CIPSSLCALPN=0\r\n"
NO_CIPHERS = b"AT+CIPSSLCCIPHER=0\r\n"


def opening(desk, tls, user=None):
    """A call of open()."""
    return desk.go(desk.link.open("broker.local", 8883, user or User(), tls))


def configures(desk, *commands):
    """The host sends these, one by one, and the module takes them."""
    for command in commands:
        desk.hears(command)
        desk.says(TIME if command == ASK_TIME else OK)


def connects(desk, task):
    """The host opens the connection now, and nothing else."""
    desk.hears(START)
    desk.says(b"CONNECT\r\n" + OK)
    task.result()
    desk.hears(b"")
    assert desk.link.is_open


def names(name=HOST):
    return b"AT+CIPSSLCSNI=%s\r\n" % name


def subject(name=HOST):
    return b"AT+CIPSSLCCN=%s\r\n" % name


# what is asked for, and what the module is told
TOLD = (
    (
        TLS(),
        (
            ASK_TIME,
            b"AT+CIPSSLCCONF=2,0,0\r\n",
            names(),
            subject(),
            NO_ALPN,
            NO_CIPHERS,
        ),
    ),
    (TLS(verify=False), (b"AT+CIPSSLCCONF=0\r\n", names(), NO_ALPN, NO_CIPHERS)),
    (
        TLS(verify=2, cert=1),
        (
            ASK_TIME,
            b"AT+CIPSSLCCONF=3,1,2\r\n",
            names(),
            subject(),
            NO_ALPN,
            NO_CIPHERS,
        ),
    ),
    (
        TLS(verify=False, cert=True),
        (b"AT+CIPSSLCCONF=1,0,0\r\n", names(), NO_ALPN, NO_CIPHERS),
    ),
    (
        TLS(verify=0, cert=0, sni="other.example", alpn=("mqtt", b"h2"), ciphers=(0xC02F, 1)),
        (
            ASK_TIME,
            b"AT+CIPSSLCCONF=3,0,0\r\n",
            names(b'"other.example"'),
            subject(b'"other.example"'),
            b'AT+CIPSSLCALPN=2,"mqtt","h2"\r\n',
            b"AT+CIPSSLCCIPHER=2,0xC02F,0x0001\r\n",
        ),
    ),
    (  # no name is sent; it is the host's certificate all the same
        TLS(sni=""),
        (
            ASK_TIME,
            b"AT+CIPSSLCCONF=2,0,0\r\n",
            names(b'""'),
            subject(),
            NO_ALPN,
            NO_CIPHERS,
        ),
    ),
    (
        TLS(verify=False, sni='a"b,c\\d', alpn=('x"', "y,", "\\")),
        (
            b"AT+CIPSSLCCONF=0\r\n",
            names(b'"a\\"b\\,c\\\\d"'),
            b'AT+CIPSSLCALPN=3,"x\\"","y\\,","\\\\"\r\n',
            NO_CIPHERS,
        ),
    ),
)


def test_what_esp_at_is_told():
    for dialect in (esp_at, esp_at_old, air601):
        for tls, commands in TOLD:
            with Desk(dialect) as desk:
                task = opening(desk, tls)
                configures(desk, *commands)
                connects(desk, task)
                assert desk.events == []


@cut_anywhere()
def test_cut_anywhere(desk):
    task = opening(desk, TLS())
    configures(desk, *TOLD[0][1])
    connects(desk, task)


def test_what_nonos_is_told():
    for tls, told, checked in (
        (TLS(), (ASK_TIME, b"AT+CIPSSLSIZE=4096\r\n", b"AT+CIPSSLCCONF=2\r\n"), True),
        (TLS(verify=False), (b"AT+CIPSSLSIZE=4096\r\n", b"AT+CIPSSLCCONF=0\r\n"), False),
        (
            TLS(cert=True),
            (ASK_TIME, b"AT+CIPSSLSIZE=4096\r\n", b"AT+CIPSSLCCONF=3\r\n"),
            True,
        ),
        (TLS(verify=False, sni=""), (b"AT+CIPSSLSIZE=4096\r\n", b"AT+CIPSSLCCONF=0\r\n"), False),
    ):
        with Desk(nonos) as desk:
            task = opening(desk, tls)
            configures(desk, *told)
            connects(desk, task)
            warning = ("tls", "the name of the server is not checked")
            assert desk.events == [warning] * checked


def test_link_ids():
    with Desk(link_id=2) as desk:
        task = desk.go(desk.link.open("h", 1, User(), TLS(alpn=("mqtt",), ciphers=(0xC02B,))))
        configures(
            desk,
            ASK_TIME,
            b"AT+CIPSSLCCONF=2,2,0,0\r\n",
            b'AT+CIPSSLCSNI=2,"h"\r\n',
            b'AT+CIPSSLCCN=2,"h"\r\n',
            b'AT+CIPSSLCALPN=2,1,"mqtt"\r\n',
            b"AT+CIPSSLCCIPHER=2,1,0xC02B\r\n",
        )
        desk.hears(b'AT+CIPSTART=2,"SSL","h",1\r\n')
        desk.says(b"2,CONNECT\r\n" + OK)
        task.result()


def test_which_refusals_are_errors():
    """What nobody asked for may be unknown to the module; what is to protect may not."""
    for dialect, tls, refused, error in (
        (esp_at, TLS(verify=False), b"AT+CIPSSLCCONF", False),
        (esp_at, TLS(), b"AT+CIPSSLCCONF", True),
        (esp_at, TLS(verify=False, cert=0), b"AT+CIPSSLCCONF", True),
        (esp_at, TLS(), b"AT+CIPSSLCSNI", False),
        (esp_at, TLS(sni=""), b"AT+CIPSSLCSNI", False),
        (esp_at, TLS(sni="name"), b"AT+CIPSSLCSNI", True),
        (esp_at, TLS(), b"AT+CIPSSLCCN", True),
        (esp_at, TLS(), b"AT+CIPSSLCALPN", False),
        (esp_at, TLS(alpn=("mqtt",)), b"AT+CIPSSLCALPN", True),
        (esp_at, TLS(), b"AT+CIPSSLCCIPHER", False),
        (esp_at, TLS(ciphers=(0xC02F,)), b"AT+CIPSSLCCIPHER", True),
        (nonos, TLS(verify=False), b"AT+CIPSSLSIZE", False),
        (nonos, TLS(), b"AT+CIPSSLCCONF", True),
        (nonos, TLS(verify=False), b"AT+CIPSSLCCONF", False),
    ):
        with Desk(dialect) as desk:
            task = opening(desk, tls)
            heard = False
            while not (task.done or desk.uart.written == START):
                command, desk.uart.written = desk.uart.written, b""
                heard = heard or command.startswith(refused)
                answer = TIME if command == ASK_TIME else OK
                desk.says(ERROR if command.startswith(refused) else answer)
            assert heard, refused
            if error:
                raises(ATError, refused.decode() + " refused", task.result)
                desk.hears(b"")
                opened(desk)  # it is nobody's now
            else:
                connects(desk, task)


def test_the_time_is_set_where_the_module_does_not_know_it():
    for answer in (UNSET, ERROR, OK):
        with Desk() as desk:
            task = opening(desk, TLS())
            desk.hears(ASK_TIME)
            desk.says(answer)
            desk.hears(b"AT+CIPSNTPCFG=1,0\r\n")
            desk.says(OK)
            desk.hears(ASK_TIME)
            desk.says(UNSET)
            desk.wait(500)
            configures(desk, ASK_TIME, *TOLD[0][1][1:])
            connects(desk, task)


def test_without_the_time_nothing_is_connected():
    with Desk() as desk:
        task = opening(desk, TLS())
        desk.says(UNSET)
        desk.hears(ASK_TIME + b"AT+CIPSNTPCFG=1,0\r\n")
        desk.says(OK)
        for _ in range(70):
            if desk.uart.written:
                desk.hears(ASK_TIME)
                desk.says(UNSET)
            desk.wait(500)
        raises(ATTimeout, "has not learnt the time", task.result)
        assert b"CIPSTART" not in desk.uart.written
        assert desk.link.user is None


def test_a_module_that_is_silent():
    with Desk() as desk:
        task = opening(desk, TLS(verify=False))
        desk.wait(5050)
        raises(ATTimeout, "AT+CIPSSLCCONF: no answer", task.result)
        assert desk.link.user is None


def test_refused_by_the_server():
    with Desk() as desk:
        task = opening(desk, TLS(verify=False))
        configures(desk, *TOLD[1][1])
        desk.hears(START)
        desk.says(ERROR)
        desk.hears(b"AT+CIPCLOSE\r\n")
        desk.says(ERROR)
        raises(ATError, "AT+CIPSTART refused", task.result)


def test_closed_while_it_is_configured():
    """Nobody wants the connection any more: it is not opened."""
    with Desk() as desk:
        task = opening(desk, TLS(verify=False))
        desk.hears(b"AT+CIPSSLCCONF=0\r\n")
        closing = desk.go(desk.link.close())
        desk.says(OK)
        desk.hears(b"AT+CIPCLOSE\r\n")
        desk.says(ERROR)
        closing.result()
        configures(desk, *TOLD[1][1][1:])
        desk.hears(b"")
        raises(MQTTError, "connection closed", task.result)
        opened(desk)


def test_what_can_never_work_is_said_at_once():
    for options, text in (
        ({"verify": -1}, "verify"),
        ({"verify": "ca.pem"}, "verify"),
        ({"cert": "client.pem"}, "cert"),
        ({"cert": 1.0}, "cert"),
        ({"alpn": "mqtt"}, "alpn"),
        ({"alpn": b"mqtt"}, "alpn"),
        ({"alpn": ("a",) * 6}, "alpn"),
        ({"alpn": (5,)}, "alpn"),
        ({"alpn": ("mqtt\r\nAT+RST",)}, "alpn: CR, LF and NUL"),
        ({"alpn": ("\0",)}, "alpn: CR, LF and NUL"),
        ({"sni": 5}, "sni"),
        ({"sni": "a\r\nAT+RST"}, "sni: CR, LF and NUL"),
        ({"sni": "a\n"}, "sni: CR, LF and NUL"),
        ({"sni": "a\0"}, "sni: CR, LF and NUL"),
        ({"ciphers": (0,)}, "ciphers"),
        ({"ciphers": (65536,)}, "ciphers"),
        ({"ciphers": ("TLS_RSA",)}, "ciphers"),
    ):
        raises(ValueError, text, TLS, **options)


def test_what_this_module_cannot_do_sends_nothing():
    for dialect, tls, text in (
        (nonos, TLS(sni="a"), "neither sni, alpn nor ciphers"),
        (nonos, TLS(alpn=("a",)), "neither sni, alpn nor ciphers"),
        (nonos, TLS(ciphers=(1,)), "neither sni, alpn nor ciphers"),
        (nonos, TLS(verify=1), "one certificate of each kind"),
        (nonos, TLS(cert=2), "one certificate of each kind"),
        (esp_at, TLS(sni="s" * 250), "command too long"),
        (esp_at, TLS(sni='"' * 125), "command too long"),
        (esp_at, TLS(alpn=("a" * 50,) * 5), "command too long"),
        (esp_at, TLS(ciphers=tuple(range(1, 40))), "command too long"),
    ):
        with Desk(dialect) as desk:
            raises(ValueError, text, opening(desk, tls).result)
            desk.hears(b"")
            assert desk.link.user is None
            opened(desk)


def test_the_longest_name():
    with Desk() as desk:
        opening(desk, TLS(verify=False, sni="s" * 237))
        desk.says(OK)
        desk.hears(b"AT+CIPSSLCCONF=0\r\n" + names(b'"%s"' % (b"s" * 237)))


@cut_anywhere()
def test_data_over_tls(desk):
    user = User()
    task = opening(desk, TLS(verify=False), user)
    configures(desk, *TOLD[1][1])
    connects(desk, task)
    desk.link.send(b"hello")
    desk.takes(b"hello")
    desk.brings(b"abc")
    desk.says(b"CLOSED\r\n")
    assert (user.data, user.sent, len(user.lost)) == (b"abc", [None], 1)
