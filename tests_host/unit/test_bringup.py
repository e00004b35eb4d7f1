"""Modem.start: whatever state the module is in, it is found, quieted and understood."""

from scripted import FakeTime, ScriptedUART
from simulated import BOOTED_US, STEP_US, World

from atmqtt import ATError, ATTimeout, Modem, simple
from atmqtt.dialects import air601
from plain import raises
from rig.overlink import opened
from rig.scripted import Desk


def start(world, timeout_ms=30000):
    world.run(world.modem.start(timeout_ms))
    assert world.works()
    return world


def test_a_module_that_echoes():
    world = World()
    world.advance(BOOTED_US)
    start(world)
    assert world.modem.baud == 115200
    world.run(world.modem.close())
    assert world.raw(b"AT\r\n") == b"\r\nOK\r\n"  # no echo any more


def test_what_the_module_is():
    for firmware, name, has_mqtt, text in (
        ("esp-at", "esp-at", True, "AT version:4.1"),
        ("esp-at-2.2", "esp-at-old", True, "AT version:2.2"),
        ("esp-at-2.1", "esp-at-old", True, "AT version:2.1"),
        ("nonos", "nonos", False, "AT version:1.7.4"),
        ("air601", "air601", False, "AT version:V1.0.3(Air601)"),
    ):
        modem = start(World(firmware)).modem
        assert modem.dialect.name == name
        assert modem.has_mqtt is has_mqtt
        assert modem.firmware.startswith(text) and "\n" in modem.firmware


def test_headers_of_blocks_are_read_as_the_module_writes_them():
    for firmware, tail in (("esp-at", 2), ("esp-at-2.1", 2), ("air601", 2), ("nonos", 0)):
        header = start(World(firmware)).modem.channel.inlet.tokens.header
        assert header.parse(bytearray(b"+IPD,5:"), 0, 7) == 7
        assert header.tail == tail, firmware


def test_passive_receive_wherever_there_is_one():
    for firmware in ("esp-at", "esp-at-2.1", "air601", "nonos"):
        assert start(World(firmware)).modem.passive is True
    world = World()
    del world.module.commands["AT+CIPRECVMODE"]
    assert start(world).modem.passive is False


def test_nonos_writes_no_flash_when_it_joins():
    world = start(World("nonos"))
    world.lines.clear()
    world.run(world.modem.join("home", "secret"))
    assert [line for line in world.lines if b"_CUR" not in line] == []


def test_a_dialect_may_be_given():
    world = start(World(dialect=air601))
    assert world.modem.dialect is air601
    assert b"AT+SYSLOG=1" not in b"".join(world.lines)


def test_the_module_while_it_boots():
    for us in (0, 1000, 300000, 955000, 999000, 1001000):
        world = World()
        world.advance(us)
        start(world)
        for name in ("garbage", "damaged", "suspected_overruns", "timeouts"):
            assert world.modem.stats[name] == 0, (us, name)


def test_a_module_that_boots_for_ten_seconds():
    world = World()
    world.module.timing.boot = 10000000
    world.module.power_on()
    start(world)


def test_a_busy_module():
    world = World()
    world.module.timing.scan = 6000000
    world.advance(BOOTED_US)
    world.raw(b"AT+CWMODE=1\r\n")
    world.uart.write(b"AT+CWLAP\r\n")
    start(world)


def test_half_a_command_is_in_the_module():
    for half in (b"AT+CWJ", b"A", b'AT+CWJAP="home","secret"', b"\xff\0", b"x" * 200):
        world = World()
        world.advance(BOOTED_US)
        world.raw(half)
        start(world)


def test_another_baud_rate():
    for baud in (921600, 9600):
        world = start(World(baud=baud))
        assert world.modem.baud == baud
        assert world.modem.channel.inlet.ring.half_ms == 1024 * 5000 // baud
        assert ("baud", baud) in world.events


def test_reinit_opens_the_uart_anew():
    calls = []

    def reinit(baud, flow):
        calls.append((baud, flow))
        world.uart.init(baudrate=baud)

    world = World(baud=460800, reinit=reinit)
    start(world)
    assert calls[-1] == (460800, 0)


def connect(world):
    """A TCP connection that an earlier program has made."""
    world.advance(BOOTED_US)
    world.raw(b"AT+CWMODE=1\r\n")
    assert b"WIFI GOT IP" in world.raw(b'AT+CWJAP="home","secret"\r\n', 10000000)
    assert b"CONNECT" in world.raw(b'AT+CIPSTART="TCP","broker.local",1883\r\n', 1000000)


def test_left_in_passthrough():
    for firmware in ("esp-at", "air601"):
        world = World(firmware)
        connect(world)
        world.raw(b"AT+CIPMODE=1\r\n")
        assert world.raw(b"AT+CIPSEND\r\n").endswith(b">")
        start(world)
        assert world.run(world.modem.command("AT+CIPMODE?")) == [b"+CIPMODE:0"]


def test_left_in_a_data_phase():
    for n in (5, 300, 8192):
        world = World()
        connect(world)
        assert world.raw(b"AT+CIPSEND=%d\r\n" % n).endswith(b">")
        world.raw(b"abc")
        start(world)


def test_left_with_several_connections():
    world = World()
    world.advance(BOOTED_US)
    world.raw(b"AT+CWMODE=1\r\n")
    world.raw(b'AT+CWJAP="home","secret"\r\n', 10000000)
    world.raw(b"AT+CIPMUX=1\r\n")
    assert b"0,CONNECT" in world.raw(b'AT+CIPSTART=0,"TCP","broker.local",1883\r\n', 1000000)
    start(world)


def test_silence():
    silent = ScriptedUART()
    modem = Modem(silent)
    with FakeTime() as time:
        error = raises(
            ATTimeout,
            "check wiring, power and baud",
            simple.run,
            modem,
            modem.start(10000),
            lambda: time.advance(10),
        )
        assert 10000 <= time.now < 13000
    assert not modem.up and error.code is None
    assert b"+++" in silent.written and silent.written.startswith(b"AT\r\n")


def test_silence_is_bounded_where_bauds_are_tried():
    world = World()
    world.module.timing.boot = 10**12
    world.module.power_on()
    raises(ATTimeout, "no module answers", world.run, world.modem.start(8000))
    assert world.clock.now_us() < 12000000
    assert world.modem.baud == 115200


def hang(world):
    world.module.timing.boot = 10**12
    world.module.power_on()

    def cure():
        world.module.timing.boot = 1000000
        world.module.reset()

    return cure


def test_reset_function():
    resets = []
    world = World(reset=lambda: resets.append(cure()))
    cure = hang(world)
    start(world, 60000)
    assert len(resets) == 1 and ("reset", "by pin") in world.events


def test_reset_pin_is_low_for_100_ms():
    class Pin:
        levels = []

        def value(self, level):
            self.levels.append((level, world.clock.now_us()))
            if level:
                cure()

    world = World(reset=Pin())
    cure = hang(world)
    start(world, 60000)
    (low, fell), (high, rose) = Pin.levels
    assert (low, high) == (0, 1)
    assert 100000 <= rose - fell <= 100000 + 4 * STEP_US


def test_a_module_that_works_is_not_reset():
    resets = []
    start(World(reset=lambda: resets.append(1)))
    assert resets == []


def test_start_again():
    world = start(World())
    start(world)
    world.module.reset()
    start(world)


def test_start_again_ends_what_the_last_start_began():
    with Desk() as desk:
        user = opened(desk)
        waiting = desk.go(desk.modem.command("AT+CIPSTA?"))
        queued = desk.go(desk.modem.command("AT+CWJAP?"))
        desk.go(desk.modem.start())
        for task in (waiting, queued):
            raises(ATError, "the modem is started anew", task.result)
        assert user.lost == ["the modem is started anew"]
        assert not desk.modem.up


def test_a_module_that_falls_silent_is_not_taken_for_one_that_refuses():
    for last in (
        b"AT+MQTTCONN?",
        b"AT+SYSLOG=1",
        b"AT+CIPSENDLCFG?",
        b"AT+SYSSTORE=0",
        b"AT+CIPMUX=0",
        b"AT+CIPRECVMODE=1",
    ):
        with Desk() as desk:
            desk.modem.dialect = None
            task = desk.go(desk.modem.start())
            while last not in desk.uart.written:
                assert desk.uart.written, last
                desk.uart.written = b""
                desk.says(b"+CWMODE:1\r\n\r\nOK\r\n")
                desk.wait(100)
            desk.wait(2050)
            raises(ATTimeout, "no answer", task.result)
            assert not desk.modem.up


def test_flash_is_spared_and_old_settings_are_undone():
    world = World()
    world.advance(BOOTED_US)
    world.raw(b"AT+SYSMSG=3\r\n")
    world.raw(b"AT+CIPDINFO=1\r\n")
    start(world)
    run, command = world.run, world.modem.command
    assert run(command("AT+SYSSTORE?")) == [b"+SYSSTORE:0"]
    assert run(command("AT+SYSMSG?")) == [b"+SYSMSG:0"]
    assert run(command("AT+CIPDINFO?")) == [b"+CIPDINFO:false"]


def test_what_is_no_uart():
    class Deaf:
        any = write = None

    raises(ValueError, "uart: has no readinto()", Modem, Deaf())
    raises(ValueError, "uart: has no any()", Modem, object())
