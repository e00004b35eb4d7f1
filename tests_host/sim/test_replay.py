"""The simulator against recordings of real ESP-AT 4.1, byte for byte and at the recorded times.

The host's writes are fed at the times they were recorded at; the far side sends what it sent then;
what the module says between two host writes must be what the real one said, apart from the masks.
"""

import re

import pytest
from masks import masked
from recordednet import RecordedNet
from scriptnet import ScriptNet
from transcript import Arrival, Exchange, far_side, host_data, load

from atsim.module import Module
from atsim.net import Net
from atsim.station import AccessPoint

JOINED = (b"ATE0\r\n", b"AT+CWMODE=1\r\n", b'AT+CWJAP="Espressif",""\r\n')
# what was done to the module before each recording began
PREPARATION = {
    "01": (),
    "02": (),
    "03": JOINED,
    "04": JOINED,
    "05": JOINED,
    "07": JOINED,
    "09": JOINED,
    "20": JOINED,
    "21": JOINED,
    "22": JOINED,
    "28": (*JOINED, b"AT+SYSTIMESTAMP=8\r\n"),  # it had been up for 8 s
    "34": JOINED,
    "38": JOINED,
}
SETTLE_US = 30_000_000
LEAD_MS = 5  # a progress line follows the read it tells of by less than this
TAIL_US = 2_000_000  # how long to listen after the last recorded byte


def access_points() -> list[AccessPoint]:
    """The two networks the recordings saw."""
    networks = [AccessPoint("Espressif"), AccessPoint("MasseyWifi", number=1)]
    networks[1].rssi = -34
    return networks


def prepared(net: Net, commands: "tuple[bytes, ...]") -> Module:
    module = Module(net, "esp-at", ap=access_points())
    module.power_on()
    module.advance(SETTLE_US)
    for command in commands:
        module.feed(command)
        module.advance(SETTLE_US if b"CWJAP" in command else 100_000)
    return module


def joined_bytes(writes: "list[tuple[int, bytes]]") -> bytes:
    return b"".join(data for _, data in writes)


def play(
    module: Module, net: "ScriptNet | RecordedNet", exchanges: "list[Exchange]"
) -> "list[bytes]":
    """What the module says in each exchange, fed at the recorded times."""
    net.origin = module.now
    answers = []
    for index, exchange in enumerate(exchanges):
        said = []
        for at_ms, data in reads(exchange):
            said += module.advance(max(0, net.origin + at_ms * 1000 - module.now))
            said += module.feed(data)
        if index + 1 < len(exchanges):
            end = net.origin + exchanges[index + 1].at_ms * 1000
        else:
            last = exchange.chunks[-1][0] if exchange.chunks else exchange.at_ms
            end = net.origin + last * 1000 + TAIL_US
        said += module.advance(end - module.now)
        answers.append(joined_bytes(said))
    return answers


def reads(exchange: Exchange) -> "list[tuple[int, bytes]]":
    """The host's write as the module read it: in pieces, where +CIPSENDL:<sent>,<read> tells."""
    pieces = []
    done = 0
    for at_ms, chunk in exchange.chunks:
        counts = [int(count) for count in re.findall(rb"\+CIPSENDL:\d+,(\d+)", chunk)]
        if counts and counts[-1] > done:
            pieces.append((at_ms - LEAD_MS, exchange.host[done : counts[-1]]))
            done = counts[-1]
    return pieces or [(exchange.at_ms, exchange.host)]


@pytest.mark.parametrize(
    "number",
    "01 02 03 04 05 07 09 20 21 22 28 34 38".split(),
)
def test_replay(number):
    exchanges = load(number)
    net = ScriptNet(far_side(exchanges))
    answers = play(prepared(net, PREPARATION[number]), net, exchanges)
    for exchange, answer in zip(exchanges, answers, strict=True):
        assert masked(answer) == masked(exchange.module), exchange.host
    assert b"".join(link.sent for link in net.links) == host_data(exchanges)


def test_boot():
    """00. Its recorder lost bytes in the partition table; they are in 24's boot log."""
    hole = re.compile(rb"  2 nvs.*?I \([^)]+\) boot: End of partition table", re.DOTALL)
    (exchange,) = load("00")
    recorded = masked(exchange.module)
    assert len(hole.findall(recorded)) == 1
    module = Module(ScriptNet([]), "esp-at", ap=access_points())
    said = masked(joined_bytes(module.power_on() + module.advance(TAIL_US)))
    assert hole.sub(b"<hole>", said) == hole.sub(b"<hole>", recorded)


def test_passthrough():
    """10. The far side's bytes stand bare in the recording, between the prompt and `+++`."""
    exchanges = load("10")
    first = 1 + next(i for i, e in enumerate(exchanges) if e.module.endswith(b">"))
    last = next(i for i, e in enumerate(exchanges) if e.host == b"+++")
    inside = exchanges[first:last]
    arrivals = [Arrival(at, 0, data) for e in inside for at, data in e.chunks]
    net = ScriptNet(arrivals)
    answers = play(prepared(net, JOINED), net, exchanges)
    for exchange, answer in zip(exchanges, answers, strict=True):
        assert answer == exchange.module, exchange.host
    assert net.links[0].sent == b"".join(exchange.host for exchange in inside)
