"""The driver on other ports' machine.UART: whatever it is like, nothing is lost in silence."""

import asyncio

from atmqtt.errors import ATError, MQTTError
from rig import ports
from rig.house import House
from rig.otherport import on, payload, work, work_blocking
from rig.simplehouse import Blocking

DEFAULT = 115200
FASTER = 460800  # 64 bytes are 1.4 ms of it, and callbacks come after 1 ms
BUSY_US = 50000
WITH_IRQ = (
    ports.Rp2,
    ports.Stm32,
    ports.Stm32F4,
    ports.Nrf,
    ports.Esp32,
    ports.Mimxrt,
    ports.Samd,
)
ALL = (ports.Polled, ports.Deaf) + WITH_IRQ
TROUBLE = ("suspected_overruns", "damaged", "garbage", "timeouts", "resets", "busy")


def unharmed(house):
    """No byte was lost, and the library suspects nothing."""
    assert house.uart.overruns == 0
    assert [house.modem.stats[name] for name in TROUBLE] == [0] * len(TROUBLE)


async def works(port, baud=DEFAULT, rxbuf=None):
    """A whole session by asyncio. Returns the UART."""
    async with on(House(), port, baud, rxbuf) as house:
        await work(house)
        unharmed(house)
        return house.uart


def works_blocking(port):
    """A whole session with the blocking client."""
    with on(Blocking(), port, FASTER) as house:
        work_blocking(house)
        unharmed(house)


async def test_rp2():
    assert (await works(ports.Rp2)).callbacks > 100
    works_blocking(ports.Rp2)


async def test_rp2_whose_callbacks_are_all_dropped():
    assert (await works(ports.Deaf)).callbacks == 0
    works_blocking(ports.Deaf)


async def test_write_takes_little_or_none():
    await works(ports.Grudging)
    works_blocking(ports.Grudging)


async def test_stm32_with_64_bytes():
    assert (await works(ports.Stm32)).callbacks > 100
    works_blocking(ports.Stm32)


async def test_stm32_with_1024_bytes():
    assert (await works(ports.Stm32, 921600, 1024)).callbacks > 100


async def test_stm32_before_1_26():
    assert (await works(ports.Stm32F4)).callbacks > 100
    works_blocking(ports.Stm32F4)


async def test_nrf():
    assert (await works(ports.Nrf)).callbacks > 100
    works_blocking(ports.Nrf)


async def test_esp32():
    assert (await works(ports.Esp32)).callbacks > 100
    works_blocking(ports.Esp32)


async def test_mimxrt():
    uart = await works(ports.Mimxrt)
    assert uart.callbacks > 100 and uart.refused > 0
    works_blocking(ports.Mimxrt)


async def test_samd():
    assert (await works(ports.Samd)).callbacks > 100
    works_blocking(ports.Samd)


async def test_no_irq_at_all():
    await works(ports.Polled)
    works_blocking(ports.Polled)


async def test_stm32_while_cts_is_held():
    """Short counts and none at all: 30 ms after every 100 bytes."""
    async with on(House(), ports.Stm32) as house:
        house.uart.hold = 30000, 100
        client = house.client()
        watcher = house.watcher(topic="up")
        await client.connect()
        start = house.clock.now_us()
        await client.publish("up", payload(0), 1)
        assert house.clock.now_us() - start > len(payload(0)) // 100 * 30000
        assert watcher.messages() == [(b"up", payload(0), 1, False)]
        unharmed(house)


async def test_found_at_another_rate():
    """init() drops what it drops and takes what it takes: no `flow`, or no callback any more."""
    for port in ALL:
        async with on(House(start=False), port) as house:
            house.module.baud = FASTER
            await house.modem.start()
            assert house.modem.baud == FASTER
            before = getattr(house.uart, "callbacks", 0)
            assert await house.modem.command("AT+CIPMUX?") == [b"+CIPMUX:0"]
            assert port not in WITH_IRQ or house.uart.callbacks > before, port


class Listener:
    """A client that gets messages of QoS 1 while its program is busy with other things.

    got: payloads, without repetitions.
    """

    def __init__(self, house):
        self._house = house
        self.got = []
        self.connections = 0
        self._client = house.client(clean_session=False, on_message=self._note)

    def _note(self, topic, message, retained):
        if message not in self.got:
            self.got.append(message)

    async def listen(self, busy, expected):
        """busy() after every pass of the event loop, on the first connection only."""
        await self._connect()
        await self._client.subscribe("down", 1)
        watcher = self._house.watcher(topic="none")
        for message in expected:
            watcher.publish("down", message, 1)
        end = self._house.clock.now_us() + 60000000
        while len(self.got) < len(expected):
            assert self._house.clock.now_us() < end, "it never came"
            await asyncio.sleep_ms(0)
            if not self._client.connected:
                await self._connect()
            elif self.connections == 1:
                busy()
        assert sorted(self.got) == sorted(expected)
        await self._client.disconnect()

    async def _connect(self):
        while not self._client.connected:
            try:
                await self._client.connect()
            except (ATError, MQTTError):  # what is left of a torn block can look like an answer
                await self._house.sleep_ms(100)
        self.connections += 1


EXPECTED = [payload(1, 1500), payload(2, 1500)]


async def listened(port, busy, passive=True, rxbuf=None):
    """The house in which a Listener got it all while busy(uart) was called all the time."""
    async with on(House(), port, passive=passive, rxbuf=rxbuf) as house:
        listener = Listener(house)
        await listener.listen(lambda: busy(house), EXPECTED)
        return house, listener


def idle(house):
    """The program waits, as it should."""


def compute(house):
    """Bytecode for 50 ms, without a look at the event loop; callbacks come through."""
    house.clock.advance(BUSY_US)


def collect(house):
    """C for 50 ms: the garbage collector, or a display driver."""
    house.uart.stall(BUSY_US)


async def test_passive_receive_loses_nothing_however_busy_the_program():
    for busy in (compute, collect):
        for port in ALL:
            house, listener = await listened(port, busy)
            assert listener.connections == 1, port
            unharmed(house)
    house, _ = await listened(ports.Polled, compute, rxbuf=64)
    unharmed(house)


async def test_active_receive_loses_nothing_while_the_event_loop_runs():
    for port in ALL:
        house, listener = await listened(port, idle, passive=False)
        assert listener.connections == 1, port
        unharmed(house)


async def test_active_receive_loses_says_so_and_gets_it_in_the_end():
    for port in ALL:
        house, listener = await listened(port, collect, passive=False)
        assert listener.connections > 1, port
        assert house.uart.overruns > 0, port
        assert house.modem.stats["suspected_overruns"] > 0, port
        assert house.modem.stats["damaged"] + house.modem.stats["garbage"] > 0, port


async def test_active_receive_needs_room_for_what_comes_during_a_stall():
    """50 ms at 115200 baud are 576 bytes: 1024 are enough."""
    for port in (ports.Rp2, ports.Stm32, ports.Mimxrt, ports.Polled):
        house, listener = await listened(port, collect, passive=False, rxbuf=1024)
        assert listener.connections == 1, port
        unharmed(house)
