"""A Pyboard: its UARTs have fixed pins and no transmit buffer."""

# The Wi-Fi module on X9 (TX) and X10 (RX); None where there is none.
MODULE = {"id": 1, "baudrate": 115200, "rxbuf": 1024}

# UART 1 has neither RTS nor CTS.
FLOW = None

# A UART whose TX and RX a jumper joins (X1 to X2); None where there is none.
LOOPBACK = {"id": 4}
