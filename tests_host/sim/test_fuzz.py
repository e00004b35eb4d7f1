"""Whatever comes over the UART, the module stays alive and a reset makes it answer again."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from testbench import SECOND, START, Bench

from atsim import firmware

NAMES = sorted({name for kind in firmware.NAMES for name in firmware.load(kind).commands()})
ARGUMENTS = st.sampled_from(
    [
        b"",
        b"0",
        b"1",
        b"5",
        b"-1",
        b"65536",
        b'"a"',
        b'"\xff"',
        b'"',
        b"x",
        b'"TCP"',
        b'"peer.local"',
    ]
)
COMMANDS = st.builds(
    lambda name, mark, arguments: name.encode() + mark + b",".join(arguments) + b"\r\n",
    st.sampled_from(NAMES),
    st.sampled_from([b"", b"?", b"=", b"=?"]),
    st.lists(ARGUMENTS, max_size=9),
)
READS = st.lists(
    st.tuples(
        st.one_of(st.binary(max_size=300), COMMANDS, st.sampled_from([START, b"+++", b"\r\n"])),
        st.sampled_from([0, 87, 2_000, 600_000, 6_000_000]),
    ),
    max_size=25,
)


@pytest.mark.parametrize("name", firmware.NAMES)
@given(reads=READS, join=st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_bytes(name, reads, join):
    bench = Bench(name)
    if join:
        bench.connected()
        bench.peer.queue = bytes(5000)
    for data, us in reads:
        bench.say(data, us)
    bench.module.erase_flash()
    bench.module.reset()
    assert bench.wait(2 * SECOND) == b"\r\nready\r\n"
    kind = bench.module.firmware
    assert bench.say(b"AT\r\n") == b"AT\r\n" + kind.echo_tail + kind.ok
