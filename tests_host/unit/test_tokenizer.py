"""Bytes -> tokens. Every stream is also cut at every position and fed byte by byte."""

from tokenfeed import PROMPTED, block, check, damaged, drain, ipd, line

from atmqtt.header import IPD, MESSAGE, OTHER, RECVDATA
from atmqtt.tokenizer import Tokenizer

LINES = (
    (b"\r\nOK\r\n", [line(b"OK")]),
    (b"OK\r\n", [line(b"OK")]),
    (b"OK\n", [line(b"OK")]),
    (b"\r\n\r\n\r\n", []),
    (b"OK", []),
    (b"OK\r", []),
    (b"+CWMODE:1\r\n\r\nOK\r\n", [line(b"+CWMODE:1"), line(b"OK")]),
    # the final OK may follow without an empty line
    (b"+SYSTIMESTAMP:8\r\nOK\r\n", [line(b"+SYSTIMESTAMP:8"), line(b"OK")]),
    (b"WIFI CONNECTED\r\nready\r\n", [line(b"WIFI CONNECTED"), line(b"ready")]),
    # a lone CR is a byte like any other
    (b"a\rb\r\r\nOK\r\n", [line(b"a\rb\r"), line(b"OK")]),
    # NUL and 0xFF between lines
    (b"\0\0\xff\r\nOK\r\n\xff\0OK\r\n \0\r\n", [line(b"OK"), line(b"OK")]),
    (b"a\0b\xff\r\n", [line(b"a\0b\xff")]),
    # boot text at the same baud rate
    (
        b"ets Jun  8 2016 00:22:57\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x13\r\nready\r\n",
        [
            line(b"ets Jun  8 2016 00:22:57"),
            line(b"rst:0x1 (POWERON_RESET),boot:0x13"),
            line(b"ready"),
        ],
    ),
    # the UART has lost the middle of a line: the next one is fine
    (b'+MQTTSUBR0,"t",3,abc\r\nOK\r\n', [line(b'+MQTTSUBR0,"t",3,abc'), line(b"OK")]),
    (b"\r\n+QUITT\r\n", [line(b"+QUITT")]),
    (b"+CIPRECVLEN:-1,,0,\r\n\r\nOK\r\n", [line(b"+CIPRECVLEN:-1,,0,"), line(b"OK")]),
)

PROMPTS = (
    (b"\r\nOK\r\n\r\n>", [line(b"OK"), PROMPTED]),
    (b"OK\r\n> ", [line(b"OK"), PROMPTED]),
    (b"OK\r\n>\r\n", [line(b"OK"), PROMPTED]),
    (b">", [PROMPTED]),
    # the result glued to the prompt
    (b"\r\nOK\r\n\r\n>+MQTTPUB:OK\r\n", [line(b"OK"), PROMPTED, line(b"+MQTTPUB:OK")]),
    (b"\r\n>\r\n+IPD,3:abc\r\n", [PROMPTED, ipd(b"abc")]),
    (b"\r\n>+IPD,3:abc\r\n", [PROMPTED, ipd(b"abc")]),
    (b"+IPD,3:abc\r\n>", [ipd(b"abc"), PROMPTED]),
    # only at the start of a line: here it is part of a name, and of boot noise
    (b'+CWLAP:(4,">",-50,"x",1)\r\n', [line(b'+CWLAP:(4,">",-50,"x",1)')]),
    (b"a>\r\n", [line(b"a>")]),
    (b"+IPD,3:\r\n>\r\n", [ipd(b"\r\n>")]),
    # an MQTT message between the OK and its prompt
    (
        b'\r\nOK\r\n+MQTTSUBRECV:0,"t",3,abc\r\n\r\n>',
        [line(b"OK"), block(MESSAGE, b"abc", topic=b"t"), PROMPTED],
    ),
)

UNARMED = (
    (b"\r\nOK\r\n\r\n>\r\nOK\r\n", [line(b"OK"), line(b">"), line(b"OK")]),
    (b"> SEND OK\r\n", [line(b"> SEND OK")]),
    (b">>\r\n", [line(b">>")]),
)

BLOCKS = (
    (b"\r\n+IPD,4:\x20\x02\0\0\r\n", [ipd(b"\x20\x02\0\0")]),
    (b"+IPD,0:\r\nOK\r\n", [ipd(b""), line(b"OK")]),
    (b"+IPD,4,5:hello\r\n", [ipd(b"hello", 4)]),
    (b'+IPD,5,"::1",80:hello\r\n', [ipd(b"hello")]),
    (b"+IPD,2,5,1.2.3.4,80:hello\r\n", [ipd(b"hello", 2)]),
    # what is in a block is data, however much it looks like lines
    (b"+IPD,6:\r\nOK\r\n\r\n", [ipd(b"\r\nOK\r\n")]),
    (
        b"+IPD,24:\r\n+IPD,4:CLOSED\r\nERROR\r\n\r\nOK\r\n",
        [ipd(b"\r\n+IPD,4:CLOSED\r\nERROR\r\n"), line(b"OK")],
    ),
    (b"+IPD,7:\r\nready\r\n", [ipd(b"\r\nready")]),
    (b"+IPD,12:busy p...\r\n>\r\n", [ipd(b"busy p...\r\n>")]),
    # the last byte of the data is a CR
    (b"+IPD,2:a\r\r\nOK\r\n", [ipd(b"a\r"), line(b"OK")]),
    (b"+IPD,2:\r\n\r\nOK\r\n", [ipd(b"\r\n"), line(b"OK")]),
    # lines glued to blocks and between them
    (b"SEND OK\r\n+IPD,1:a\r\n", [line(b"SEND OK"), ipd(b"a")]),
    (
        b"Recv 5 bytes\r\n+IPD,1:a\r\n\r\nSEND OK\r\n",
        [line(b"Recv 5 bytes"), ipd(b"a"), line(b"SEND OK")],
    ),
    (b"+IPD,1:a\r\n+IPD,1:b\r\nCLOSED\r\n", [ipd(b"a"), ipd(b"b"), line(b"CLOSED")]),
    # a passive notice is a line: CR in the place of the colon
    (b"\r\n+IPD,100\r\n\r\nOK\r\n", [line(b"+IPD,100"), line(b"OK")]),
    # MQTT messages: an empty one; a topic that is not ASCII, counted in bytes
    (b'+MQTTSUBRECV:0,"t",0,\r\n', [block(MESSAGE, b"", topic=b"t")]),
    (
        b'+MQTTSUBRECV:0,"\xc2\xb0C",3,\xe6\xb8\xa9\r\n',
        [block(MESSAGE, b"\xe6\xb8\xa9", topic=b"\xc2\xb0C")],
    ),
    (
        b'+MQTTSUBRECV:0,"t",24,+MQTTDISCONNECTED:0\r\nOK\r\n\r\n+MQTTPUB:OK\r\n',
        [damaged(MESSAGE), line(b"+MQTTPUB:OK")],
    ),
    (
        b'+MQTTSUBRECV:0,"t",25,+MQTTDISCONNECTED:0\r\nOK\r\n\r\n+MQTTPUB:OK\r\n',
        [block(MESSAGE, b"+MQTTDISCONNECTED:0\r\nOK\r\n", topic=b"t"), line(b"+MQTTPUB:OK")],
    ),
    # a part of a long message: its topic is empty
    (b'+MQTTSUBRECV:0,"",3,abc\r\n', [block(MESSAGE, b"abc", topic=b"")]),
    (b'+MQTTSUBREV:"t",3,"abc"\r\nOK\r\n', [block(MESSAGE, b"abc", topic=b"t"), line(b"OK")]),
    (b'+MQTTSUBREV:"t",4,"a"\r\n"\r\n', [block(MESSAGE, b'a"\r\n', topic=b"t")]),
    # data that was asked for: the CR LF behind it is that of the OK
    (b"+CIPRECVDATA:6,\r\nOK\r\n\r\nOK\r\n", [block(RECVDATA, b"\r\nOK\r\n"), line(b"OK")]),
    (b"+CIPRECVDATA:0,\r\nOK\r\n", [block(RECVDATA, b""), line(b"OK")]),
    (b"+CIPRECVDATA:4,abc\r\r\nOK\r\n", [block(RECVDATA, b"abc\r"), line(b"OK")]),
    (b"+CIPRECVDATA,3:abc\r\nOK\r\n", [block(RECVDATA, b"abc"), line(b"OK")]),
    (
        b"+CIPRECVDATA,14:+CIPRECVDATA,3:\r\nOK\r\n\r\n+IPD,2\r\n",
        [damaged(RECVDATA), line(b"OK"), line(b"+IPD,2")],
    ),
    (
        b"+CIPRECVDATA,15:+CIPRECVDATA,3:\r\nOK\r\n\r\n+IPD,2\r\n",
        [block(RECVDATA, b"+CIPRECVDATA,3:"), line(b"OK"), line(b"+IPD,2")],
    ),
    (b'+SYSMFG:"a","b",8,5,12\r\n5\r\nOK\r\n', [block(OTHER, b"12\r\n5"), line(b"OK")]),
    (b"+SYSFLASH:3,\0\xff\n\r\nOK\r\n", [block(OTHER, b"\0\xff\n"), line(b"OK")]),
)

DAMAGE = (
    # a byte is missing: the CR LF is not where it must be
    (b"+IPD,5:abcd\r\nOK\r\nready\r\n", [damaged(IPD), line(b"OK"), line(b"ready")]),
    (b"+IPD,5:abcd\r\n+IPD,3:abc\r\n", [damaged(IPD), ipd(b"abc")]),
    (b"+IPD,5:abc\r\nX\r\nOK\r\n", [damaged(IPD), line(b"OK")]),
    # a byte too many
    (b"+IPD,3:abcd\r\nOK\r\n", [damaged(IPD), line(b"OK")]),
    (b"+IPD,3:abc\n\r\nOK\r\n", [damaged(IPD), line(b"OK")]),
    (b"+IPD,3:abc\rX\nOK\r\n", [damaged(IPD), line(b"OK")]),
    # the next header is swallowed: not a byte of it may be delivered
    (b"+IPD,9:abc\r\n+IPD,3:abc\r\nOK\r\n", [damaged(IPD), line(b"OK")]),
    (b'+MQTTSUBRECV:0,"t",3,ab\r\nOK\r\n', [damaged(MESSAGE), line(b"OK")]),
    # data that was asked for has no end but that of the OK behind it
    (b"+CIPRECVDATA:5,abcd\r\nOK\r\n", [damaged(RECVDATA), line(b"OK")]),
    (b"+CIPRECVDATA,3:abcOK\r\nready\r\n", [damaged(RECVDATA), line(b"ready")]),
    (b"+CIPRECVDATA:3,abcd\r\nOK\r\n", [damaged(RECVDATA), line(b"OK")]),
    # a topic that holds what looks like a length
    (b'+MQTTSUBRECV:0,"a",5,b",3,abc\r\nOK\r\n', [damaged(MESSAGE), line(b"OK")]),
    (b'+MQTTSUBREV:"t",3,"abcd"\r\nOK\r\n', [damaged(MESSAGE), line(b"OK")]),
    (b'+MQTTSUBREV:"t",3,"abcd\r\nOK\r\n', [damaged(MESSAGE), line(b"OK")]),
    (b'+MQTTSUBREV:"t",3,"abc\r\n\r\nOK\r\n', [damaged(MESSAGE), line(b"OK")]),
)

HARMLESS_LENGTHS = (
    (b"+IPD,-1:abc\r\nOK\r\n", [line(b"+IPD,-1:abc"), line(b"OK")]),
    (b"+IPD,99999999999:abc\r\nOK\r\n", [line(b"+IPD,99999999999:abc"), line(b"OK")]),
    (b"+IPD,1e3:abc\r\nOK\r\n", [line(b"+IPD,1e3:abc"), line(b"OK")]),
    (b"+IPD,:abc\r\nOK\r\n", [line(b"+IPD,:abc"), line(b"OK")]),
    (b'+MQTTSUBRECV:0,"t",-1,a\r\nOK\r\n', [line(b'+MQTTSUBRECV:0,"t",-1,a'), line(b"OK")]),
)


def test_lines():
    check(LINES)


def test_prompt_where_it_is_expected():
    check(PROMPTS, armed=True)


def test_prompt_that_nobody_expects_is_text():
    check(UNARMED)


def test_one_prompt_disarms():
    tokenizer = Tokenizer()
    tokenizer.armed = True
    assert drain(tokenizer, b"\r\n>\r\n>\r\n") == [PROMPTED, line(b">")]
    assert not tokenizer.armed


def test_blocks():
    check(BLOCKS)


def test_damaged_blocks_are_never_delivered():
    check(DAMAGE)


def test_lengths_that_are_no_numbers():
    check(HARMLESS_LENGTHS)
