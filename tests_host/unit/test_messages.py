"""Messages to the application: by iteration or to on_message."""

import asyncio

from atmqtt.errors import MQTTError
from plain import raises, raises_async
from rig.house import House


async def take(client, count):
    """The payloads of so many messages."""
    taken = []
    async for _, payload, _ in client.messages:
        taken.append(payload)
        if len(taken) == count:
            break
    return taken


async def subscribed(house, **options):
    client = house.client(**options)
    await client.connect()
    await client.subscribe("t", 1)
    return client


def unacknowledged(house):
    return len(house.broker.session(b"c")._inflight)


async def test_in_order_as_bytes():
    async with House() as house:
        client = await subscribed(house)
        watcher = house.watcher()
        for n in range(5):
            watcher.publish("t", b"%d" % n, n % 2)
        assert await take(client, 5) == [b"0", b"1", b"2", b"3", b"4"]


async def test_retained():
    async with House() as house:
        house.watcher().publish("t", "old", 0, True)
        client = await subscribed(house)
        house.watcher("other").publish("t", "new", 0, True)
        seen = []
        async for topic, payload, retained in client.messages:
            seen.append((topic, payload, retained))
            if len(seen) == 2:
                break
        assert seen == [(b"t", b"old", True), (b"t", b"new", False)]


async def test_a_burst_of_more_than_rx_queue():
    """Nothing is dropped as long as the application keeps up."""
    async with House() as house:
        client = await subscribed(house, rx_queue=2)
        task = asyncio.create_task(take(client, 30))
        watcher = house.watcher()
        for n in range(30):
            watcher.publish("t", b"%d" % n)
        assert await task == [b"%d" % n for n in range(30)]
        assert client.stats["dropped"] == 0


async def test_acknowledged_when_taken():
    async with House() as house:
        client = await subscribed(house)
        house.watcher().publish("t", "x", 1)
        await house.sleep_ms(100)
        assert unacknowledged(house) == 1
        await take(client, 1)
        await house.until(lambda: unacknowledged(house) == 0)


async def test_one_consumer():
    async with House() as house:
        client = await subscribed(house)
        first = asyncio.create_task(take(client, 1))
        await asyncio.sleep_ms(0)
        second = await house.call(take(client, 1))
        await house.sleep_ms(20)
        assert second.done
        await raises_async(MQTTError, "one consumer", house.end(second))
        house.watcher().publish("t", "x")
        assert await first == [b"x"]


async def test_iteration_ends_at_disconnect():
    async with House() as house:
        client = await subscribed(house)
        call = await house.call(take(client, 1))
        await house.sleep_ms(20)
        await client.disconnect()
        await house.sleep_ms(20)
        assert (call.done, call.result) == (True, [])


async def test_what_has_come_is_still_handed_over_after_disconnect():
    async with House() as house:
        client = await subscribed(house)
        house.watcher().publish("t", "x", 1)
        await house.until(lambda: client.stats["received"])
        await client.disconnect()
        assert await take(client, 2) == [b"x"]


async def test_iteration_survives_a_lost_connection():
    async with House() as house:
        client = await subscribed(house)
        task = asyncio.create_task(take(client, 2))
        watcher = house.watcher()
        watcher.publish("t", "one")
        await house.until(lambda: client.stats["received"])
        house.net.cut()
        await client.down.wait()
        await client.connect()
        await client.subscribe("t")
        watcher.publish("t", "two")
        assert await task == [b"one", b"two"]


async def test_a_cancelled_iteration_loses_nothing():
    async with House() as house:
        client = await subscribed(house)
        task = asyncio.create_task(take(client, 1))
        await house.sleep_ms(20)
        task.cancel()
        await raises_async(asyncio.CancelledError, "", task)
        house.watcher().publish("t", "x")
        assert await take(client, 1) == [b"x"]


async def test_on_message():
    async with House() as house:
        seen = []
        client = await subscribed(house, on_message=lambda *message: seen.append(message))
        raises(MQTTError, "on_message", lambda: client.messages)
        house.watcher().publish("t", "x", 1)
        await house.until(lambda: seen)
        assert seen == [(b"t", b"x", False)]
        await house.until(lambda: unacknowledged(house) == 0)


async def test_on_message_may_be_a_coroutine():
    """It is acknowledged when that has ended, and the next one waits for that."""
    async with House() as house:
        running = []
        gate = asyncio.Event()

        async def on_message(topic, payload, retained):
            running.append(payload)
            await gate.wait()

        client = await subscribed(house, on_message=on_message)
        watcher = house.watcher()
        watcher.publish("t", "one", 1)
        watcher.publish("t", "two", 1)
        await house.sleep_ms(200)
        assert (running, unacknowledged(house)) == ([b"one"], 2)
        gate.set()
        await house.until(lambda: unacknowledged(house) == 0)
        assert running == [b"one", b"two"]
        assert client.connected


async def test_what_on_message_raises_goes_to_on_event():
    async def later():
        raise KeyError("later")

    def on_message(topic, payload, retained):
        if payload == b"now":
            raise ValueError("now")
        return later()

    async with House() as house:
        client = await subscribed(house, on_message=on_message)
        watcher = house.watcher()
        watcher.publish("t", "now", 1)
        watcher.publish("t", "later", 1)
        await house.until(lambda: client.stats["callback_errors"] == 2)
        errors = [detail for name, detail in house.events if name == "on_message"]
        assert [type(error) for error in errors] == [ValueError, KeyError]
        await house.until(lambda: unacknowledged(house) == 0)


async def test_publish_inside_on_message():
    async with House() as house:

        async def echo(topic, payload, retained):
            await client.publish("echo", payload, 1)

        client = await subscribed(house, on_message=echo, rx_queue=20)
        watcher = house.watcher()
        for n in range(20):
            watcher.publish("t", b"%d" % n, 1)
        echoed = []

        def complete():
            echoed.extend([m[1] for m in watcher.messages() if m[0] == b"echo"])
            return len(echoed) == 20

        await house.until(complete)
        assert echoed == [b"%d" % n for n in range(20)]
        assert client.stats["dropped"] == 0


async def test_an_application_that_does_not_keep_up_loses_messages_and_nothing_else():
    async with House() as house:
        echoed = []

        async def echo(topic, payload, retained):
            await client.publish("echo", payload, 1)
            echoed.append(payload)

        client = await subscribed(house, on_message=echo, rx_queue=2)
        watcher = house.watcher()
        for n in range(20):
            watcher.publish("t", b"%d" % n, 1)
        await house.until(lambda: len(echoed) + client.stats["dropped"] == 20)
        assert echoed == sorted(echoed, key=int)
        await house.until(lambda: unacknowledged(house) == 0)
        assert client.connected


async def test_disconnect_inside_on_message():
    async with House() as house:
        seen = []

        async def once(topic, payload, retained):
            await client.disconnect()
            seen.append(payload)

        client = await subscribed(house, on_message=once)
        watcher = house.watcher()
        for payload in (b"one", b"two"):
            watcher.publish("t", payload)
            await house.until(lambda last: seen and seen[-1] == last, payload)
            await client.connect()
            await client.subscribe("t")


async def test_on_message_survives_a_lost_connection():
    async with House() as house:
        seen = []
        client = await subscribed(house, on_message=lambda t, payload, r: seen.append(payload))
        watcher = house.watcher()
        for payload in (b"one", b"two", b"three"):
            watcher.publish("t", payload)
            await house.until(lambda last: seen and seen[-1] == last, payload)
            house.net.cut()
            await client.down.wait()
            await client.connect()
            await client.subscribe("t")
        assert seen == [b"one", b"two", b"three"]


async def test_too_long():
    async with House() as house:
        client = await subscribed(house, max_payload=100)
        watcher = house.watcher()
        watcher.publish("t", bytes(5000), 1)
        watcher.publish("t", "short", 1)
        assert await take(client, 1) == [b"short"]
        assert client.stats["oversize"] == 1
        assert ("oversize", 5000) in house.events
        assert client.connected
