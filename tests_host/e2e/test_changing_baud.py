"""The UART's rate and flow control change under a connection."""

from __future__ import annotations

from dut import Device
from farside import FarSide
from payloads import LARGE

RATES = ((921600, 3), (460800, 0), (115200, 1), (115200, 0))


def test_messages_before_during_and_after(device: Device, far: FarSide, name: str) -> None:
    keeps = device.call("passive")
    device.connect(name)
    device.call("subscribe", name, qos=1)
    for baud, flow in RATES:
        burst = [b"%d at %d" % (i, baud) for i in range(5)] + [LARGE]
        device.begin("set_baud", baud, flow)
        for payload in burst:
            far.publish(name, payload, qos=1)
        device.outcome()
        assert (device.call("baud"), device.call("flow")) == (baud, flow)
        assert device.receive(len(burst)) == [(name, payload) for payload in burst]
        device.call("publish", name, LARGE, qos=1)
        assert device.receive() == [(name, LARGE)]
    assert device.call("passive") is keeps


def test_with_rts_the_next_connection_is_received_actively(
    device: Device, far: FarSide, name: str
) -> None:
    keeps = device.call("passive")
    for flow in (3, 0):
        device.call("set_baud", 115200, flow)
        device.connect(name)
        device.call("subscribe", name, qos=1)
        assert device.call("passive") is (keeps and not flow)
        far.publish(name, LARGE, qos=1)
        assert device.receive() == [(name, LARGE)]
        device.call("disconnect")
