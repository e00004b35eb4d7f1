"""Finding command lines in the bytes that come from the host. Pure: no I/O, no clock."""


class LineReceiver:
    """The line buffer of an AT firmware.

    A line ends at CR LF; a lone CR or LF is content. The buffer holds `limit` bytes, CRLF
    included: a block that fills it without ending is dropped in silence and *what follows starts
    a new line*, so the tail of an over-long command is run if it begins with AT. A NUL drops what
    came before it in the line. ESP-AT 4.1 does all of this.
    """

    def __init__(self, limit: int = 256) -> None:
        self.limit = limit
        self._line = bytearray()
        self._after_cr = False  # survives a dropped block: 257 bytes still end in an (empty) line

    def clear(self) -> None:
        """Forget an unfinished line."""
        self._line = bytearray()
        self._after_cr = False

    def take(self, data: bytes) -> "tuple[bytes | None, bytes]":
        """Scan up to the first line end: (line with CRLF, bytes after it), or (None, b"")."""
        for index, byte in enumerate(data):
            if byte == 0:
                self.clear()
                continue
            self._line.append(byte)
            if byte == 0x0A and self._after_cr:
                line = bytes(self._line)
                self.clear()
                return line, bytes(data[index + 1 :])
            self._after_cr = byte == 0x0D
            if len(self._line) == self.limit:
                self._line = bytearray()
        return None, b""
