# MIT license; Copyright (c) 2026 The atmqtt authors
"""Bytes from the module -> tokens: a line, a `>` prompt, a block whose length its header tells.

Pure: no clock, and no input but what `next` is handed. Memory is bounded whatever arrives, and
nothing is allocated except, once, room for a block longer than any before.

Three rules keep it right on any stream:
- a block is known by its header at the start of a line and read by count: what is in it can
  never be taken for a line, however much it looks like one;
- a block that the module ends with CR LF and that does not end so has lost bytes on the way:
  it is reported as damaged, never handed over;
- `>` is a prompt only while `armed`, and only at the start of a line.
"""

from struct import pack_into

from micropython import const

from .header import Header

# what next() returns; 0: nothing more yet
LINE = 1  # buf[a:b], without its CR LF
PROMPT = 2
BLOCK = 3  # buf[a:b], of which `header` tells kind, link and topic
DAMAGED = 4  # a block, of which the same, was lost
GARBAGE = 5  # a line was too long and is dropped

_AHEAD = const(64)  # bytes read at a time while looking for lines
_COPY = const(256)  # bytes copied at a time into a block
_AFTER = const(64)  # room for the lines behind a block that is kept
_COPY_FORMAT = "256s"


class Tokenizer:
    """line_max: longest line kept, block_max: longest block kept (bytes); others are dropped."""

    def __init__(self, line_max: int = 512, block_max: int = 2920):
        self.header = Header()
        self.block_max = block_max
        self._base = 0  # where to read to; before that lies a block that is kept
        self.armed = False
        self.a = self.b = 0
        self.line_max = line_max
        self._resize(line_max + _AHEAD)
        self._chunk = bytearray(_COPY)
        self.abort()

    def _resize(self, size: int):
        self.buf = bytearray(size + _COPY)  # copying writes whole chunks
        self.size = size

    def keep(self):
        """Leave the last block where it is, and read only the lines behind it, until release()."""
        self._base = self._pos

    def release(self):
        """The block that was kept has been read."""
        self._base = 0

    def abort(self):
        """Forget what is incomplete: a block whose rest does not come, all of it at a reset."""
        self._pos = self._end = self._base
        self._need = 0  # a block is complete when this much is in buf
        self._skip = 0  # bytes of a block that is not kept, still to come
        self.drop = False  # inside a line that is dropped

    def missing(self) -> int:
        """Bytes of a block that are on their way. If none comes for a while: abort()."""
        return self._skip or (self._need and self._need - self._end)

    def next(self, src) -> int:
        """The next token. src: anything with any() and readinto(buf, n), such as the RxRing."""
        while True:
            if self._need:
                token = self._block()
            elif self._skip:
                token = self._skipped()
            else:
                token = self._line()
            if token or not self._fill(src):
                return token

    def _fill(self, src) -> int:
        n = src.any()
        if not n:
            return 0
        if self._need:
            want = self._need - self._end  # to the end of the block and no further
        elif self._skip:
            want = min(self._skip, self.size)
        else:
            if self._pos > self._base:
                self._compact(self._pos)
            want = min(_AHEAD, self.size - self._end)
        end = self._end
        if not end:
            n = src.readinto(self.buf, min(n, want))
        else:  # only into the start of an object can be read without allocating
            n = src.readinto(self._chunk, min(n, want, _COPY))
            pack_into(_COPY_FORMAT, self.buf, end, self._chunk)
        self._end = end + n
        return n

    def _compact(self, start: int):
        # a slice would allocate; what is left here is the start of one line
        buf = self.buf
        to = self._base
        self._pos = to
        for i in range(start, self._end):
            buf[to] = buf[i]
            to += 1
        self._end = to

    def _line(self) -> int:
        buf = self.buf
        i = self._pos
        end = self._end
        if self.drop:  # its end may come next: no byte of it is skipped
            return self._to_line_end(i, end)
        c = 0
        while i < end:
            c = buf[i]
            if c > 32 and c != 255:
                break
            i += 1  # no line starts with CR, LF, a blank, NUL or 0xFF; noise does
        if i == end:
            self._pos = self._end = self._base
            return 0
        self._pos = i
        if c == 0x3E and self.armed:
            self.armed = False
            self._pos = i + 1
            return PROMPT
        if c == 0x2B or c == 0x2C:  # + or, for LN882H's later parts of a message, a comma
            start = self._behind(i, end) if self._base else self.header.parse(buf, i, end)
            if start < 0 and self._base:
                return 0
            if start > 0:
                self._expect(i, start)
                return self._skipped() if self._skip else self._block()
        return self._to_line_end(i, end)

    def _behind(self, i: int, end: int) -> int:
        # May it be a header? There is no room for two blocks, nor for what two headers say.
        j = self.buf.find(b"\n", i, end)
        return -1 if j < 0 or self.buf.find(b":", i, j) >= 0 or self.buf[i] == 0x2C else 0

    def _to_line_end(self, i: int, end: int) -> int:
        j = self.buf.find(b"\n", i, end)
        if j < 0:
            if end - i < self.line_max:
                return 0
            self._pos = self._end = self._base
            first = not self.drop
            self.drop = True
            return GARBAGE if first else 0
        self._pos = j + 1
        if self.drop:
            self.drop = False
            return self._line()
        if j - i >= self.line_max:
            return GARBAGE
        self.a = i
        self.b = j - 1 if self.buf[j - 1] == 13 else j
        return LINE

    def _expect(self, i: int, start: int):
        # a block begins at buf[start], its header at buf[i]
        header = self.header
        n = header.n
        length = n + header.tail
        if i and start + length + _AFTER > self.size:
            self._compact(i)
            start -= i
            header.ta -= i
            header.tb -= i
        if n <= self.block_max and self._room(start + length + _AFTER):
            self.a = start
            self.b = start + n
            self._need = start + length
        else:
            self._pos = start
            self._skip = length

    def _room(self, size: int) -> bool:
        if size > self.size:
            old = self.buf
            try:
                self._resize(size)
            except MemoryError:
                return False  # the block is skipped, and so reported
            self.buf[: self._end] = memoryview(old)[: self._end]
        return True

    def _block(self) -> int:
        end = self._need
        if self._end < end:
            return 0
        self._need = 0
        buf = self.buf
        tail = self.header.tail
        if tail and not (
            buf[end - 2] == 13 and buf[end - 1] == 10 and (tail == 2 or buf[self.b] == 0x22)
        ):
            self._pos = self.b
            self.drop = True  # up to the next line's end all is suspect
            return DAMAGED
        self._pos = end
        return BLOCK

    def _skipped(self) -> int:
        n = min(self._skip, self._end - self._pos)
        self._skip -= n
        self._pos += n
        if self._skip:
            self._pos = self._end = 0
            return 0
        return DAMAGED
