"""Which header announces which block."""

from atmqtt.dialects import nonos
from atmqtt.header import (
    FORMS,
    IPD,
    MESSAGE,
    MORE,
    OTHER,
    RECVDATA,
    Header,
)

NONE = -1  # no link id
CRLF = 2
QUOTE_CRLF = 3

# header, kind, link, bytes of the block, bytes after it, topic
HEADERS = (
    (b"+IPD,0:", IPD, NONE, 0, CRLF, b""),
    (b"+IPD,5:", IPD, NONE, 5, CRLF, b""),
    (b"+IPD,2920:", IPD, NONE, 2920, CRLF, b""),
    (b"+IPD,999999999:", IPD, NONE, 999999999, CRLF, b""),
    (b"+IPD,0,5:", IPD, 0, 5, CRLF, b""),
    (b"+IPD,4,1440:", IPD, 4, 1440, CRLF, b""),
    (b'+IPD,5,"192.168.4.100",1883:', IPD, NONE, 5, CRLF, b""),
    (b'+IPD,3,5,"192.168.4.100",1883:', IPD, 3, 5, CRLF, b""),
    # an IPv6 address holds colons: the header ends at the first one outside the quotes
    (b'+IPD,5,"::1",80:', IPD, NONE, 5, CRLF, b""),
    (b'+IPD,0,5,"fe80::1:2",80:', IPD, 0, 5, CRLF, b""),
    # ESP-AT 1.2 does not quote the address
    (b"+IPD,5,1.2.3.4,80:", IPD, NONE, 5, CRLF, b""),
    (b"+IPD,1,5,1.2.3.4,80:", IPD, 1, 5, CRLF, b""),
    (b'+MQTTSUBRECV:0,"t",3,', MESSAGE, NONE, 3, CRLF, b"t"),
    (b'+MQTTSUBRECV:0,"a/b/c",0,', MESSAGE, NONE, 0, CRLF, b"a/b/c"),
    (b'+MQTTSUBRECV:0,"",484,', MESSAGE, NONE, 484, CRLF, b""),
    # the topic is not escaped
    (b'+MQTTSUBRECV:0,"a,b",3,', MESSAGE, NONE, 3, CRLF, b"a,b"),
    (b'+MQTTSUBRECV:0,"a"b",3,', MESSAGE, NONE, 3, CRLF, b'a"b'),
    (b'+MQTTSUBRECV:0,"a","b",3,', MESSAGE, NONE, 3, CRLF, b'a","b'),
    (b'+MQTTSUBRECV:0,"a\\",3,', MESSAGE, NONE, 3, CRLF, b"a\\"),
    (
        b'+MQTTSUBRECV:0,"\xe6\xb8\xa9/\xc2\xb0C",3,',
        MESSAGE,
        NONE,
        3,
        CRLF,
        b"\xe6\xb8\xa9/\xc2\xb0C",
    ),
    (b'+MQTTSUBREV:"t",3,"', MESSAGE, NONE, 3, QUOTE_CRLF, b"t"),
    (b"+CIPRECVDATA:3,", RECVDATA, NONE, 3, CRLF, b""),
    (b"+CIPRECVDATA,3:", RECVDATA, NONE, 3, CRLF, b""),
    (b'+SYSMFG:"mqtt_ca","mqtt_ca",8,1200,', OTHER, NONE, 1200, 0, b""),
    (b"+SYSFLASH:64,", OTHER, NONE, 64, 0, b""),
)

NO_HEADERS = (
    b"+IPD,100\r\n",  # a passive notice
    b"+IPD,0,100\r\n",
    b"+IPD,-1:",
    b"+IPD,1e3:",
    b"+IPD,:",
    b"+IPD,5,:\r\n",
    b"+IPD,,5:",
    b"+IPD, 5:",
    b"+IPD,99999999999:",
    b"+IPD,1234567890:",
    b'+IPD,5,"1.2.3.4",80\r\n',
    b'+IPD,5,"1.2.3.4\r\n",80:',
    b"+IPD,5,1.2.3.4\r\n,80:",
    b"+IPD:5,",
    b"+ipd,5:",
    b"+MQTTSUBRECV:0,t,3,",
    b'+MQTTSUBRECV:,"t",3,',
    b'+MQTTSUBRECV:0,"t",-3,' + b"x" * 300,
    b'+MQTTSUBRECV:0,"t\r\n",3,',
    b'+MQTTSUBRECV:0,"t",3\r\n',
    b'+MQTTSUBR0,"t",3,abc\r\n',  # the UART has lost bytes
    b'+MQTTSUBRECV:0,"' + b"t" * 257 + b'",3,',
    b'+MQTTSUBREV:"t",3,abc',
    b"+CIPRECVDATA:3:",
    b"+CIPRECVDATA,3,",
    b"+CIPRECVLEN:100,,,,\r\n",
    b'+SYSMFG:"a","b",8,\r\n',
    b'+SYSMFG:"a",b,8,3,',
    b"+FOO:5,",
    b"+",
    b"OK\r\n",
)

BEFORE = b"\r\n>x"


def found(header, buf, i, end):
    start = header.parse(buf, i, end)
    topic = bytes(buf[header.ta : header.tb]) if start > 0 and header.kind == MESSAGE else b""
    return start, header.kind, header.link, header.n, header.tail, topic


def test_every_form():
    for text, kind, link, n, tail, topic in HEADERS:
        for before in (b"", BEFORE):
            buf = bytearray(before + text + b"abc\r\n")
            start = len(before) + len(text)
            expected = (start, kind, link, n, tail, topic)
            for end in range(start, len(buf) + 1):
                result = found(Header(), buf, len(before), end)
                assert result == expected, (text, end, result)


def test_one_header_leaves_nothing_behind_for_the_next():
    header = Header()
    for text, kind, link, n, tail, topic in HEADERS + tuple(reversed(HEADERS)):
        buf = bytearray(text)
        assert found(header, buf, 0, len(buf)) == (len(buf), kind, link, n, tail, topic), text


def test_what_is_behind_the_end_is_not_read():
    for text, *_ in HEADERS:
        buf = bytearray(BEFORE + text + b"abc\r\n")
        name = min([len(form[0]) for form in FORMS if text.startswith(form[0])])
        for end in range(len(text)):
            start = Header().parse(buf, len(BEFORE), len(BEFORE) + end)
            assert start == (MORE if end >= name else 0), (text, end, start)


def test_what_is_no_header():
    for text in NO_HEADERS:
        buf = bytearray(text)
        assert Header().parse(buf, 0, len(buf)) == 0, text


def test_the_longest_topic():
    text = b'+MQTTSUBRECV:0,"' + b"t" * 255 + b'",3,'
    assert found(Header(), bytearray(text), 0, len(text))[5] == b"t" * 255


def test_only_the_known_length_digits_end_a_topic():
    # `a",5,b` as a topic cannot be told from the topic `a`; what follows shows the damage
    text = bytearray(b'+MQTTSUBRECV:0,"a",5,b",3,abc\r\n')
    assert found(Header(), text, 0, len(text))[3:] == (5, CRLF, b"a")


def test_forms_are_a_dialect_s_data():
    text = bytearray(b'+CIPRECVDATA:3,"1.2.3.4",80,abc')
    assert Header().parse(text, 0, len(text)) == 15  # the peer taken for the data
    header = Header(((b"+CIPRECVDATA:", b"n,q,i,", RECVDATA, CRLF),))
    assert found(header, text, 0, len(text)) == (len(text) - 3, RECVDATA, NONE, 3, CRLF, b"")


def test_nonos_assures_no_line_end_behind_data_that_was_not_asked_for():
    for text, kind, link, n, tail, topic in HEADERS:
        if kind == IPD:
            tail = 0
        header = Header(nonos.forms)
        assert found(header, bytearray(text), 0, len(text)) == (
            len(text),
            kind,
            link,
            n,
            tail,
            topic,
        )
