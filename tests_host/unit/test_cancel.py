"""Every call of the API, cancelled after every millisecond of its run, hence at each of its waits.

After that the same modem must do a whole job, byte by byte, and nothing may be left over.
"""

import asyncio

from rig.house import PASSWORD, SSID, House

PAYLOAD = b"\r\nOK\r\n+IPD,3:>+++\0\xff"
LEFT_OVER = b"x"
COUNTED = "damaged", "garbage", "unknown", "timeouts"


class Case:
    """A house with a client, and the job that must be possible after anything."""

    def __init__(self, house, clean_session):
        self.house = house
        self.modem = house.modem
        self.client = house.client(max_payload=1000, clean_session=clean_session)
        self.watcher = house.watcher(topic="up")
        self.number = 0

    async def up(self):
        """Started and connected, whatever was before."""
        if not self.modem.up:
            await self.modem.start()
        if not self.client.connected:
            await self.client.connect()

    async def job(self):
        """Publish and receive at every QoS; then all must be quiet."""
        await self.up()
        self.watcher.messages()
        await self.client.subscribe("down", 2)
        for qos in (0, 1, 2):
            self.number += 1
            payload = b"%d " % self.number + PAYLOAD
            await self.client.publish("up", payload, qos)
            self.watcher.publish("down", payload, qos)
            async for message in self.client.messages:
                if message[1] != LEFT_OVER:  # by a call that was cancelled
                    assert message == (b"down", payload, False)
                    break
            assert self.watcher.messages() == [(b"up", payload, qos, False)]
        channel = self.modem.channel
        await self.house.until(channel.idle)
        assert not channel.resync and not channel._timed

    async def cancel_everywhere(self, call, step):
        """Cancel call(case) at once, then after `step` milliseconds, then after twice as many...

        until it completes. Returns how many times it was cancelled.
        """
        times = 0
        while True:
            await self.up()
            running = await self.house.call(call(self))
            await self.house.sleep_ms(times * step)
            if running.done:
                break
            running.cancel()
            await self.house.ended(running)
            assert isinstance(running.error, asyncio.CancelledError), running.error
            try:
                await self.job()
            except Exception as error:
                raise AssertionError("after %d ms: %r" % (times * step, error))
            times += 1
        assert running.error is None, running.error
        await self.job()
        return times


async def cancelled(call, least, step=1, clean_session=True, **options):
    """Cancel call(case) everywhere, which must be at least so many moments."""
    async with House(**options) as house:
        case = Case(house, clean_session)
        times = await case.cancel_everywhere(call, step)
        assert times >= least, times
        stats = house.modem.stats
        assert [stats[name] for name in COUNTED] == [0] * len(COUNTED), stats


async def test_start():
    await cancelled(lambda case: case.modem.start(), 40, 3)


async def test_join():
    async def join(case):
        await case.client.disconnect()
        await case.modem.join(SSID, PASSWORD)

    await cancelled(join, 20)


async def test_scan():
    await cancelled(lambda case: case.modem.scan(), 20, 5)


async def test_ip():
    await cancelled(lambda case: case.modem.ip(), 4)


async def test_command():
    await cancelled(lambda case: case.modem.command("AT+CWSTATE?"), 4)


async def test_connect():
    async def connect(case):
        await case.client.disconnect()
        await case.client.connect()

    await cancelled(connect, 40)


async def test_connect_with_another_firmware():
    async def connect(case):
        await case.client.disconnect()
        await case.client.connect()

    for firmware in ("air601", "nonos", "esp-at-2.1"):
        await cancelled(connect, 25, 2, firmware=firmware)


async def test_publish():
    for qos in (0, 1, 2):

        def publish(case, qos=qos):
            return case.client.publish("other", PAYLOAD, qos)

        await cancelled(publish, 10)


async def test_publish_in_a_session_that_is_kept():
    for qos in (1, 2):

        def publish(case, qos=qos):
            return case.client.publish("other", bytearray(PAYLOAD), qos)

        await cancelled(publish, 10, clean_session=False)


async def test_publish_with_a_deadline():
    for qos in (0, 1, 2):

        def publish(case, qos=qos):
            return case.client.publish("other", PAYLOAD, qos, deadline_ms=5000)

        await cancelled(publish, 10)


async def test_publish_of_many_pieces():
    """Air601 takes 5760 bytes at a time."""
    payload = PAYLOAD * 310

    def publish(case):
        return case.client.publish("other", bytearray(payload), 1)

    await cancelled(publish, 30, 2, baud=921600, firmware="air601")


async def test_subscribe():
    await cancelled(lambda case: case.client.subscribe("other", 1), 10)


async def test_unsubscribe():
    await cancelled(lambda case: case.client.unsubscribe("other"), 10)


async def test_disconnect():
    await cancelled(lambda case: case.client.disconnect(), 10)


async def test_iteration():
    async def take(case):
        async for message in case.client.messages:
            return message

    for qos in (1, 2):

        async def receive(case, qos=qos):
            await case.client.subscribe("down", qos)
            case.watcher.publish("down", LEFT_OVER, qos)
            assert await take(case) == (b"down", LEFT_OVER, False)

        await cancelled(receive, 15)
