"""Payloads that look like what the module itself says and hears."""

from __future__ import annotations

IMITATIONS = (
    b"",
    b"+",
    b"++",
    b"+++",
    b"++++",
    b">",
    b"\r\n",
    b"\r\nOK\r\n",
    b"\r\nERROR\r\n",
    b"\r\nSEND OK\r\n",
    b"\r\nSEND FAIL\r\n",
    b"\r\nready\r\n",
    b"\r\nbusy p...\r\n",
    b"CLOSED\r\n",
    b"WIFI DISCONNECT\r\n",
    b"AT+RST\r\n",
    b"\r\n+IPD,6:\x30\x04\x00\x01ab\r\n",
    b"\r\nOK\r\n\r\n>",
    b"\0\xff\\\",'\x1b",
)

BYTES = bytes(range(256))

# 4096 bytes: all 256 values, and among them all of the above; it ends within a CR LF
LARGE = BYTES * 4 + b"".join(IMITATIONS) + b"\r\nOK\r\n+IPD,4096:\r\n> " + BYTES * 12
LARGE = LARGE[:4095] + b"\r"

PAYLOADS = (*IMITATIONS, LARGE)
