"""From the UART to a token, and past what is skipped, no memory is allocated: the heap is locked.

Needs: LOOPBACK
"""

import time

import uarts
from micropython import heap_lock, heap_unlock

from atmqtt.decoder import Decoder
from atmqtt.oversize import Oversize
from atmqtt.ring import RxRing
from atmqtt.tokenizer import BLOCK, DAMAGED, GARBAGE, LINE, PROMPT, Tokenizer

BAUD = 115200
STREAM = (
    b"\r\nOK\r\n",
    b"\r\n+IPD,300:" + bytes(300) + b"\r\n",
    b'+MQTTSUBRECV:0,"a/b",5,hello\r\n',
    b"+IPD,900:" + bytes(900) + b"\r\n",  # longer than is kept: skipped
    b"x" * 700 + b"\r\n",  # a line that is too long
    b"AT+CIPSEND=5\r\n\r\n> ",
)
EXPECTED = {LINE: 2, BLOCK: 2, DAMAGED: 1, GARBAGE: 1, PROMPT: 1}


def take(tokens, ring, seen, ms):
    """Count the tokens that come in so many milliseconds."""
    end = time.ticks_add(time.ticks_ms(), ms)
    heap_lock()
    try:
        while time.ticks_diff(end, time.ticks_ms()) > 0:
            token = tokens.next(ring)
            if token:
                seen[token] += 1
    finally:
        heap_unlock()


def bytes_to_tokens():
    uart = uarts.loopback(baudrate=BAUD, rxbuf=1024, txbuf=1024)
    ring = RxRing(uart, 2048, 1024, {"suspected_overruns": 0})
    ring.listen(BAUD)
    tokens = Tokenizer(block_max=512)
    tokens.armed = True
    seen = bytearray(6)
    for data in STREAM:
        uart.write(data)
        take(tokens, ring, seen, len(data) * 10000 // BAUD + 10)
    ring.deafen()
    for token, count in EXPECTED.items():
        assert seen[token] == count, seen


def skipped_message():
    done = []
    decoder = Decoder(None, lambda first, n: Oversize(first, n, done.append), 100)
    head = b"\x30\xf4\x03\x00\x03a/b"  # PUBLISH with 500 bytes
    decoder.feed(head, 0, len(head))
    piece = bytearray(200)
    heap_lock()
    try:
        decoder.feed(piece, 0, 200)
        decoder.feed(piece, 0, 200)
    finally:
        heap_unlock()
    assert not done
    decoder.feed(piece, 0, 95)
    assert done[0].topic == b"a/b" and done[0].size == 495, done


def heap_locks():
    heap_lock()
    try:
        bytearray(100)
        return False
    except MemoryError:
        return True
    finally:
        heap_unlock()


assert heap_locks(), "this proves nothing"
bytes_to_tokens()
skipped_message()
print("%d bytes of tokens, 400 of a skipped message" % sum(len(data) for data in STREAM))
print("passed")
