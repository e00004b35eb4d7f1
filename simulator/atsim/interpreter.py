"""The AT command interpreter: reads of the UART in, one command at a time, busy answers.

The firmware does not see single bytes but *reads*: what arrived until the line fell silent.
Everything that depends on "in one piece" (`+++`, surplus bytes behind a command) follows from it.
"""

from atsim import syntax
from atsim.receiver import LineReceiver

READ_LIMIT = 2048  # a read ends here even when bytes keep coming
READ_GAP_BITS = 100  # ... or when the line was silent for ten characters
FORCED_RESTART = b"AT+RST\r\n"  # ESP-AT recognises it even while a command runs


class Interpreter:
    """Owned by a Module; `module.write` is where its answers go."""

    def __init__(self, module) -> None:
        self._module = module
        self._receiver = LineReceiver(module.firmware.line_limit)
        self.reset()

    def reset(self) -> None:
        """Forget everything: lines, the running command, settings."""
        self._receiver.clear()
        self._unread = bytearray()
        self._read_timer = None
        self._busy_timer = None
        self._task = None  # the running command
        self._sending = False  # its data is complete and being worked on
        self.phase = None  # takes the bytes instead of the line receiver (see atsim.phases)
        self.echo = True
        self.syslog = False

    @property
    def running(self) -> bool:
        """Is a command being executed?"""
        return self._task is not None and not self._task.done

    def feed(self, data: bytes) -> None:
        """Bytes from the UART; they are looked at when the read ends."""
        self._unread.extend(data)
        if self._read_timer is not None:
            self._read_timer.cancel()
        wait = 0 if len(self._unread) >= READ_LIMIT else self._read_gap()
        self._read_timer = self._module.scheduler.later(wait, self._read)

    def _read_gap(self) -> int:
        if self.phase is not None and self.phase.gap_us:
            return self.phase.gap_us
        gap = READ_GAP_BITS * 1_000_000 // self._module.baud
        return max(gap, self._module.timing.read_gap_floor)

    def _read(self) -> None:
        data = bytes(self._unread)
        self._unread = bytearray()
        if self.phase is not None:
            surplus = self.phase.take(data)
            if self.phase.done:
                self.phase = None
                self._sending = True
            if self._task is not None and self._task.polling:
                self._task.step()
            if surplus:
                self._busy_now()
        elif self.running:
            self._refuse(data)
        else:
            self._take_line(data)

    def _take_line(self, data: bytes) -> None:
        line, surplus = self._receiver.take(data)
        if self.echo:
            self._module.write(data[: len(data) - len(surplus)], echo=True)
            if line is not None:
                self._module.write(self._module.firmware.echo_tail, echo=True)
        if line is None:
            return
        self._module.trace("line", line)
        self._sending = False
        if surplus:
            self._busy_now()
        self._task = self._module.scheduler.spawn(self._run(line))

    def _run(self, line: bytes):
        """The task of one command, from the end of its line to its final answer."""
        module = self._module
        yield module.timing.command
        try:
            command = module.firmware.parse(line)
            result = self._handler(command)(module, command)
            if hasattr(result, "send"):
                result = yield from result
        except syntax.Failure as failure:
            self._settle_busy()
            for code in failure.codes:
                self.error_code(code)
            if failure.explanation and module.firmware.explains:
                module.write(failure.explanation + b"\r\n")
            module.write(module.firmware.refusal(failure))
        else:
            self._settle_busy()
            module.write(module.firmware.ok if result is None else result)

    def _handler(self, command: syntax.Command):
        forms = self._module.commands.get(command.name, {})
        if command.form not in forms:
            raise syntax.Failure(syntax.UNSUPPORTED)
        return forms[command.form]

    def error_code(self, code: int) -> None:
        """The extra line before ERROR or busy p..., when AT+SYSLOG=1."""
        if self.syslog:
            self._module.write(b"ERR CODE:0x%08x\r\n" % code)

    def _refuse(self, data: bytes) -> None:
        """Bytes that came while a command runs: discarded, and answered once for all of them."""
        if data == FORCED_RESTART:
            if self._module.firmware.forced_restart:
                self._module.write(b"\r\nWill force to restart!!!\r\n")
                self._module.restart("software")
                return
        if self._busy_timer is None:
            self._busy_timer = self._module.scheduler.later(
                self._module.timing.busy, self._settle_busy
            )

    def _settle_busy(self) -> None:
        if self._busy_timer is not None:
            self._busy_timer.cancel()
            self._busy_timer = None
            self._busy_now()

    def _busy_now(self) -> None:
        self.error_code(0x010B0000)
        firmware = self._module.firmware
        self._module.write(firmware.busy_sending if self._sending else firmware.busy)
