"""The module's own MQTT client against recordings of real ESP-AT 4.1, as in test_replay: byte for
byte, in simulated time, with a broker where the real module had mosquitto."""

import pytest
from masks import masked
from recordednet import RecordedNet, publish, take_over
from test_replay import JOINED, play, prepared
from transcript import load

# what others did, in milliseconds of the recording
EVENTS = {
    "14": [(4950, publish(b"r/x", b"interloper"))],
    "18": [(160, take_over("cid18")), (6770, take_over("cid18"))],
    "27": [(0, publish(b"ret/1", b"keepme", retain=True))],
}
# what the factory had written into the recorded module
FACTORY = ("server_cert server_key server_ca client_cert client_key client_ca"
           " factory_param ble_data").split()  # fmt: skip


@pytest.mark.parametrize("number", "12 13 14 16 18 19 24 25 27 29 30 31 32 33 35".split())
def test_replay(number):
    exchanges = load(number)
    net = RecordedNet(EVENTS.get(number, []))
    module = prepared(net, JOINED)
    module.certificates.update({(name, name): b"factory" for name in FACTORY})
    answers = play(module, net, exchanges)
    for exchange, answer in zip(exchanges, answers, strict=True):
        assert masked(answer) == masked(exchange.module), exchange.host
