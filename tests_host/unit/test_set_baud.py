"""Modem.set_baud: both ends change their rate, and find each other again if that fails."""

import asyncio
import sys

from simulated import BOOTED_US, World

from atmqtt import ATError, ATTimeout, Modem
from plain import raises
from rig import ports
from rig.house import House
from rig.otherport import on, work
from rig.scripted import ScriptedUART

FAST = 921600
SLOW = 115200
TROUBLE = ("suspected_overruns", "damaged", "garbage", "timeouts", "resets", "busy")


def told(world):
    """The commands for the UART that the module heard, and those that chose how to receive."""
    return [line for line in world.lines if b"UART" in line or b"RECVMODE" in line]


def settled(world, baud, flow=0):
    """Both ends agree, and the modem knows."""
    modem = world.modem
    assert (modem.baud, modem.flow) == (baud, flow)
    assert world.module.baud == baud
    assert modem.channel.inlet.ring.half_ms == max(1, 1024 * 5000 // baud)
    assert world.works()
    return True


def unharmed(modem):
    assert [modem.stats[name] for name in TROUBLE] == [0] * len(TROUBLE)


def test_what_one_side_drives_the_other_heeds():
    for flow, module_flow in ((0, 0), (1, 2), (2, 1), (3, 3)):
        world = World().started()
        world.run(world.modem.set_baud(FAST, flow))
        assert b"AT+UART_CUR=921600,8,1,0,%d\r\n" % module_flow in told(world)
        assert world.module.flow == module_flow
        assert settled(world, FAST, flow)
        unharmed(world.modem)
        assert world.events == []


def test_every_module_and_there_and_back():
    for firmware in ("esp-at", "esp-at-2.1", "nonos", "air601"):
        world = World(firmware).started()
        for baud, flow in ((FAST, 3), (460800, 0), (460800, 1), (9600, 3), (SLOW, 0)):
            world.run(world.modem.set_baud(baud, flow))
            assert settled(world, baud, flow)
            assert world.modem.passive is not bool(flow & 1)
            mode = world.run(world.modem.command("AT+CIPRECVMODE?"))
            assert mode == [b"+CIPRECVMODE:%d" % world.modem.passive]
        unharmed(world.modem)


def test_nothing_is_written_to_the_flash():
    world = World().started()
    world.run(world.modem.set_baud(FAST))
    assert world.module.flash["baud"] == SLOW


def test_a_module_that_cannot_keep_what_comes():
    world = World()
    del world.module.commands["AT+CIPRECVMODE"]
    world.started()
    for flow in (0, 3):
        world.run(world.modem.set_baud(FAST, flow))
        assert settled(world, FAST, flow)
        assert world.modem.passive is False


def test_reinit_is_told():
    calls = []

    def reinit(baud, flow):
        calls.append((baud, flow))
        world.uart.init(baudrate=baud, flow=flow)

    world = World(reinit=reinit).started()
    world.run(world.modem.set_baud(FAST, 3))
    world.run(world.modem.set_baud(SLOW, 2))
    assert calls == [(FAST, 3), (SLOW, 2)]


def test_what_can_never_be():
    world = World().started()
    modem = world.modem
    for baud, flow, why in (
        (79, 0, "baud: 80 to 5000000"),
        (5000001, 0, "baud"),
        ("115200", 0, "baud"),
        (SLOW, 4, "flow: 0 to 3"),
        (SLOW, -1, "flow"),
        (SLOW, None, "flow"),
    ):
        raises(ValueError, why, world.run, modem.set_baud(baud, flow))
    assert world.lines == []
    fixed = ScriptedUART()
    raises(ValueError, "reinit", world.run, Modem(fixed).set_baud(FAST))
    assert fixed.written == b""
    fresh = World()
    raises(ATError, "modem.start() comes first", fresh.run, fresh.modem.set_baud(FAST))


def test_what_the_module_refuses():
    world = World("nonos").started()
    raises(ATError, "AT+UART_CUR refused", world.run, world.modem.set_baud(4700000, 3))
    assert settled(world, SLOW)
    unharmed(world.modem)


def test_lines_that_are_not_wired():
    for wires in (0, 1, 2):
        for firmware in ("esp-at", "nonos"):
            world = World(firmware).started()
            world.uart.wires = wires
            change = world.modem.set_baud(FAST, 3)
            raises(ATTimeout, "(check RTS and CTS); back at 115200", world.run, change)
            assert settled(world, SLOW)
            assert world.modem.passive


def test_a_uart_without_flow_control():
    def init(baudrate):
        usual(baudrate=baudrate, flow=0)

    world = World()
    usual, world.uart.init = world.uart.init, init
    world.started()
    world.run(world.modem.set_baud(FAST))
    assert settled(world, FAST)
    raises(ValueError, "no flow control", world.run, world.modem.set_baud(460800, 3))
    assert settled(world, FAST)


def deaf_at(world, bauds):
    """This side's UART cannot do these rates, which it says."""
    usual = world.uart.init

    def init(baudrate, flow):
        if baudrate in bauds:
            raise ValueError("set baudrate %d is not within 5%% of desired value" % baudrate)
        usual(baudrate=baudrate, flow=flow)

    world.uart.init = init


def test_a_rate_that_this_side_cannot_do():
    """The module has gone where nobody can follow it: only a reset brings it back."""
    world = World(reset=lambda: world.module.reset())
    deaf_at(world, (2000000,))
    world.started()
    change = world.modem.set_baud(2000000, 3)
    raises(ATTimeout, "neither at 2000000 nor at 115200", world.run, change)
    world.run(world.modem.start(60000))
    assert settled(world, SLOW)


def test_a_module_that_says_ok_and_stays():
    world = World().started()
    changes_to(world, SLOW, 0)
    raises(ATTimeout, "no answer at 921600", world.run, world.modem.set_baud(FAST, 3))
    assert settled(world, SLOW)


def changes_to(world, baud, after_us):
    """The module says OK, and some time later it has this rate."""

    def set_uart(module, command):
        module.scheduler.later(after_us, lambda: setattr(module, "baud", baud))

    forms = world.module.commands["AT+UART_CUR"]
    world.module.commands["AT+UART_CUR"] = dict.fromkeys(forms, set_uart)


def test_a_module_that_takes_its_time():
    """What it says and hears until then is noise, and no loss."""
    world = World().started()
    changes_to(world, FAST, 400000)
    world.run(world.modem.set_baud(FAST))
    assert settled(world, FAST)
    unharmed(world.modem)


def test_a_module_that_goes_elsewhere():
    world = World().started()
    changes_to(world, 460800, 2000)
    raises(ATTimeout, "start() looks for it", world.run, world.modem.set_baud(FAST, 3))
    assert world.modem.baud == SLOW
    world.run(world.modem.start())
    assert settled(world, 460800)


def test_a_reset_meanwhile():
    """The host must not wait for a CTS that the module does not drive any more."""
    for firmware in ("esp-at", "nonos"):
        world = World(firmware).started()
        world.run(world.modem.set_baud(FAST, 3))
        world.module.reset()
        world.advance(BOOTED_US)
        world.run(world.modem.start())
        assert settled(world, SLOW)
        assert world.modem.passive


def test_a_reset_in_the_middle():
    world = World().started()

    def reset(kind, data, *_):
        if b"UART" in data:
            world.module.scheduler.later(0, lambda: world.module.restart("power"))

    world.module.add_tracer(reset)
    raises(ATError, "", world.run, world.modem.set_baud(FAST, 3))
    world.run(world.modem.start())
    assert settled(world, SLOW)


def test_started_again_where_it_was_left():
    world = World().started()
    world.run(world.modem.set_baud(FAST, 3))
    world.run(world.modem.start())
    assert settled(world, FAST, 3)


# --- with others at work


def lines_of(house):
    lines = []
    house.module.add_tracer(lambda kind, data, *_: kind == "line" and lines.append(bytes(data)))
    return lines


async def test_commands_wait_and_keep_their_answers():
    async with House() as house:
        lines = lines_of(house)
        command = house.modem.command
        before = await house.call(command("AT+CWLAP", 9000))
        change = await house.call(house.modem.set_baud(FAST, 3))
        after = [await house.call(command("AT+CWMODE?")), await house.call(command("AT+CIPMUX?"))]
        assert (await house.end(before))[0].startswith(b"+CWLAP:")
        assert await house.end(after[0]) == [b"+CWMODE:1"]
        assert await house.end(after[1]) == [b"+CIPMUX:0"]
        await house.end(change)
        assert lines.index(b"AT+UART_CUR=921600,8,1,0,3\r\n") < lines.index(b"AT+CIPMUX?\r\n")
        assert house.module.baud == FAST
        unharmed(house.modem)


async def test_commands_outlive_a_change_that_fails():
    async with House() as house:
        house.uart.wires = 0
        change = await house.call(house.modem.set_baud(FAST, 3))
        waiting = await house.call(house.modem.command("AT+CWMODE?"))
        assert await house.end(waiting) == [b"+CWMODE:1"]
        await house.ended(change)
        assert isinstance(change.error, ATTimeout)


async def test_two_changes_at_once():
    async with House() as house:
        first = await house.call(house.modem.set_baud(FAST, 3))
        second = await house.call(house.modem.set_baud(460800, 0))
        await house.end(first)
        await house.end(second)
        assert (house.modem.baud, house.modem.flow, house.module.baud) == (460800, 0, 460800)
        assert house.modem.passive
        unharmed(house.modem)
    assert "atmqtt.baud" not in sys.modules  # its memory is free again


async def test_a_caller_that_gives_up():
    async with House() as house:
        change = await house.call(house.modem.set_baud(FAST, 3))
        change.cancel()
        await house.ended(change)
        assert isinstance(change.error, asyncio.CancelledError)
        assert await house.modem.command("AT+CIPMUX?") == [b"+CIPMUX:0"]
        assert (house.modem.baud, house.module.baud) == (FAST, FAST)
        await house.modem.set_baud(SLOW)
        assert house.module.baud == SLOW


async def test_closed_meanwhile():
    async with House() as house:
        change = await house.call(house.modem.set_baud(FAST))
        await house.modem.close()
        await house.ended(change)
        assert str(change.error) == "modem closed"


async def through_changes(house, changes, period_ms=3):
    """Messages that come all the time, while the rate changes."""
    got = []
    client = house.client(rx_queue=500, on_message=lambda *message: got.append(message[1]))
    await client.connect()
    await client.subscribe("down")
    watcher = house.watcher(topic="none")
    sent = []

    async def sending():
        while True:
            sent.append(b"%d" % len(sent) + b"+IPD,9:OK\r\n" * (len(sent) % 9))
            watcher.publish("down", sent[-1])
            await house.sleep_ms(period_ms)

    calls = await house.call(sending())
    for baud, flow in changes:
        before = len(sent)
        await house.modem.set_baud(baud, flow)
        assert house.module.baud == baud
        assert len(sent) > before
        await house.sleep_ms(50)
    calls.cancel()
    await house.ended(calls)
    start = house.clock.now_us()
    await house.until(lambda: len(got) >= len(sent))
    assert house.clock.now_us() - start < 1000000  # no word of what came went amiss
    assert got == sent and client.connected
    unharmed(house.modem)
    return client


async def test_messages_that_come_meanwhile():
    for firmware in ("esp-at", "nonos"):
        async with House(firmware) as house:
            await through_changes(house, ((460800, 0), (FAST, 3), (FAST, 0), (SLOW, 0)))


async def test_messages_that_come_unasked_meanwhile():
    async with House() as house:
        await house.modem.set_baud(460800, 3)
        assert not house.modem.passive
        client = await through_changes(house, ((FAST, 3), (SLOW, 0)), 9)
        await client.disconnect()


async def test_active_from_the_next_connection_on():
    async with House() as house:
        client = await through_changes(house, ((FAST, 3),))
        assert house.modem.passive
        await client.disconnect()
        await client.connect()
        assert not house.modem.passive


async def test_what_was_told_while_the_rates_differed():
    """A notice that is lost on the way is made up for at once, not when it is missed."""
    async with House() as house:
        got = []
        client = house.client(on_message=lambda *message: got.append(message[1]))
        await client.connect()
        await client.subscribe("down")
        watcher = house.watcher(topic="none")
        house.module.on_write = lambda data: b"" if data.startswith(b"\r\n+IPD") else data
        watcher.publish("down", b"x")
        await house.sleep_ms(50)
        house.module.on_write = None
        await house.modem.set_baud(FAST)
        await house.sleep_ms(100)
        assert got == [b"x"]


async def test_other_ports():
    for port in (ports.Rp2, ports.Stm32, ports.Mimxrt, ports.Samd, ports.Polled, ports.Esp32):
        async with on(House(), port, rxbuf=1024) as house:
            await house.modem.set_baud(460800)
            await work(house)
            assert house.modem.baud == house.module.baud == 460800
            assert house.uart.overruns == 0, port
            unharmed(house.modem)
