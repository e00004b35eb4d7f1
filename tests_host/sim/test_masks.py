"""The masks of the replay: each hides what it names, and nothing hides anything else."""

import pytest
from masks import MASKS, masked
from scriptnet import ScriptNet
from test_replay import JOINED, play, prepared
from transcript import FOLDER, far_side, load

SAMPLES = {
    "local-port": [
        (
            b'+CIPSTATE:0,"TCP","192.168.4.100",1883,50849,0\r\n',
            b'+CIPSTATE:0,"TCP","192.168.4.100",1883,<local-port>,0\r\n',
        ),
        (
            b'+LINK_CONN:0,0,"TCP",0,"192.168.4.100",1883,52357\r\n',
            b'+LINK_CONN:0,0,"TCP",0,"192.168.4.100",1883,<local-port>\r\n',
        ),
    ],
    "ip": [
        (b'+CIPSTA:ip:"192.168.4.15"\r\n', b'+CIPSTA:ip:"<ip>"\r\n'),
        (b'+CIFSR:STAIP,"192.168.4.15"\r\n', b'+CIFSR:STAIP,"<ip>"\r\n'),
    ],
    "mac": [(b'+CIFSR:STAMAC,"24:0a:c4:00:01:10"\r\n', b'+CIFSR:STAMAC,"<mac>"\r\n')],
    "rssi": [
        (b'+CWLAP:(0,"a",-27,"10:01",5', b'+CWLAP:(0,"a",<rssi>,"10:01",5'),
        (b'+CWJAP:"a","10:01",5,-27,0,1', b'+CWJAP:"a","10:01",5,<rssi>,0,1'),
    ],
    "boot-time": [(b"\nI (886) boot: x", b"\nI (<boot-time>) boot: x")],
}
SPARED = [
    b'AT+CIPSTART="TCP","192.168.4.100",1883\r\n',
    b"\r\n+IPD,4:1883\r\n",
    b"+CIPSTA:netmask:255\r\n",
    b"I (886) boot: not at the start of a line",
    b"\r\nbusy p...\r\n\r\nERROR\r\n",
    b"ERR CODE:0x01090000\r\n",
    b"+CWJAP:3\r\n",
    b'+CWSTATE:2,"Espressif"\r\n',
]


@pytest.mark.parametrize("name", MASKS)
def test_masks_what_it_names(name):
    for plain, expected in SAMPLES[name]:
        assert masked(plain, [name]) == expected


@pytest.mark.parametrize("name", MASKS)
def test_masks_nothing_else(name):
    others = [plain for key in SAMPLES if key != name for plain, _ in SAMPLES[key]]
    for plain in others + SPARED:
        assert masked(plain, [name]) == plain


def test_masks_are_few():
    """Nearly every recorded byte is compared."""
    for number in ("01", "03", "04", "05", "07", "20"):
        recorded = b"".join(exchange.module for exchange in load(number))
        hidden = sum(len(match[1]) for mask in MASKS.values() for match in mask.finditer(recorded))
        assert hidden <= 10, number


def test_a_changed_byte_is_seen():
    """Flip every byte the module said in 04, one at a time: only masked ones go unnoticed."""
    exchanges = load("04")
    net = ScriptNet(far_side(exchanges))
    answers = play(prepared(net, JOINED), net, exchanges)
    unseen = b""
    for exchange, answer in zip(exchanges, answers, strict=True):
        for index in range(len(answer)):
            flipped = answer[:index] + bytes([answer[index] ^ 1]) + answer[index + 1 :]
            if masked(flipped) == masked(exchange.module):
                unseen += answer[index : index + 1]
    assert unseen == b"50849" * 2  # the local port, in CIPSTATUS and CIPSTATE


def test_recordings_are_complete():
    assert len(list(FOLDER.glob("*.txt"))) == 30
    for path in FOLDER.glob("*.txt"):
        assert load(path.name[:2]), path.name
