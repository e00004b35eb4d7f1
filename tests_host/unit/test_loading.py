"""What is needed once does not stay in memory, and what is not needed does not come there."""

from sys import modules

from atmqtt.overlay import forget
from rig.house import House

ONCE = (
    "asking",
    "bringup",
    "connecting",
    "engine",
    "opening",
    "options",
    "quote",
    "resync",
    "splitting",
    "wifi",
)
AT_NEED = ("delivering", "flights", "keeping", "once", "oversize", "utf8")


def there(names):
    return [name for name in names if "atmqtt." + name in modules]


async def taken(client):
    async for message in client.messages:
        return message


async def test_only_what_is_used_is_there():
    forget(*ONCE)
    forget(*AT_NEED)
    async with House() as house:
        client = house.client(max_payload=8192)
        await client.connect()
        watcher = house.watcher()
        await client.subscribe("down")
        await client.publish("up", "x")
        watcher.publish("down", "x")
        await taken(client)
        assert there(ONCE + AT_NEED) == []
        await client.publish("up", bytes(8200))
        assert there(ONCE + AT_NEED) == []
        await client.publish("up", "x", 1)
        assert there(AT_NEED) == ["flights"]
        await client.subscribe("down", 2)
        watcher.publish("down", "x", 2)
        await taken(client)
        assert there(AT_NEED) == ["flights", "once"]
        await client.publish("\u00b0C", "x")
        assert there(AT_NEED) == ["flights", "once", "utf8"]
        await client.unsubscribe("down")
        await client.disconnect()
        assert there(ONCE) == []
