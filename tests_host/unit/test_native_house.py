"""The native engine against the simulated module and broker: messages, and connections that go."""

from atmqtt.errors import MQTTError
from plain import raises_async
from rig.house import HOST, House

PAYLOADS = (
    "text",
    '{"a": 1, "b": "x,y"}',
    b"\r\nOK\r\n+++\0\xff",
    "",
    bytes(range(256)) * 16,
    b"\r\nAT+RST\r\n",
)


async def taken(client):
    """The next message."""
    async for message in client.messages:
        return message


async def test_native_by_itself():
    async with House() as house:
        client = house.client(engine=None)
        assert await client.connect() is None
        assert client.engine == "native"
        assert [name for name, _ in house.events if name in ("engine", "up")] == ["engine", "up"]
        await client.publish("t", "x", 1)
        await client.disconnect()


async def test_publish():
    async with House() as house:
        client = house.client(engine="native")
        await client.connect()
        watcher = house.watcher()
        for payload in PAYLOADS:
            for qos in (0, 1, 2):
                await client.publish("up", payload, qos, True)
                await house.sleep_ms(20)
                raw = payload.encode() if isinstance(payload, str) else payload
                assert watcher.messages() == [(b"up", raw, qos, False)]
        await client.disconnect()
        assert not client.connected


async def test_receive():
    async with House() as house:
        client = house.client(engine="native")
        await client.connect()
        watcher = house.watcher(topic="none")
        for qos in (0, 1, 2):
            assert await client.subscribe("down/%d" % qos, qos) is None
            for payload in PAYLOADS:
                raw = payload.encode() if isinstance(payload, str) else payload
                watcher.publish("down/%d" % qos, raw, qos)
                assert await taken(client) == (b"down/%d" % qos, raw, None)
            await client.unsubscribe("down/%d" % qos)
        assert client.stats["lost"] == client.stats["unexpected"] == 0
        assert client.stats["joined"] == 3


async def test_lost_and_connected_again():
    async with House() as house:
        client = house.client(engine="native")
        for _ in range(3):
            await client.connect()
            await client.publish("t", "x", 1)
            house.net.cut()
            await client.down.wait()
            await raises_async(MQTTError, "not connected", client.publish("t", "x"))


async def test_refused():
    async with House(users={"user": "right"}) as house:
        client = house.client(engine="native", username="user", password="wrong")
        await raises_async(MQTTError, "refused by the broker", client.connect())
        client = house.client(engine="native", username="user", password="right")
        await client.connect()
        await client.disconnect()
        house.net.refuse(HOST, 1883)
        await raises_async(MQTTError, "refused by the broker", client.connect())


async def test_long_credentials():
    users = {"u" * 300: "p\r\nAT+RST\r\n" * 30}
    async with House(users=users) as house:
        client = house.client(
            "c" * 200, engine="native", username="u" * 300, password="p\r\nAT+RST\r\n" * 30
        )
        await client.connect()
        assert house.broker.session(b"c" * 200)


async def test_the_will():
    async with House() as house:
        watcher = house.watcher()
        client = house.client(engine="native", will=("gone", 'a,"b"', 1, False))
        await client.connect()
        await client.disconnect()
        await client.connect()
        house.net.cut()
        await client.down.wait()
        await house.sleep_ms(20)
        assert [message[:2] for message in watcher.messages()] == [(b"gone", b'a,"b"')]


async def test_the_host_is_reset():
    """A new program on the host finds the module connected, with subscriptions."""
    async with House() as house:
        client = house.client(engine="native")
        await client.connect()
        await client.subscribe("old/#")
        await house.modem.close()
        modem = house.modem = super(House, house).modem(on_event=house._note)
        await modem.start()
        client = house.client(engine="native")
        await client.connect()
        watcher = house.watcher("w", "none")
        watcher.publish("old/1", b"x", 0)
        await client.subscribe("new")
        await house.sleep_ms(20)  # of QoS 0: ESP-AT says OK before the broker has it
        watcher.publish("new", b"y", 0)
        assert await taken(client) == (b"new", b"y", None)


async def test_the_module_is_reset():
    async with House() as house:
        client = house.client(engine="native")
        await client.connect()
        house.module.reset()
        await client.down.wait()
        await house.modem.start()
        await house.modem.join("atsim", "password")
        await client.connect()
        await client.publish("t", "x", 2)
