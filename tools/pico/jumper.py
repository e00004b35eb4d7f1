"""A UART wired to itself: TX to RX and RTS to CTS, by two jumpers on a real board."""

from pico.pl011 import Pl011


def join(uart: Pl011) -> None:
    """What the UART sends it hears, at the same time."""

    def on_rts(go: bool) -> None:
        uart.cts = go

    uart.on_tx = uart.hear
    uart.on_rts = on_rts
