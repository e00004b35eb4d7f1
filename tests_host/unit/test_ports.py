"""The stand-ins for other ports' UARTs are like what they stand in for."""

from errno import ETIMEDOUT

from atsim.clocks import VirtualClock
from atsim.memorynet import MemoryNet
from atsim.module import Module
from plain import raises
from rig import ports

DATA = bytes(1000)  # 87 ms at 115200 baud


def opened(port, rxbuf=None):
    """A UART whose module has booted, and its clock."""
    clock = VirtualClock()
    uart = port(Module(MemoryNet(), boot_log=False), clock, 115200, rxbuf)
    clock.advance(2000000)
    uart.init(baudrate=115200)
    return uart, clock


def write(port, n=1000):
    """What write() returned, and the milliseconds it took."""
    uart, clock = opened(port)
    start = clock.now_us()
    count = uart.write(DATA, 0, n)
    assert uart.blocked_us == clock.now_us() - start
    return count, (clock.now_us() - start) // 1000


def test_write():
    for port, count, ms in (
        (ports.Rp2, 268, 1),  # what fits, and what leaves meanwhile
        (ports.Samd, 268, 1),
        (ports.Polled, 268, 1),
        (ports.Stm32, 1000, 86),
        (ports.Nrf, 1000, 86),
        (ports.Esp32, 1000, 64),  # until the rest fits
        (ports.Mimxrt, 1000, 64),
    ):
        assert write(port) == (count, ms), port
        assert write(port, 0)[0] in (0, None), port
    assert [write(port, 200) for port in (ports.Rp2, ports.Esp32, ports.Mimxrt)] == [(200, 0)] * 3


def test_mimxrt_waits_for_what_it_still_sends():
    uart, clock = opened(ports.Mimxrt)
    assert uart.write(DATA, 0, 200) == 200
    assert raises(OSError, "", uart.write, DATA, 0, 1).errno == ETIMEDOUT
    clock.advance(20000)
    assert uart.write(DATA, 0, 1) == 1


def test_grudging():
    uart, _ = opened(ports.Grudging)
    assert [uart.write(DATA, 0, 100) for _ in range(4)] == [None, 7, None, 7]


def test_stm32_with_cts_held():
    uart, clock = opened(ports.Stm32)
    uart.hold = 30000, 100
    assert uart.write(DATA, 0, 1000) == 100
    assert uart.write(DATA, 0, 1000) == 0
    clock.advance(30000)
    assert uart.write(DATA, 0, 60) == 60
    assert uart.write(DATA, 0, 60) == 40


def test_no_port_has_what_it_lacks():
    assert not hasattr(opened(ports.Polled)[0], "irq")
    for port, absent in (
        (ports.Rp2, "IRQ_RX"),
        (ports.Mimxrt, "IRQ_RX"),
        (ports.Nrf, "IRQ_RXIDLE"),
    ):
        uart, _ = opened(port)
        assert not hasattr(uart, absent)
        raises(ValueError, "trigger", uart.irq, print, 128)
    raises(ValueError, "hard", opened(ports.Esp32)[0].irq, print, ports.Esp32.IRQ_RX, True)
    opened(ports.Rp2)[0].irq(print, ports.Rp2.IRQ_RXIDLE, True)
    raises(TypeError, "", opened, ports.Nrf, 128)
    raises(TypeError, "", opened(ports.Samd)[0].init, 115200, 1)
    raises(TypeError, "", opened(ports.Stm32)[0].init)


def calls(port, trigger):
    """What any() was at each callback: the module echoes AT at once, 4 bytes, and says OK in 6."""
    uart, clock = opened(port)
    uart.latency_us = 0
    counts = []
    uart.irq(lambda who: counts.append(who.any()), trigger)
    uart.write(b"AT\r\n", 0, 4)
    clock.advance(20000)
    uart.irq(None, 0)
    uart.write(b"AT\r\n", 0, 4)
    clock.advance(20000)
    assert uart.callbacks == len(counts)
    return counts


def test_interrupts():
    for port in (ports.Rp2, ports.Stm32, ports.Mimxrt, ports.Esp32):
        assert calls(port, port.IRQ_RXIDLE) == [4, 10], port
    assert calls(ports.Samd, ports.Samd.IRQ_RXIDLE) == [5, 10]  # its timer is slower than OK
    assert calls(ports.Stm32F4, ports.Stm32F4.IRQ_RXIDLE) == [1, 4, 5, 10]
    for port in (ports.Nrf, ports.Stm32, ports.Esp32, ports.Samd):
        assert calls(port, port.IRQ_RX) == list(range(1, 11)), port
    assert calls(ports.Deaf, ports.Deaf.IRQ_RXIDLE) == []


def test_init_takes_the_callback_off_an_stm32_only():
    for port, count in ((ports.Stm32, 0), (ports.Rp2, 2)):
        uart, clock = opened(port)
        uart.irq(lambda who: None, port.IRQ_RXIDLE)
        uart.init(baudrate=115200)
        uart.write(b"AT\r\n", 0, 4)
        clock.advance(20000)
        assert uart.callbacks == count


def test_no_callback_while_c_code_runs():
    uart, clock = opened(ports.Rp2)
    counts = []
    uart.irq(lambda who: counts.append(clock.now_us()), ports.Rp2.IRQ_RXIDLE)
    uart.write(b"AT\r\n", 0, 4)
    start = clock.now_us()
    uart.stall(50000)
    assert counts == [start + 50000]


def test_latency():
    """One callback for all the bytes that come until it runs."""
    uart, clock = opened(ports.Nrf)
    uart.latency_us = 2000
    counts = []
    uart.irq(lambda who: counts.append(who.any()), ports.Nrf.IRQ_RX)
    uart.write(b"AT\r\n", 0, 4)
    clock.advance(20000)
    assert counts == [10]


def test_bytes_that_find_no_room_are_lost():
    uart, clock = opened(ports.Nrf)
    uart.write(b"AT+GMR\r\n", 0, 8)
    clock.advance(100000)
    assert uart.any() == 64 and uart.overruns > 0
    raises(AssertionError, "would wait", uart.readinto, bytearray(100), 65)
