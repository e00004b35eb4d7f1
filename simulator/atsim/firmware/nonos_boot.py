"""What an ESP8266 prints at boot, as a UART at the AT firmware's rate hears it.

The text is that of the mask ROM and the second-stage boot; the numbers in it vary from build to
build.
"""

from atsim.wire import received

ROM_BAUD = 74880  # the ROM sets its divider for a 40 MHz crystal, the boards have 26 MHz
CAUSES = {"power": 1, "software": 2}

TEXT = """
 ets Jan  8 2013,rst cause:CAUSE, boot mode:(3,7)

load 0x40100000, len 2592, room 16
tail 0
chksum 0xf3
load 0x3ffe8000, len 764, room 8
tail 4
chksum 0x92
load 0x3ffe82d4, len 676, room 4
tail 4
chksum 0x22
csum 0x22

2nd boot version : 1.6
  SPI Speed      : 40MHz
  SPI Mode       : DIO
  SPI Flash Size & Map: 8Mbit(512KB+512KB)
jump to run user1 @ 1000

"""


def boot_noise(cause: str, baud: int) -> bytes:
    """One boot's text, heard at `baud`; cause "power" or "software"."""
    text = TEXT.replace("CAUSE", str(CAUSES[cause])).replace("\n", "\r\n")
    return received(text.encode(), ROM_BAUD, baud)
