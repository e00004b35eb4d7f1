"""MQTTClient against the simulated module and broker: connections that come and go."""

from atmqtt.errors import ATError, JoinError, MQTTError
from atsim.broker import Broker
from atsim.firmware import NAMES
from plain import raises_async
from rig.house import HOST, House


def names(house):
    return [name for name, _ in house.events if name in ("up", "down")]


async def taken(client):
    """The next message."""
    async for message in client.messages:
        return message


async def test_publish_and_receive_with_every_firmware():
    for firmware in NAMES:
        if firmware.startswith("beken"):
            continue  # its own MQTT is all there is
        async with House(firmware) as house:
            client = house.client()
            assert (client.connected, client.engine) == (False, None)
            assert await client.connect() is False
            assert (client.connected, client.engine) == (True, "packets")
            watcher = house.watcher()
            assert await client.subscribe("down/#", 1) == 1
            for qos in (0, 1, 2):
                await client.publish("up", b"\r\nOK\r\n+++\0\xff", qos, True)
                await house.sleep_ms(20)
                assert watcher.messages() == [(b"up", b"\r\nOK\r\n+++\0\xff", qos, False)]
            assert await client.subscribe("down/#", 2) == 2
            for qos in (0, 1, 2):
                watcher.publish("down/x", bytes(range(256)) * 8, qos)
                assert await taken(client) == (b"down/x", bytes(range(256)) * 8, False)
            await house.until(lambda: not house.broker.session(b"c")._inflight)
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
        assert await taken(client) == (b"t", b"waited", False)


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


async def test_a_send_that_ends_late_does_not_disturb_the_next_client():
    async with House() as house:
        for ms in range(1, 12):
            first, second = house.client("first"), house.client("second")
            await first.connect()
            call = await house.call(first.publish("t", b"x" * 20, 1))
            await house.sleep_ms(ms)
            house.net.cut()
            await house.ended(call)
            await first.down.wait()
            await second.connect()
            await second.publish("t", "y", 1)
            await second.disconnect()


# --- a session that outlives its connections


async def lose(house, client):
    """The connection goes, and what was on its way with it."""
    house.net.cut()
    house.net.black_hole = False
    await client.down.wait()


async def test_a_publish_waits_through_a_reconnect():
    for qos in (1, 2):
        async with House() as house:
            client = house.client(clean_session=False)
            await client.connect()
            watcher = house.watcher()
            for ms in range(0, 30, 3):
                call = await house.call(client.publish("t", b"%d" % ms, qos))
                await house.sleep_ms(ms)
                await lose(house, client)
                if not call.done:
                    await raises_async(MQTTError, "not connected", client.publish("t", "new", qos))
                assert await client.connect() is True
                await house.end(call)
                messages = watcher.messages()
                assert set(messages) == {(b"t", b"%d" % ms, qos, False)}
                assert len(messages) == 1 or (qos == 1 and len(messages) == 2)
            assert client.stats["dropped"] == 0


async def test_publishes_are_sent_again_in_their_order():
    async with House() as house:
        client = house.client(clean_session=False)
        await client.connect()
        watcher = house.watcher()
        house.net.black_hole = True
        calls = []
        for n in range(6):
            calls.append(await house.call(client.publish("t", b"%d" % n, 1 + n % 2)))
        await house.sleep_ms(30)  # some are sent, into the void, some are not
        await lose(house, client)
        assert not any(call.done for call in calls)
        await client.connect()
        for call in calls:
            await house.end(call)
        await client.publish("t", "6", 1)
        by_qos = [[], [], []]
        for _, payload, qos, _ in watcher.messages():
            by_qos[qos].append(payload)
        assert by_qos == [[], [b"0", b"2", b"4", b"6"], [b"1", b"3", b"5"]]


async def test_the_deadline_goes_on_without_a_connection():
    async with House() as house:
        client = house.client(clean_session=False)
        await client.connect()
        house.net.black_hole = True
        call = await house.call(client.publish("t", "x", 1, deadline_ms=700))
        start = house.ticks_ms()
        await house.sleep_ms(50)
        await lose(house, client)
        await raises_async(MQTTError, "may have been delivered", house.end(call))
        assert 640 <= house.ticks_ms() - start <= 800


async def test_disconnect_ends_the_wait_and_the_session_goes_on():
    async with House() as house:
        client = house.client(clean_session=False)
        await client.connect()
        watcher = house.watcher()
        house.net.black_hole = True
        call = await house.call(client.publish("t", "x", 2))
        await house.sleep_ms(50)
        await lose(house, client)
        await client.disconnect()
        await raises_async(MQTTError, "disconnected", house.end(call))
        await client.connect()
        await house.until(lambda: watcher.messages() == [(b"t", b"x", 2, False)])


async def test_a_broker_that_has_forgotten_the_session():
    async with House() as house:
        store = {}
        client = house.client(clean_session=False, store=store)
        await client.connect()
        house.net.black_hole = True
        given_up = client.publish("t", "x", 1, deadline_ms=200)
        await raises_async(MQTTError, "may have been delivered", given_up)
        call = await house.call(client.publish("t", "y", 2))
        await house.sleep_ms(50)
        await lose(house, client)
        assert len(store) == 2
        house.net.serve(Broker(), HOST)
        assert await client.connect() is False
        await raises_async(MQTTError, "kept no session", house.end(call))
        assert ("forgotten", 1) in house.events
        assert client.stats["dropped"] == 1
        assert store == {}


# --- a store: the host is reset, and a new client goes on


async def test_store_publishes_what_the_host_could_not():
    for qos in (1, 2):
        async with House() as house:
            store = {}
            client = house.client(clean_session=False, store=store)
            await client.connect()
            watcher = house.watcher()
            house.net.black_hole = True
            await house.call(client.publish("t", bytearray(b"kept"), qos, True))
            await house.sleep_ms(50)
            assert len(store) == 1
            await lose(house, client)
            kept = dict(store)
            reset = house.client(clean_session=False, store=kept)
            assert await reset.connect() is True
            await reset.publish("t", "next", qos)
            messages = watcher.messages()
            assert messages == [(b"t", b"kept", qos, False), (b"t", b"next", qos, False)]
            assert kept == {}


async def test_store_delivers_no_message_of_qos_2_twice():
    async with House() as house:
        store = {}
        client = house.client(clean_session=False, store=store)
        await client.connect()
        await client.subscribe("t", 2)
        house.watcher().publish("t", "once", 2)
        await house.until(lambda: len(client.inbox.waiting))
        house.net.black_hole = True  # PUBREC will not arrive
        assert await taken(client) == (b"t", b"once", False)
        await house.sleep_ms(50)
        assert len(store) == 1
        await lose(house, client)
        reset = house.client(clean_session=False, store=store)
        assert await reset.connect() is True
        house.watcher().publish("t", "other", 2)
        assert await taken(reset) == (b"t", b"other", False)
        await house.until(lambda: not house.broker.session(b"c")._inflight)
        await house.until(lambda: not store)


async def test_store_that_fails():
    class Broken(dict):
        def __setitem__(self, key, value):
            raise OSError("flash full")

    async with House() as house:
        client = house.client(clean_session=False, store=Broken())
        await client.connect()
        watcher = house.watcher()
        await raises_async(OSError, "flash full", client.publish("t", "x", 1))
        await client.publish("t", "y", 0)
        assert [payload for _, payload, _, _ in watcher.messages()] == [b"y"]
        await client.subscribe("t", 2)
        watcher.publish("t", "z", 2)
        assert await taken(client) == (b"t", b"z", False)
        assert [str(er) for name, er in house.events if name == "store"] == ["flash full"]
        assert client.connected


# --- messages that are too long


async def test_on_oversize():
    async with House() as house:
        told = []
        client = house.client(
            max_payload=100, on_oversize=lambda topic, size: told.append((topic, size))
        )
        await client.connect()
        await client.subscribe("#", 2)
        watcher = house.watcher()
        topic = b"long/" + b"t" * 600
        for qos in (0, 1, 2):
            watcher.publish("t", b"x" * 100, qos)
            assert (await taken(client))[1] == b"x" * 100
            watcher.publish("t", b"x" * 101, qos)
            watcher.publish("t", b"x" * 20000, qos)
            watcher.publish(topic, b"x" * 20, qos)
            watcher.publish("t", b"end", qos)
            assert (await taken(client))[1] == b"end"
            assert told == [(b"t", 101), (b"t", 20000), (None, 20)]
            told.clear()
        assert client.stats["oversize"] == 9
        sizes = [size for name, size in house.events if name == "oversize"]
        assert sizes == [101, 20000, 20] * 3
        await house.until(lambda: not house.broker.session(b"c")._inflight)


async def test_on_oversize_may_fail():
    def fails(*what):
        raise ValueError("of the application")

    async with House() as house:
        client = house.client(max_payload=100, on_oversize=fails)
        await client.connect()
        await client.subscribe("t", 1)
        watcher = house.watcher()
        house.step_us = 10000
        watcher.publish("t", b"x" * 101, 1)
        watcher.publish("t", b"end", 1)
        await house.until(lambda: len(client.inbox.waiting))
        assert (await taken(client))[1] == b"end"
        assert (client.stats["callback_errors"], client.stats["oversize"]) == (1, 1)
        assert client.connected
        (error,) = [detail for name, detail in house.events if name == "on_oversize"]
        assert "of the application" in str(error)
