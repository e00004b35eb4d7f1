# MIT license; Copyright (c) 2026 The atmqtt authors
"""The header of a counted block: which block follows, and how long it is. Pure.

The forms are data, so that a firmware's dialect can bring its own.
"""

from micropython import const

# kinds of block
IPD = 1  # bytes from a TCP link
RECVDATA = 2  # the same, asked for by AT+CIPRECVDATA
MESSAGE = 3  # an MQTT message
OTHER = 4  # stored data: AT+SYSMFG, AT+SYSFLASH

# How each header goes on after its name. n: length of the block, l: link id, i: a number to skip,
# q: a quoted string to skip, a: an address, quoted or bare, t: the topic; the rest as it is.
# Last in each row: how many bytes follow the block; 2: CR LF, which must be there.
FORMS = (
    (b"+IPD,", b"n:", IPD, 2),
    (b"+IPD,", b"l,n:", IPD, 2),
    (b"+IPD,", b"n,a,i:", IPD, 2),
    (b"+IPD,", b"l,n,a,i:", IPD, 2),
    (b"+MQTTSUBRECV:", b"i,t,n,", MESSAGE, 2),
    (b"+CIPRECVDATA:", b"n,", RECVDATA, 2),  # the CR LF belongs to the OK after it
    (b"+CIPRECVDATA,", b"n:", RECVDATA, 2),  # ESP8266 NonOS AT
    (b"+MQTTSUBREV:", b't,n,"', MESSAGE, 3),  # Beken; the block is in quotes
    (b"+SYSMFG:", b"q,q,i,n,", OTHER, 0),
    (b"+SYSFLASH:", b"n,", OTHER, 0),
)

MORE = -1  # the header may go on in bytes that are not here yet
_STRING_MAX = const(256)  # of a header: a longer topic is not told from the payload


class Header:
    """What the last header said: kind, link (-1: none), n and tail (bytes), topic buf[ta:tb]."""

    def __init__(self, forms=FORMS):
        self.forms = forms
        self.kind = self.link = self.n = self.tail = self.ta = self.tb = 0

    def parse(self, buf: bytearray, i: int, end: int) -> int:
        """Is buf[i:end] a header? Returns where its block starts, 0: it is none, or MORE."""
        for name, fields, kind, tail in self.forms:
            start = i + len(name)
            if start <= end and buf.startswith(name, i):
                self.kind = kind
                self.link = -1
                self.ta = self.tb = 0
                self.tail = tail
                start = self._fields(buf, start, end, fields)
                if start:
                    return start
        return 0

    def _fields(self, buf: bytearray, i: int, end: int, fields: bytes) -> int:
        for f in fields:
            if i >= end:
                return MORE
            if f == 0x6E or f == 0x6C or f == 0x69:  # n, l, i
                start = i
                v = 0
                while i < end and 48 <= buf[i] <= 57 and i - start < 9:
                    v = v * 10 + buf[i] - 48
                    i += 1
                if i == start:
                    return 0
                if f == 0x6E:
                    self.n = v
                elif f == 0x6C:
                    self.link = v
            elif f == 0x71 or f == 0x61 or f == 0x74:  # q, a, t
                i = self._string(buf, i, end, f)
                if i <= 0:
                    return i
            elif buf[i] == f:
                i += 1
            else:
                return 0
        return i

    def _string(self, buf: bytearray, i: int, end: int, f: int) -> int:
        # returns where the string has ended, 0: no match, MORE
        bare = f == 0x61 and buf[i] != 0x22  # an address as old firmware writes it
        if buf[i] != 0x22 and not bare:
            return 0
        j = i
        while True:
            j = buf.find(b"," if bare else b'"', j + 1, end)
            stop = end if j < 0 else j
            if stop - i > _STRING_MAX or buf.find(b"\n", i, stop) >= 0:
                return 0
            if j < 0 or j + 2 >= end:
                return MORE
            if f != 0x74:
                return j if bare else j + 1
            if buf[j + 1] == 0x2C and 48 <= buf[j + 2] <= 57:
                self.ta = i + 1  # a topic is not escaped: only `",<digit>` ends it
                self.tb = j
                return j + 1
