"""The receive ring and its pump, with each RingIO that this interpreter has."""

from ringbench import RINGS, FakeUART, IdleUART, RxUART, make, pattern, take

import atmqtt.ring

BAUD = 115200


def test_library_uses_the_builtin_ring_where_there_is_one():
    assert atmqtt.ring.RingIO is RINGS[-1]


def test_ring_io_holds_exactly_its_size():
    for ring_io in RINGS:
        ring = ring_io(5)
        assert ring.any() == 0
        assert ring.write(b"abcdefgh", 8) == 5
        assert ring.any() == 5
        assert ring.write(b"x", 1) == 0
        assert take(ring, 100) == b"abcde"
        assert ring.any() == 0 and take(ring, 100) == b""


def test_ring_io_writes_and_reads_only_what_was_asked():
    for ring_io in RINGS:
        ring = ring_io(8)
        assert ring.write(b"abcdef", 3) == 3
        buf = bytearray(b"------")
        assert ring.readinto(buf, 2) == 2
        assert buf == b"ab----"
        assert ring.any() == 1


def test_ring_io_keeps_order_round_and_round():
    data = pattern(500)
    for ring_io in RINGS:
        ring = ring_io(7)
        out = b""
        put = 0
        step = 0
        while len(out) < len(data):
            step += 1
            put += ring.write(data[put : put + step % 9], len(data[put : put + step % 9]))
            out += take(ring, step % 5)
        assert out == data


def test_pump_moves_what_is_there():
    for ring_io in RINGS:
        uart = FakeUART(pattern(300))
        ring = make(uart, ring_io)
        ring.pump(0)
        assert ring.any() == 300 and uart.any() == 0
        assert take(ring) == pattern(300)


def test_pump_goes_on_after_a_short_read():
    for ring_io in RINGS:
        uart = FakeUART(pattern(300), most=7)
        ring = make(uart, ring_io)
        ring.pump(0)
        assert take(ring) == pattern(300)


def test_pump_takes_none_for_nothing():
    class Shy(FakeUART):
        def readinto(self, buf, n):
            return None

    for ring_io in RINGS:
        ring = make(Shy(b"abc"), ring_io)
        ring.pump(0)
        assert ring.any() == 0


def test_pump_never_holds_the_cpu_on_a_stream_without_end():
    class Endless(FakeUART):
        def any(self):
            return 10

        def readinto(self, buf, n):
            self.taken += n
            return n

    for ring_io in RINGS:
        uart = Endless()
        make(uart, ring_io).pump(0)
        assert uart.taken == 10


def test_without_room_bytes_stay_in_the_uart():
    for ring_io in RINGS:
        uart = FakeUART(pattern(150))
        ring = make(uart, ring_io, size=100)
        ring.pump(0)
        assert ring.any() == 100 and uart.any() == 50
        ring.pump(0)
        assert uart.any() == 50
        first = take(ring, 30)
        ring.pump(0)
        assert ring.any() == 100 and uart.any() == 20
        rest = take(ring)
        ring.pump(0)
        assert first + rest + take(ring) == pattern(150)


def test_a_full_c_buffer_is_suspected_of_an_overrun():
    for ring_io in RINGS:
        uart = FakeUART(pattern(255))
        ring = make(uart, ring_io)
        ring.pump(0)
        assert ring.stats["suspected_overruns"] == 0
        uart.data += pattern(256)
        ring.pump(0)
        assert ring.stats["suspected_overruns"] == 1
        uart.data += pattern(288)  # rp2: the C buffer and the FIFO behind it
        ring.pump(0)
        assert ring.stats["suspected_overruns"] == 2


def test_a_uart_without_interrupts_is_polled():
    for ring_io in RINGS:
        ring = make(FakeUART(b"abc"), ring_io)
        ring.listen(BAUD)
        assert not ring.irq
        ring.kick()
        assert ring.any() == 3
        ring.deafen()


def test_rxidle_is_preferred_to_an_interrupt_per_byte():
    for uart, trigger in ((RxUART(), 4), (IdleUART(), 64)):
        ring = make(uart, RINGS[0])
        ring.listen(BAUD)
        assert ring.irq and uart.irqs == [(ring.pump, trigger)]
        ring.deafen()
        assert not ring.irq and uart.irqs[1:] == [(None, 0)]
        ring.deafen()
        assert len(uart.irqs) == 2


def test_looks_at_the_uart_twice_while_its_buffer_fills():
    for baud, rxbuf, ms in (
        (115200, 256, 11),
        (921600, 4096, 22),
        (921600, 64, 1),
        (9600, 64, 33),
    ):
        ring = make(FakeUART(), RINGS[0], rxbuf=rxbuf)
        ring.listen(baud)
        assert ring.half_ms == ms, (baud, rxbuf, ring.half_ms)


def test_wakes_the_reader_from_the_interrupt_only():
    for uart, wakes in ((FakeUART(b"abc"), 0), (IdleUART(b"abc"), 1)):
        ring = make(uart, RINGS[0])
        woken = []
        ring.wake = lambda woken=woken: woken.append(1)
        ring.listen(BAUD)
        ring.pump(None)
        assert not woken
        uart.data += b"def"
        ring.pump(uart if ring.irq else None)
        assert len(woken) == wakes
        ring.pump(uart)  # no byte has come
        assert len(woken) == wakes


def test_a_full_queue_of_callbacks_does_no_harm():
    def refuse(function, argument):
        raise RuntimeError("schedule queue full")

    usual = atmqtt.ring.schedule
    atmqtt.ring.schedule = refuse
    try:
        ring = make(IdleUART(b"abc"), RINGS[0])
        ring.listen(BAUD)
        ring.kick()
        assert ring.any() == 0
    finally:
        atmqtt.ring.schedule = usual
    ring.pump(0)  # as the callback that filled the queue does
    assert take(ring) == b"abc"
