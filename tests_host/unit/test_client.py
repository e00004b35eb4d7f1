"""MQTTClient against the simulated module and broker: connections that come and go."""

from atmqtt.errors import ATError, JoinError, MQTTError
from plain import raises_async
from rig.house import HOST, House


def names(house):
    return [name for name, _ in house.events if name in ("up", "down")]


async def test_publish_and_receive_with_every_firmware():
    for firmware in ("esp-at", "air601"):
        async with House(firmware) as house:
            client = house.client()
            assert (client.connected, client.engine) == (False, None)
            assert await client.connect() is False
            assert (client.connected, client.engine) == (True, "packets")
            watcher = house.watcher()
            assert await client.subscribe("down/#", 1) == 1
            for qos in (0, 1):
                await client.publish("up", b"\r\nOK\r\n+++\0\xff", qos, True)
                await house.sleep_ms(20)
                assert watcher.messages() == [(b"up", b"\r\nOK\r\n+++\0\xff", qos, False)]
            watcher.publish("down/x", bytes(range(256)) * 8, 1)
            async for message in client.messages:
                assert message == (b"down/x", bytes(range(256)) * 8, False)
                break
            await client.unsubscribe("down/#")
            await client.disconnect()
            assert not client.connected
            assert names(house) == ["up"]


async def test_not_connected():
    async with House() as house:
        client = house.client()
        for connected_before in (False, True):
            if connected_before:
                await client.connect()
                await client.disconnect()
            await raises_async(MQTTError, "not connected", client.publish("t", "x"))
            await raises_async(MQTTError, "not connected", client.publish("t", "x", 1))
            await raises_async(MQTTError, "not connected", client.subscribe("t"))
            await raises_async(MQTTError, "not connected", client.unsubscribe("t"))
            await client.disconnect()
            await client.disconnect()


async def test_modem_start_comes_first():
    async with House(start=False) as house:
        client = house.client()
        await raises_async(MQTTError, "modem.start() comes first", client.connect())


async def test_join_comes_first():
    async with House(start=False) as house:
        await house.modem.start()
        client = house.client()
        await raises_async(ATError, "CIPSTART refused", client.connect())
        error = await raises_async(JoinError, "password", house.modem.join("atsim", "wrong"))
        assert error.code == 2
        await house.modem.join("atsim", "password")
        await client.connect()


async def test_connected_already():
    async with House() as house:
        client = house.client()
        await client.connect()
        await raises_async(MQTTError, "connected already", client.connect())
        await client.publish("t", "x", 1)


async def test_one_connection_at_a_time():
    async with House() as house:
        first, second = house.client("first"), house.client("second")
        await first.connect()
        await raises_async(MQTTError, "in use", second.connect())
        await first.publish("t", "x", 1)
        await first.disconnect()
        await second.connect()
        await second.publish("t", "x", 1)
        await raises_async(MQTTError, "not connected", first.publish("t", "x"))


async def test_nobody_listens():
    async with House() as house:
        house.net.refuse(HOST, 1883)
        client = house.client()
        await raises_async(ATError, "CIPSTART refused", client.connect())
        house.net.serve(house.broker, HOST)
        await client.connect()


async def test_wrong_password():
    async with House(users={"user": "right"}) as house:
        client = house.client(username="user", password="wrong")
        error = await raises_async(MQTTError, "not authorized", client.connect())
        assert error.code == 5
        assert not client.connected
        await house.client(username="user", password="right").connect()


async def test_lost_and_connected_again():
    async with House() as house:
        client = house.client()
        for _ in range(3):
            await client.connect()
            assert client.up.is_set() and not client.down.is_set()
            await client.up.wait()
            house.net.cut()
            await client.down.wait()
            assert not client.up.is_set()
            assert not client.connected
            await raises_async(MQTTError, "not connected", client.publish("t", "x"))
        assert names(house) == ["up", "down"] * 3
        assert [detail for name, detail in house.events if name == "down"] == [
            "connection closed by the other side"
        ] * 3


async def test_lost_while_calls_wait():
    async with House() as house:
        client = house.client()
        await client.connect()
        house.net.black_hole = True
        calls = client.publish("t", "x", 1), client.subscribe("t"), client.unsubscribe("t")
        tasks = []
        for call in calls:
            tasks.append(await house.call(call))
        await house.sleep_ms(200)
        house.net.black_hole = False
        house.net.cut()
        for task in tasks:
            await raises_async(MQTTError, "connection lost", house.end(task))
        assert names(house) == ["up", "down"]


async def test_a_dead_broker_is_noticed():
    async with House() as house:
        client = house.client(keepalive=10)
        await client.connect()
        house.net.black_hole = True
        house.step_us = 10000
        await client.down.wait()
        assert house.events[-1] == ("down", "no PINGRESP")
        house.net.black_hole = False
        house.net.cut()
        await client.connect()


async def test_a_connection_is_kept_alive():
    async with House() as house:
        client = house.client(keepalive=2)
        await client.connect()
        house.step_us = 10000
        await house.sleep_ms(30000)
        assert client.connected
        assert names(house) == ["up"]


async def test_deadline():
    async with House() as house:
        client = house.client()
        await client.connect()
        house.net.black_hole = True
        call = client.publish("t", "x", 1, deadline_ms=700)
        start = house.ticks_ms()
        await raises_async(MQTTError, "may have been delivered", call)
        assert 690 <= house.ticks_ms() - start <= 800
        house.net.black_hole = False
        await client.publish("t", "y", 1, deadline_ms=700)


async def test_more_publishes_than_tx_queue():
    async with House() as house:
        client = house.client(tx_queue=2)
        await client.connect()
        watcher = house.watcher()
        calls = []
        for n in range(3):
            calls.append(await house.call(client.publish("t", b"%d" % n, 1)))
        await house.end(calls[0])
        await house.end(calls[1])
        await raises_async(MQTTError, "tx_queue", house.end(calls[2]))
        assert [payload for _, payload, _, _ in watcher.messages()] == [b"0", b"1"]


async def test_will():
    async with House() as house:
        watcher = house.watcher()
        client = house.client(will=("status", b"gone", 1, False))
        await client.connect()
        await client.disconnect()
        await house.sleep_ms(100)
        assert watcher.messages() == []
        await client.connect()
        house.net.cut()
        await house.until(lambda: watcher.messages() == [(b"status", b"gone", 1, False)])


async def test_a_kept_session():
    async with House() as house:
        client = house.client(clean_session=False)
        assert await client.connect() is False
        await client.subscribe("t", 1)
        await client.disconnect()
        house.watcher().publish("t", "waited", 1)
        assert await client.connect() is True
        async for message in client.messages:
            assert message == (b"t", b"waited", False)
            break


async def test_on_event_may_fail():
    def fails(name, detail):
        raise ValueError(name)

    async with House() as house:
        client = house.client(on_event=fails)
        await client.connect()
        house.net.cut()
        await client.down.wait()
        assert client.stats["callback_errors"] == 2


async def test_reset_of_the_module():
    async with House() as house:
        client = house.client()
        await client.connect()
        call = await house.call(client.subscribe("t"))
        house.module.restart("software")
        await raises_async(OSError, "reset", house.end(call))
        await client.down.wait()
        await house.until(lambda: ("reset", None) in house.events)
        assert not house.modem.up
        await raises_async(MQTTError, "modem.start() comes first", client.connect())
        await house.modem.start()
        await house.modem.join("atsim", "password")
        await client.connect()
        await client.publish("t", "x", 1)


async def test_disconnect_while_connecting():
    async with House() as house:
        client = house.client()
        for ms in range(1, 50):
            call = await house.call(client.connect())
            await house.sleep_ms(ms)
            await client.disconnect()
            await house.ended(call)
            assert call.error is None or isinstance(call.error, OSError), ms
            assert not client.connected, ms
            assert client.down.is_set() and not client.up.is_set(), ms
            await client.connect()
            await client.publish("t", "x", 1)
            await client.disconnect()


async def test_close_of_the_modem_takes_the_client_down():
    async with House() as house:
        client = house.client()
        await client.connect()
        await house.modem.close()
        assert not client.connected and client.down.is_set()
