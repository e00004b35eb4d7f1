"""A house (rig.house, rig.simplehouse) on another port's UART, and a client at work in it.

    async with on(House(), Stm32, rxbuf=64) as house:
        await work(house)

Runs on MicroPython.
"""

from atmqtt import Modem
from atmqtt.errors import MQTTError
from atsim.clocks import VirtualClock
from plain import raises

BURST = 50
DOWN = b"house/a/room/with/a/long/name/down"
UP = b"house/a/room/with/a/long/name/up"  # to send it takes longer than a mimxrt waits


def on(house, port, baud=115200, rxbuf=None, passive=True):
    """The same house with a UART of this port (see rig.ports). To be called before it is entered.

    rxbuf: None is the port's default. passive: False, the module sends what comes unasked.
    """
    house.clock = VirtualClock()  # the old one drives the UART that goes
    house.module.baud = house.module.flash["baud"] = baud
    if not passive:
        del house.module.commands["AT+CIPRECVMODE"]
    size = rxbuf or port.RXBUF
    house.uart = port(house.module, house.clock, baud, rxbuf)
    house.modem = Modem(house.uart, baud=baud, rxbuf=size)
    return house


def payload(seed, n=4000):
    """n bytes in which a lost, doubled or moved one is seen, and all that looks like AT's own."""
    text = b"<%d>\r\nOK\r\n+IPD,9:>ERROR\r\nSEND OK\r\n+++" % seed
    return (text + bytes([(i * 7 + (i >> 8) * 13 + seed) & 255 for i in range(n)]))[:n]


def burst():
    """A burst of short messages: (payload, QoS)."""
    return [(b"%d: %s" % (i, payload(i, 40)), i % 3) for i in range(BURST)]


async def work(house):
    """All that a client does, by asyncio. Returns the client."""
    watcher = house.watcher(topic=UP)
    got = []
    client = house.client(
        clean_session=False, rx_queue=BURST, on_message=lambda *message: got.append(message[1])
    )

    async def come(expected):
        await house.until(lambda: len(got) >= len(expected))
        assert sorted(got) == sorted(expected)  # MQTT orders messages of one QoS only
        got.clear()

    await client.connect()
    assert await client.subscribe(DOWN, 2) == 2
    for qos in (0, 1, 2):
        await client.publish(UP, payload(qos), qos)
        await house.sleep_ms(20)
        assert watcher.messages() == [(UP, payload(qos), qos, False)]
        watcher.publish(DOWN, payload(qos + 3), qos)
        await come([payload(qos + 3)])
    sending = await house.call(client.publish(UP, payload(6, 1000), 1))
    watcher.publish(DOWN, payload(7, 1000), 1)
    await come([payload(7, 1000)])
    await house.end(sending)
    assert watcher.messages() == [(UP, payload(6, 1000), 1, False)]
    for message, qos in burst():
        watcher.publish(DOWN, message, qos)
    await come([message for message, _ in burst()])
    await house.until(lambda: not house.broker.session(b"c")._inflight)
    house.net.cut()
    await house.until(lambda: not client.connected)
    watcher.publish(DOWN, payload(8, 100), 1)
    assert await client.connect() is True
    await come([payload(8, 100)])
    return client


def work_blocking(house):
    """The same with the blocking client. Returns it."""
    watcher = house.watcher(topic=UP)
    client = house.client()
    seen = house.seen

    def come(expected):
        while len(seen) < len(expected):
            client.wait_msg()
        assert sorted([message for _, message in seen]) == sorted(expected)
        seen.clear()

    client.connect(False)
    client.subscribe(DOWN, 2)
    for qos in (0, 1, 2):
        client.publish(UP, payload(qos), False, qos)
        house.wait(20)
        assert watcher.messages() == [(UP, payload(qos), qos, False)]
        watcher.publish(DOWN, payload(qos + 3), qos)
        come([payload(qos + 3)])
    watcher.publish(DOWN, payload(7, 1000), 1)
    client.publish(UP, payload(6, 1000), False, 1)
    assert watcher.messages() == [(UP, payload(6, 1000), 1, False)]
    come([payload(7, 1000)])
    for message, qos in burst():
        watcher.publish(DOWN, message, qos)
    come([message for message, _ in burst()])
    while house.broker.session(b"c")._inflight:
        house.wait(1)
        client.ping()
    house.net.cut()
    raises(MQTTError, "connection lost", client.wait_msg)
    watcher.publish(DOWN, payload(8, 100), 1)
    assert client.connect(False) is True
    come([payload(8, 100)])
    return client
