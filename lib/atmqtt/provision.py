# MIT license; Copyright (c) 2026 The atmqtt authors
"""Certificates into the module's flash, by AT+SYSMFG (ESP-AT since 3.0). Loaded when needed.

ESP-AT 2.x wants them in a format of its own, made by Espressif's tools: that is refused.
"""

from io import BytesIO

from micropython import const

from .errors import ATError, ATTimeout
from .request import Command

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Any

_FLASH_MS = const(10000)
_BYTE_MS = const(2)  # enough down to 9600 baud
_CHUNK = const(256)


async def provision(modem, ca, cert, key):
    """See Modem.provision."""
    sources = []
    try:
        for name, value in (("ca", ca), ("cert", cert), ("key", key)):
            if value is not None:
                sources.append(Source(name, value))
        if not sources:
            raise ValueError("provision: ca, cert or key expected")
        try:
            await modem.channel.run(b"AT+SYSMFG?", _FLASH_MS)
        except ATTimeout:
            raise
        except ATError:
            raise ATError("this firmware has no AT+SYSMFG: use its vendor's tools")
        for source in sources:
            # the module's own MQTT and its TLS connections look for them in different places
            for space, entry in ("mqtt_%s", "mqtt_%s"), ("client_%s", "client_%s.0"):
                await _write(modem.channel, space % source.name, entry % source.name, source)
    finally:
        for source in sources:
            source.close()


async def _write(channel, space: str, entry: str, source):
    line = 'AT+SYSMFG=2,"%s","%s",8,%d\r\n' % (space, entry, source.size)
    feeder = Feeder(channel, source)
    feeder.command = command = Command(line.encode(), _FLASH_MS + source.size * _BYTE_MS, feeder)
    source.rewind()
    command.data = (source.read(),)
    channel.watches.append(feeder)
    channel.submit(command)
    try:
        await channel.wait(command)
    except BaseException:
        source.keep()  # nobody waits any more; what was announced is sent all the same
        raise
    if not command.error:
        source.check()
    command.value()


class Feeder:
    """Hands the rest of a source to the module, piece by piece, while its command is in flight."""

    def __init__(self, channel, source):
        self.channel = channel
        self._source = source
        self.command: Any = None

    def __call__(self, now: int):
        """Hand over what there is room for."""
        outlet = self.channel.outlet
        if self.command.fed and self._source.left and not outlet.pending:
            outlet.write(self._source.read())

    def ended(self, command):
        """See Command."""
        self.channel.watches.remove(self)


class Source:
    """A PEM text, read piece by piece. value: name of a file, an open binary file, or bytes.

    name: what it is. size: bytes; left: of them, still to be read. ValueError if it is no PEM.
    """

    def __init__(self, name: str, value: "Any"):
        self.name = name
        self._opened = isinstance(value, str)
        if isinstance(value, (bytes, bytearray)):
            value = BytesIO(value)  # pyright: ignore - the stubs lack this
        self._file: Any = open(value, "rb") if self._opened else value
        self._error = None
        try:
            self.size = self._measure()
        except BaseException:
            self.close()
            raise

    def _measure(self) -> int:
        self._file.seek(0)
        size = 0
        while True:
            piece = self._file.read(_CHUNK)
            if b"\0" in piece or not (size or piece.startswith(b"-----BEGIN ")):
                raise ValueError(self.name + ": PEM expected")
            if not piece:
                return size
            size += len(piece)

    def rewind(self):
        """Begin anew."""
        self._file.seek(0)
        self.left = self.size

    def read(self) -> bytes:
        """The next piece. A file that ends too early is filled up: the module counts."""
        piece = b""
        try:
            piece = self._file.read(min(_CHUNK, self.left))
        except OSError as er:
            self._error = er
        if not piece:
            self._error = self._error or OSError(self.name + ": the file has become shorter")
            piece = b"\n" * min(_CHUNK, self.left)
        self.left -= len(piece)
        return piece

    def check(self):
        """Raise what was wrong with the file."""
        if self._error:
            raise self._error

    def keep(self):
        """Read the rest into memory: the file is about to be closed."""
        rest = b""
        left = self.left
        while self.left:
            rest += self.read()
        self.close()
        self._opened = False
        self._file = BytesIO(rest)  # pyright: ignore - the stubs lack this
        self.left = left

    def close(self):
        """Close the file, if it was opened here."""
        if self._opened:
            self._file.close()
