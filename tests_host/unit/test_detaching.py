"""A command belongs to the channel: cancelling who waits for it only detaches him."""

import asyncio
from errno import EIO

from scripted import COUNTERS, OK, PROBES, PROMPT, ScriptedUART

from atmqtt.channel import Channel
from atmqtt.errors import ATError
from atmqtt.request import Command
from plain import raises_async


class AsyncBench:
    """A channel whose reader runs under asyncio."""

    def __init__(self):
        self.uart = ScriptedUART()
        self.events = []
        stats = dict.fromkeys(COUNTERS, 0)
        self.channel = Channel(
            self.uart, 2048, 256, stats, lambda name, _: self.events.append(name)
        )

    async def until(self, condition):
        """Let the reader work."""
        turns = 0
        while not (turns and condition()):
            turns += 1
            assert turns < 1000, "it never happens"
            await asyncio.sleep_ms(1)

    async def sent(self, expected: bytes):
        await self.until(lambda: len(self.uart.written) >= len(expected))
        assert self.uart.written == expected, self.uart.written
        self.uart.written = b""

    async def cancelled(self, coroutine, when):
        """Cancel the coroutine once `when()` is true."""
        task = asyncio.create_task(coroutine)
        await self.until(when)
        task.cancel()
        await raises_async(asyncio.CancelledError, "", task)


def send(data) -> Command:
    command = Command(b"AT+CIPSEND=5\r\n", 2000)
    command.data = data
    command.final = b"SEND OK"
    return command


async def test_run_returns_the_lines():
    at = AsyncBench()
    task = asyncio.create_task(at.channel.run(b"AT+CIPSTA?"))
    await at.sent(b"AT+CIPSTA?\r\n")
    at.uart.incoming = b"+CIPSTA:1\r\n" + OK
    assert await task == [b"+CIPSTA:1"]
    at.channel.close(ATError("end"))


async def test_cancelled_command_runs_to_its_end_before_the_next():
    at = AsyncBench()
    await at.cancelled(at.channel.run(b"AT+A"), lambda: at.uart.written)
    await at.sent(b"AT+A\r\n")
    task = asyncio.create_task(at.channel.run(b"AT+B"))
    await asyncio.sleep_ms(20)
    await at.sent(b"")
    at.uart.incoming = b"+A:1\r\n" + OK
    await at.sent(b"AT+B\r\n")
    at.uart.incoming = b"+B:1\r\n" + OK
    assert await task == [b"+B:1"]
    at.channel.close(ATError("end"))


async def test_cancelled_before_it_was_sent_it_is_sent_all_the_same():
    at = AsyncBench()
    first = at.channel.submit(Command(b"AT+A\r\n", 2000))
    await at.cancelled(at.channel.run(b"AT+B"), lambda: len(at.channel._queue) == 1)
    await at.sent(b"AT+A\r\n")
    at.uart.incoming = OK
    at.channel.poll()
    assert first.done
    await at.sent(b"AT+B\r\n")
    at.channel.close(ATError("end"))


async def test_announced_data_is_sent_although_the_caller_reuses_its_buffer():
    at = AsyncBench()
    data = bytearray(b"hello")
    command = at.channel.submit(send([memoryview(data)]))
    await at.cancelled(at.channel.wait(command), lambda: at.uart.written)
    data[:] = b"-----"
    await at.sent(b"AT+CIPSEND=5\r\n")
    at.uart.incoming = PROMPT
    await at.sent(b"hello")
    at.channel.close(ATError("end"))


async def test_data_half_written_when_its_caller_is_cancelled():
    at = AsyncBench()
    data = bytearray(b"hello")
    command = at.channel.submit(send([data]))
    at.uart.takes = [2] + [None] * 50
    at.uart.incoming = PROMPT
    await at.cancelled(at.channel.wait(command), lambda: b"he" in at.uart.written)
    data[:] = b"-----"
    await at.sent(b"AT+CIPSEND=5\r\nhello")
    at.channel.close(ATError("end"))


async def test_wait_for_detaches_too():
    at = AsyncBench()
    await raises_async(asyncio.TimeoutError, "", asyncio.wait_for_ms(at.channel.run(b"AT+A"), 10))
    assert at.channel.command.name() == "AT+A"
    at.uart.incoming = OK
    await at.until(at.channel.idle)
    at.channel.close(ATError("end"))


async def test_uart_that_fails_fails_all_who_wait():
    at = AsyncBench()
    tasks = [asyncio.create_task(at.channel.run(line)) for line in (b"AT+A", b"AT+B")]
    paused = asyncio.create_task(at.channel.pause(100000))
    await at.sent(b"AT+A\r\n")
    await at.until(lambda: at.channel._timed)
    at.uart.takes = [OSError(EIO, "gone")]
    at.channel.outlet.pending.append(b"x")
    for task in tasks + [paused]:
        error = await raises_async(OSError, "", task)
        assert error.errno == EIO
    assert "error" in at.events
    # the UART is back: the channel works again
    task = asyncio.create_task(at.channel.run(b"AT"))
    await at.sent(b"AT\r\n")
    at.uart.incoming = OK
    assert await task == []
    at.channel.close(ATError("end"))


async def test_handler_that_raises_fails_all_who_wait():
    at = AsyncBench()

    def fail(buf, a, b):
        raise ValueError("handler")

    at.channel.inlet.on(b"+URC", fail)
    task = asyncio.create_task(at.channel.run(b"AT"))
    await at.sent(b"AT\r\n")
    at.uart.incoming = b"+URC\r\n"
    await raises_async(ValueError, "handler", task)
    assert at.events == ["error"]


async def test_close_ends_the_reader_and_all_who_wait():
    at = AsyncBench()
    task = asyncio.create_task(at.channel.run(b"AT"))
    await at.sent(b"AT\r\n")
    at.channel.close(ATError("modem closed"))
    await raises_async(ATError, "modem closed", task)
    at.uart.incoming = OK
    await asyncio.sleep_ms(30)
    assert at.uart.incoming == OK, "somebody still reads the UART"


async def test_a_cancelled_caller_s_timeout_still_means_a_probe():
    at = AsyncBench()
    await at.cancelled(at.channel.run(b"AT+A", 30), lambda: at.uart.written)
    await at.sent(b"AT+A\r\n")
    task = asyncio.create_task(at.channel.run(b"AT+B"))
    await at.sent(PROBES[0])
    at.uart.incoming = b"+CWMODE:1\r\n" + OK
    await at.sent(b"AT+B\r\n")
    at.uart.incoming = OK
    assert await task == []
    at.channel.close(ATError("end"))
