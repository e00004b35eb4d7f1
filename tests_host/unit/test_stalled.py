"""An application that is busy while its broker talks: what the module keeps is not lost."""

from simulated import World

from rig.overlink import User

STALL_US = 100000  # at 921600 baud 9 KB, of which ring and UART hold 3
WHOLE = bytes([(i * 7 + i // 251) & 255 for i in range(12000)])


class Talker:
    """The far end of a link: says it all as soon as it is spoken to."""

    closed = False

    def __init__(self):
        self._left = b""

    def receive(self, data):
        self._left = WHOLE

    def take(self, limit):
        data, self._left = self._left[:limit], self._left[limit:]
        return data

    def lost(self):
        self._left = b""


def downloaded(firmware, passive):
    """What the user of a link got, and the modem's counters."""
    world = World(firmware, baud=921600)
    world.net.listen("talker", 5000, Talker)
    if not passive:
        del world.module.commands["AT+CIPRECVMODE"]
    world.started()
    world.run(world.modem.join("home", "secret"))
    assert world.modem.passive is passive
    user = User()

    async def download():
        link = world.modem.link()
        await link.open("talker", 5000, user)
        link.send(b"go")
        while len(user.data) < len(WHOLE) and not user.lost:
            await world.modem.channel.pause(20)

    world.run(download(), lambda: world.advance(STALL_US))
    return user, world


def test_passive_receive_loses_nothing():
    for firmware in ("esp-at", "esp-at-2.1", "nonos", "air601"):
        user, world = downloaded(firmware, True)
        assert user.data == WHOLE and user.lost == [], firmware
        assert world.modem.stats["suspected_overruns"] == world.uart.overruns == 0, firmware


def test_active_receive_loses_and_says_so():
    user, world = downloaded("esp-at", False)
    assert world.uart.overruns > 0
    assert world.modem.stats["suspected_overruns"] > 0
    assert user.lost == ["bytes were lost on the UART"]
    assert WHOLE.startswith(user.data)  # what was delivered has no hole
