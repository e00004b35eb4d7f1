# MIT license; Copyright (c) 2026 The atmqtt authors
"""Modem.set_baud: both ends of the UART change their rate. Loaded when needed, then forgotten."""

from micropython import const

from .bringup import can_reopen, reopen
from .errors import ATError, ATTimeout
from .exchange import ticks_ms  # the time that its deadlines are in
from .header import RECVDATA
from .opening import RTS, choose_receiving
from .overlay import forget
from .request import Command, Request

_LEAST = const(80)  # what ESP-AT takes
_MOST = const(5000000)
_TOLD_MS = const(2000)
_ALIVE_MS = const(300)  # for the answer to AT
_TRIES = const(3)
_NOISE = ("garbage", "damaged", "suspected_overruns", "timeouts")


async def set_baud(modem, baud: int, flow: int):
    """See Modem.set_baud."""
    if not can_reopen(modem):
        raise ValueError("the UART has no init(): reinit= is needed")
    if not isinstance(baud, int) or not _LEAST <= baud <= _MOST:
        raise ValueError("baud: %d to %d expected" % (_LEAST, _MOST))
    if flow not in (0, 1, 2, 3):
        raise ValueError("flow: 0 to 3 expected, 1 RTS | 2 CTS")
    if not modem.up:
        raise ATError("modem.start() comes first")
    switch = Switch(modem, baud, flow)
    switch.begin()
    await modem.channel.wait(switch)
    switch.value()
    link = modem._link
    if not (link and link.user):
        await choose_receiving(modem)
        forget("opening")
    elif modem.passive:
        mailbox = modem.channel.inlet.sinks.get(RECVDATA)
        if mailbox:
            mailbox.ask()  # what came may have been told of while the rates differed


class Switch(Request):
    """One change, which goes on to its end even if nobody waits.

    It owns its commands, and sends each as soon as the one before has ended: before the next of
    the queue, so what is queued stays there.
    """

    def __init__(self, modem, baud: int, flow: int):
        self._modem = modem
        self.channel = modem.channel
        self._new = self._old = baud, flow
        self._step = self._told  # what comes after the command in flight
        self.left = 0  # tries
        self._why = None  # the error of this side's UART
        self._noise = {}

    def begin(self):
        """Take a place in the queue."""
        if self._modem.passive:
            command = self._command(_uart(self._new), _TOLD_MS, self._told)
        else:  # what comes meanwhile would be lost
            command = self._command(b"AT+CIPRECVMODE=1", _TOLD_MS, self._kept)
        self.channel.submit(command)

    def _command(self, line: bytes, ms: int, step) -> Command:
        self._step = step
        command = Command(line + b"\r\n", ms)
        command.owner = self
        return command

    def _send(self, line: bytes, ms: int, step):
        self.channel.start(self._command(line, ms, step), ticks_ms())

    def ended(self, command: Command):
        """A command has ended."""
        if self._modem.up:
            self._step(command.error)
        else:  # it was reset, started anew or closed
            self.finish(command.error)

    # --- step by step: error is how the command before has ended

    def _kept(self, error):
        if isinstance(error, ATTimeout):
            return self.finish(error)
        if not error:
            self._modem.passive = True
        self._send(_uart(self._new), _TOLD_MS, self._told)

    def _told(self, error):
        if error and not isinstance(error, ATTimeout):
            return self.finish(error)
        modem = self._modem
        self._old = modem.baud, modem.flow
        self._noise = {key: modem.stats[key] for key in _NOISE}
        self.left = _TRIES
        if self._opens(*self._new):  # OK was the last that came at the old rate
            self._ask(self._answered)
        else:
            self._recall()

    def _ask(self, step):
        self.left -= 1
        self._send(b"AT", _ALIVE_MS, step)

    def _answered(self, error):
        if not isinstance(error, ATTimeout):  # it is heard
            self._arrived()
        elif self.left:
            self._ask(self._answered)
        else:
            self._recall()

    def _recall(self):
        # It may hear without being heard, and we may wait for a CTS that is not wired: call it
        # back without looking at CTS.
        self.channel.outlet.clear()
        baud, flow = self._new
        self.left = 2  # the first may only end what the module takes for a line
        if self._opens(baud, flow & RTS) or self._opens(baud, 0):
            self._send(_uart(self._old), _ALIVE_MS, self._recalled)
        else:
            self._return()

    def _recalled(self, error):
        self.left -= 1
        if error and self.left:
            self._send(_uart(self._old), _ALIVE_MS, self._recalled)
        else:
            self._return()

    def _return(self):
        self.left = _TRIES
        if self._opens(*self._old):
            self._ask(self._returned)
        else:
            self._settle(self._why)

    def _returned(self, error):
        if not isinstance(error, ATTimeout):
            text = "no answer at %d baud with flow control %d (check RTS and CTS); back at %d"
            self._settle(self._why or ATTimeout(text % (self._new + self._old[:1])))
        elif self.left:
            self._ask(self._returned)
        else:
            text = "the module answers neither at %d nor at %d baud: start() looks for it"
            self._settle(ATTimeout(text % (self._new[0], self._old[0])))

    def _arrived(self):
        modem = self._modem
        garbage = modem.stats["garbage"] > self._noise["garbage"]
        modem.stats.update(self._noise)  # what the other rate looks like is no loss
        self._settle()
        if garbage and not modem.passive and modem._link:
            modem._link.damaged()  # but this may have been a block

    def _settle(self, error=None):
        self.channel.out_of_step()  # one of several ATs may still be answered
        self.finish(error)

    def _opens(self, baud: int, flow: int) -> bool:
        modem = self._modem
        try:
            reopen(modem, baud, flow)
        except Exception as error:  # the port's own; the module has to be called back first
            self._why = error
            return False
        modem.baud = baud
        self.channel.inlet.ring.listen(baud)
        return True


def _uart(settings: tuple) -> bytes:
    # not for the flash; what one side drives the other heeds: the bits change places
    baud, flow = settings
    return b"AT+UART_CUR=%d,8,1,0,%d" % (baud, flow >> 1 | (flow & 1) << 1)
