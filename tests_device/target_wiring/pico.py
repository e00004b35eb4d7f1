"""A Raspberry Pi Pico, and what is soldered to it: arguments of machine.UART, pins by number."""

# The Wi-Fi module; None where there is none.
MODULE = {"id": 1, "baudrate": 115200, "tx": 4, "rx": 5, "rxbuf": 1024, "txbuf": 1024}

# RTS and CTS of the same UART, joined to the module's CTS and RTS; None where they are not.
FLOW = {"rts": 7, "cts": 6}

# A UART whose TX and RX a jumper joins (GP0 to GP1); None where there is none.
LOOPBACK = {"id": 0, "tx": 0, "rx": 1}
