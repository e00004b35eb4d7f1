"""An emulated Raspberry Pi Pico that runs stock MicroPython, with true UART timing.

rp2040py emulates the processor. What it lacks is here: a PL011 UART with FIFOs, interrupts and
byte times (`pl011`), a USB console that lets the processor sleep (`cdc`), a filesystem image
(`flash`) and a board that ties them together in simulated, repeatable time (`board`).

What it does not show: flash wait states and erase times, bus contention, the second core, parity,
framing and break errors, DMA. Its times are a lower bound of a real board's.
"""
