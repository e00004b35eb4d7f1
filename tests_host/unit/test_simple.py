"""umqtt.simple's calls over the simulated module, without an event loop and inside one."""

import asyncio

from atmqtt import simple
from atmqtt.errors import ATError, MQTTError
from atmqtt.request import Request
from atmqtt.tls import TLS
from atsim.firmware import NAMES
from plain import raises
from rig.house import HOST, House
from rig.simplehouse import Blocking
from rig.task import parking


def test_a_whole_session():
    for firmware in NAMES:
        if firmware.startswith("beken"):
            continue  # its own MQTT is all there is
        with Blocking(firmware) as house:
            watcher = house.watcher(topic="up")
            client = house.client()
            assert client.connect() is False
            client.subscribe("down", 1)
            client.publish("up", "zero")
            client.publish(b"up", b"one\0\xff", True, 1)
            client.publish("up", "two", qos=2)
            assert watcher.messages() == [
                (b"up", b"zero", 0, False),
                (b"up", b"one\0\xff", 1, False),
                (b"up", b"two", 2, False),
            ]
            watcher.publish("down", b"x" * 2000, 1)
            client.wait_msg()
            assert house.seen == [(b"down", b"x" * 2000)]
            client.ping()
            client.disconnect()
            raises(MQTTError, "not connected", client.publish, "up", "x")


async def test_inside_a_running_event_loop():
    ticks = []

    async def other():
        while True:
            ticks.append(0)
            await asyncio.sleep_ms(0)

    task = asyncio.create_task(other())
    await asyncio.sleep_ms(0)
    before = len(ticks)
    test_a_whole_session()
    assert len(ticks) == before  # it blocks, as umqtt.simple does
    await asyncio.sleep_ms(0)
    await asyncio.sleep_ms(0)
    assert len(ticks) > before
    task.cancel()


async def test_both_styles_on_one_modem():
    async with House() as house:
        client = house.client()
        await client.connect()

        def idle():
            house.clock.advance(1000)

        parked = house.modem.channel.wait
        assert simple.run(house.modem, house.modem.ip(), idle) == await house.modem.ip()
        assert house.modem.channel.wait is parked
        await client.publish("t", "x", 1)
        await client.disconnect()
        blocking = simple.MQTTClient("b", HOST, modem=house.modem, idle=idle)
        blocking.connect()
        blocking.publish("t", "x", False, 1)
        blocking.disconnect()
        await client.connect()


def checked(passive):
    """What is seen after each of some calls of check_msg, 50 ms apart, two messages waiting."""
    with Blocking() as house:
        house.modem.passive = passive
        house.run(house.modem.command("AT+CIPRECVMODE=%d" % passive))
        client = house.client()
        client.connect()
        client.subscribe("t")
        idled = house.idled
        client.check_msg()
        assert (house.seen, house.idled) == ([], idled)
        watcher = house.watcher()
        for payload in (b"one", b"two"):
            watcher.publish("t", payload)
        seen = []
        for _ in range(5):
            house.wait(50)
            client.check_msg()
            seen.append([payload for topic, payload in house.seen])
        assert house.idled == idled
        return seen


def test_check_msg_hands_over_one_message_and_never_waits():
    assert checked(False) == [[b"one"]] + [[b"one", b"two"]] * 4


def test_check_msg_asks_for_what_the_module_keeps():
    """With passive receive one call hears of it, the next has it."""
    assert checked(True) == [[], [b"one"]] + [[b"one", b"two"]] * 3


def test_wait_msg_waits_for_one():
    with Blocking() as house:
        client = house.client()
        client.connect()
        client.subscribe("t", 1)
        house.watcher().publish("t", "x", 1)
        client.wait_msg()
        assert house.seen == [(b"t", b"x")]
        client.publish("other", "y", False, 1)  # its turn comes after the PUBACK
        assert house.broker.session(b"c")._inflight == []


def test_a_callback_may_publish():
    with Blocking() as house:
        watcher = house.watcher(topic="echo")
        client = house.client()
        client.set_callback(lambda topic, payload: client.publish("echo", payload, False, 1))
        client.connect()
        client.subscribe("t", 1)
        for n in range(3):
            watcher.publish("t", b"%d" % n, 1)
        client.wait_msg()  # the others come while the callback waits for its PUBACK
        client.publish("other", "x", False, 1)
        assert sorted([m[1] for m in watcher.messages()]) == [b"0", b"1", b"2"]


def test_messages_that_come_while_another_call_waits_go_to_the_callback():
    with Blocking() as house:
        client = house.client()
        client.connect()
        client.subscribe("t", 1)
        house.watcher().publish("t", "early", 1)
        for _ in range(4):
            client.publish("t", "own", False, 1)
        assert house.seen[0] == (b"t", b"early")


def test_retained_messages_come_after_subscribe():
    with Blocking() as house:
        house.watcher().publish("t", "kept", 0, True)
        client = house.client()
        client.connect()
        client.subscribe("t")
        while not house.seen:
            client.wait_msg()
        assert house.seen == [(b"t", b"kept")]


def test_a_message_of_qos_2():
    with Blocking() as house:
        watcher = house.watcher()
        client = house.client()
        client.connect()
        client.subscribe("t", 2)
        watcher.publish("t", "x", 2)
        client.wait_msg()
        assert house.seen == [(b"t", b"x")]
        client.publish("other", "y", qos=2)  # PUBREC and PUBCOMP get their turn
        assert house.broker.session(b"c")._inflight == []
        assert house.seen == [(b"t", b"x")]


def test_idle_is_called_while_waiting():
    with Blocking() as house:
        client = house.client()
        for call in (
            client.connect,
            lambda: client.subscribe("t"),
            lambda: client.publish("other", "x", False, 1),
            client.wait_msg,
            client.disconnect,
        ):
            before = house.idled
            if call == client.wait_msg:
                house.watcher().publish("t", "x")
            call()
            assert house.idled > before


def test_what_idle_raises_ends_the_wait():
    """A way out of wait_msg, e.g. for a button."""

    class Enough(Exception):
        pass

    with Blocking() as house:
        client = house.client()
        client.connect()
        client.subscribe("t")
        calls = []

        def idle():
            house.idle()
            calls.append(0)
            if len(calls) % 50 == 0:
                raise Enough("pressed")

        client._idle = idle
        raises(Enough, "pressed", client.wait_msg)
        raises(Enough, "pressed", lambda: [client.publish("t", "x", False, 1) for _ in range(99)])
        client._idle = house.idle
        client.publish("t", "after", False, 1)
        house.wait(100)
        client.check_msg()
        assert (b"t", b"after") in house.seen or len(client._inbox.waiting)


def test_a_lost_connection_is_an_oserror():
    for call in ("wait_msg", "check_msg", "ping"):
        with Blocking() as house:
            client = house.client()
            client.connect()
            client.subscribe("t")
            house.net.cut()
            house.wait(100)
            house.modem.channel.poll()
            error = raises(OSError, "connection lost", getattr(client, call))
            assert type(error) is MQTTError
            raises(OSError, "connection lost", client.publish, "t", "x")
            client.connect()
            client.publish("t", "x", False, 1)


def test_lost_while_waiting():
    with Blocking() as house:
        client = house.client()
        client.connect()
        client.subscribe("t")
        calls = []

        def idle():
            house.idle()
            calls.append(0)
            if len(calls) == 20:
                house.net.cut()

        client._idle = idle
        raises(OSError, "connection lost", client.wait_msg)


def cut_after(house, client, count):
    """The connection goes after `count` waits of the next call; a thousand of them are too many.

    Returns the list of what was waited for.
    """
    waited = []

    def idle():
        house.idle()
        waited.append(0)
        if len(waited) == count:
            house.net.cut()
        assert len(waited) < 1000, "it waits for a connection that nobody makes"

    client._idle = idle
    return waited


def test_lost_while_a_publish_waits():
    """It fails at once: nobody else makes a new connection. What was sent is sent again later."""
    for clean in (True, False):
        for qos in (1, 2):
            for count in range(1, 12):
                with Blocking() as house:
                    watcher = house.watcher()
                    client = house.client()
                    client.connect(clean)
                    waited = cut_after(house, client, count)
                    try:
                        client.publish("t", "x", qos=qos)
                        assert len(waited) < count
                        house.net.cut()
                        house.wait(100)
                        house.modem.channel.poll()
                    except MQTTError as error:
                        assert "connection lost" in str(error)
                        assert len(waited) < count + 20  # milliseconds: as the module says CLOSED
                    client._idle = house.idle
                    assert client.connect(clean) is not clean
                    client.publish("t", "after", qos=qos)
                    came = [payload for _, payload, _, _ in watcher.messages()]
                    assert came.pop() == b"after"
                    assert came in ([], [b"x"]) or (qos == 1 and came == [b"x"] * 2), came


def test_lost_while_another_call_waits():
    with Blocking() as house:
        for call in ("subscribe", "disconnect"):
            for count in (1, 2, 3, 4):
                client = house.client()
                client.connect(False)
                waited = cut_after(house, client, count)
                if call == "disconnect":
                    client.disconnect()  # raises nothing, and does not wait for the broker
                else:
                    raises(OSError, "connection lost", client.subscribe, "t")
                assert len(waited) < 200
                client._idle = house.idle
                if call == "disconnect":
                    house.net.cut()
                    house.wait(100)
                    house.modem.channel.poll()


def test_messages_that_have_come_outlive_the_connection():
    with Blocking() as house:
        client = house.client()
        client.connect()
        client.subscribe("t")
        house.watcher().publish("t", "x")
        house.wait(100)
        house.net.cut()
        house.wait(100)
        client.wait_msg()
        assert house.seen == [(b"t", b"x")]
        raises(OSError, "connection lost", client.wait_msg)


def test_keepalive():
    with Blocking() as house:
        client = house.client(keepalive=2)
        client.connect()
        for _ in range(100):
            client.check_msg()
            house.wait(100)
        client.publish("t", "x", False, 1)


def test_refused():
    with Blocking(users={"user": "right"}) as house:
        client = house.client(user="user", password="wrong")
        assert raises(MQTTError, "not authorized", client.connect).code == 5
        client = house.client(user="user", password="right")
        client.connect()
        client.disconnect()
        house.net.refuse(HOST, 1883)
        raises(ATError, "CIPSTART refused", client.connect)


def test_ssl():
    """This network has no TLS; what is asked of the module can be seen all the same."""
    with Blocking() as house:
        lines = []
        house.module.add_tracer(lambda kind, data, *_: lines.append(bytes(data)))
        client = house.client(ssl=TLS(verify=False, sni="name"))
        raises(ATError, "CIPSTART refused", client.connect)
        assert b'AT+CIPSTART="SSL","broker.local",8883\r\n' in lines
        assert b'AT+CIPSSLCSNI="name"\r\n' in lines
        plain = house.client()
        plain.connect()
        plain.publish("t", "x", qos=1)


def test_last_will():
    with Blocking() as house:
        watcher = house.watcher()
        client = house.client()
        client.set_last_will("status", "gone", True, 1)
        client.connect()
        house.net.cut()
        assert watcher.messages() == [(b"status", b"gone", 1, False)]


def test_a_kept_session():
    with Blocking() as house:
        client = house.client()
        assert client.connect(False) is False
        client.subscribe("t", 1)
        client.disconnect()
        house.watcher().publish("t", "x", 1)
        assert client.connect(False) is True
        client.wait_msg()
        assert house.seen == [(b"t", b"x")]


def test_wrong_arguments():
    with Blocking() as house:
        client = house.client()
        raises(MQTTError, "not connected", client.publish, "t", "x")
        raises(MQTTError, "not connected", client.check_msg)
        raises(MQTTError, "not connected", client.wait_msg)
        raises(MQTTError, "not connected", client.disconnect)
        client.connect()
        for call, *arguments in (
            (client.publish, "a/+", "x"),
            (client.publish, "", "x"),
            (client.publish, "t", None),
            (client.publish, "t", "x", False, 3),
            (client.subscribe, "a#"),
            (client.subscribe, "t", 3),
        ):
            raises(ValueError, "", call, *arguments)
        client.set_callback(None)
        raises(MQTTError, "set_callback", client.subscribe, "t")
        raises(ValueError, "server: ", simple.MQTTClient, "c", "a\r\nb", modem=house.modem)
        for ssl in (True, {}, TLS):
            raises(ValueError, "ssl: ", simple.MQTTClient, "c", HOST, ssl=ssl, modem=house.modem)
        client.publish("t", "x", False, 1)


def test_only_coroutines_of_the_library_can_be_run():
    with Blocking() as house:
        stranger = parking(house.modem.channel)(Request())
        raises(RuntimeError, "not a coroutine of this library", house.run, stranger)
