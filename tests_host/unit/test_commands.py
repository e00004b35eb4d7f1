"""Modem: plain commands, a reset in the middle, and letting go."""

from simulated import World

from atmqtt import ATError, ATTimeout
from plain import raises


def test_command_returns_its_lines():
    world = World().started()
    run, command = world.run, world.modem.command
    assert run(command("AT")) == []
    assert run(command(b"AT+CIPMUX?")) == [b"+CIPMUX:0"]
    assert run(command(bytearray(b"at+cipmux?"))) == [b"+CIPMUX:0"]
    assert len(run(command("AT+CMD?"))) > 100
    assert world.works()


def test_command_refused():
    world = World().started()
    error = raises(ATError, "AT+FAKE refused", world.run, world.modem.command("AT+FAKE=secret"))
    assert error.code == 0x01090000
    assert not isinstance(error, ATTimeout) and isinstance(error, OSError)
    assert world.works()


def test_bad_commands_are_refused_before_a_byte_is_sent():
    world = World().started()
    for command, text in (
        ("", "begin with AT"),
        ("A", "begin with AT"),
        ("+++", "begin with AT"),
        (" AT", "begin with AT"),
        ("AT\r\nAT+RST", "CR, LF"),
        ("AT\r", "CR, LF"),
        ("AT\n", "CR, LF"),
        ("AT\0", "NUL"),
        ("AT+X=" + "x" * 249, "too long: 256 bytes"),
        ("AT+X=" + "x" * 5000, "too long"),
        (None, "command"),
        (7, "command"),
        (["AT"], "command"),
    ):
        raises(ValueError, text, world.run, world.modem.command(command))
    assert world.lines == []
    raises(ATError, "AT+X refused", world.run, world.modem.command("AT+X=" + "x" * 248))


def test_commands_to_a_module_that_hangs():
    world = World().started()
    world.module.timing.command = 10**10
    raises(ATTimeout, "AT+GMR: no answer", world.run, world.modem.command("AT+GMR", 500))
    raises(ATTimeout, "does not answer", world.run, world.modem.command("AT+GMR", 500))
    world.module.timing.command = 1500
    world.module.reset()
    world.run(world.modem.start())
    assert world.works()


def test_a_late_answer_is_nobody_s():
    world = World().started()
    world.module.timing.command = 900000
    raises(ATTimeout, "AT+GMR", world.run, world.modem.command("AT+GMR", 500))
    world.module.timing.command = 1500
    assert world.run(world.modem.command("AT+CIPMUX?")) == [b"+CIPMUX:0"]
    assert world.works()


def test_reset_in_the_middle_fails_all_that_waits():
    world = World().started()
    resets = []
    world.modem.on_reset.append(resets.append)
    turns = []
    queued = []

    def pull_reset():
        turns.append(1)
        if len(turns) == 100:  # 500 ms after the command was sent
            from atmqtt.request import Command

            queued.append(world.modem.channel.submit(Command(b"AT+GMR\r\n", 2000)))
            world.module.reset()

    join = world.modem.join("home", "secret")
    error = raises(ATError, "the module was reset", world.run, join, pull_reset)
    assert queued[0].error is error and resets == [error]
    assert not isinstance(error, ATTimeout)
    assert world.modem.stats["resets"] == 1 and not world.modem.up
    assert ("reset", None) in world.events
    world.run(world.modem.start())
    assert world.works()


def test_ready_is_a_reset_only_if_it_is_the_whole_line():
    world = World().started()
    take = world.modem.channel.inlet.take
    source = world.modem.channel.inlet.ring._ring
    for text in (b"readying\r\n", b"ready 1\r\n", b"not ready\r\n", b"+IPD,9:\r\nready\r\n\r\n"):
        source.write(text, len(text))
        take(0)
        assert world.modem.up, text
    source.write(b"\r\nready\r\n", 9)
    take(0)
    assert not world.modem.up


def test_close_lets_go_of_the_uart():
    world = World().started()
    world.run(world.modem.close())
    assert not world.modem.up
    assert world.raw(b"AT\r\n") == b"\r\nOK\r\n"
    world.run(world.modem.start())
    assert world.works()


def test_close_fails_what_waits():
    world = World().started()
    channel = world.modem.channel

    def close():
        try:
            world.modem.close().send(None)
        except StopIteration:
            assert channel.idle()

    raises(ATError, "modem closed", world.run, world.modem.command("AT+GMR"), close)
    raises(ATError, "modem closed", world.run, channel.pause(1000), close)


def test_what_on_event_raises_is_counted():
    def fail(name, detail):
        raise ValueError("application")

    world = World()
    world.modem._on_event = fail
    world.started()
    world.run(world.modem.join("home", "secret"))
    assert world.modem.stats["event_errors"] == 2
    assert world.works()


def test_after_close_every_command_fails_until_start():
    world = World().started()
    world.run(world.modem.close())
    raises(ATError, "modem closed", world.run, world.modem.command("AT"))
    world.run(world.modem.start())
    assert world.run(world.modem.command("AT")) == []


def test_close_ends_a_start():
    world = World()

    def close():
        try:
            world.modem.close().send(None)
        except StopIteration:
            return

    raises(ATError, "modem closed", world.run, world.modem.start(), close)
    assert not world.modem.up


def test_an_echo_tells_of_a_reset_whose_ready_was_lost():
    world = World().started()
    resets = []
    world.modem.on_reset.append(resets.append)
    world.module.reset()
    world.raw(b"", 20 * 1000000)  # it boots; the interrupt moves what it says into the ring
    said = bytearray(8192)
    world.modem.channel.inlet.ring.readinto(said, 8192)
    assert b"\r\nready\r\n" in said  # and there it is lost
    error = raises(ATError, "the module was reset", world.run, world.modem.command("AT+GMR"))
    assert resets == [error] and not world.modem.up
    world.run(world.modem.start())
    assert world.works()


def test_counters_are_entries_and_attributes():
    stats = World().started().modem.stats
    assert stats["resets"] == stats.resets == 0
    stats["resets"] += 1
    assert stats.resets == 1
    assert not hasattr(stats, "wishes")


def test_a_dialect_may_be_named():
    world = World("air601", dialect="esp-at").started()
    assert world.modem.dialect.name == "esp-at"
    raises(ValueError, "dialect", World, dialect="klingon")
