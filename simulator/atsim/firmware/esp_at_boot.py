"""What an ESP32 prints at boot: ROM, second-stage bootloader, at-init. Recorded; `@` stands for
the log's milliseconds."""

CAUSES = {"power": "0x1 (POWERON_RESET)", "software": "0xc (SW_CPU_RESET)"}

ROM = """ets Jul 29 2019 12:21:46

rst:CAUSE,boot:0x12 (SPI_FAST_FLASH_BOOT)
configsip: 0, SPIWP:0xee
clk_drv:0x00,q_drv:0x00,d_drv:0x00,cs0_drv:0x00,hd_drv:0x00,wp_drv:0x00
mode:DIO, clock div:2
load:0x3fff0030,len:6268
ho 0 tail 12 room 4
load:0x40078000,len:16132
load:0x40080400,len:4
load:0x40080404,len:3612
entry 0x40080608
"""

LOADER = """I (@) boot: ESP-IDF -128-NOTFOUND 2nd stage bootloader
I (@) boot: compile time Mar  2 2026 11:00:35
W (@) boot: Unicore bootloader
I (@) boot: chip revision: v3.0
I (@) boot.esp32: SPI Speed      : 40MHz
I (@) boot.esp32: SPI Mode       : DIO
I (@) boot.esp32: SPI Flash Size : 4MB
I (@) boot: Enabling RNG early entropy source...
I (@) boot: Partition Table:
I (@) boot: ## Label            Usage          Type ST Offset   Length
I (@) boot:  0 phy_init         RF data          01 01 0000f000 00001000
I (@) boot:  1 otadata          OTA data         01 00 00010000 00002000
I (@) boot:  2 nvs              WiFi data        01 02 00012000 0000e000
I (@) boot:  3 at_customize     unknown          40 00 00020000 000a0000
I (@) boot:  4 ota_0            OTA app          00 10 000c0000 001a0000
I (@) boot:  5 ota_1            OTA app          00 11 00260000 001a0000
I (@) boot: End of partition table
FIRST:I (@) boot: No factory image, trying OTA 0
I (@) esp_image: segment 0: paddr=000c0020 vaddr=3f400020 size=105b4h ( 66996) map
I (@) esp_image: segment 1: paddr=000d05dc vaddr=3ff80064 size=0001ch (    28) load
I (@) esp_image: segment 2: paddr=000d0600 vaddr=3ffbdb60 size=04b8ch ( 19340) load
I (@) esp_image: segment 3: paddr=000d5194 vaddr=40080000 size=0ae84h ( 44676) load
I (@) esp_image: segment 4: paddr=000e0020 vaddr=400d0020 size=ea224h (959012) map
I (@) esp_image: segment 5: paddr=001ca24c vaddr=4008ae84 size=095c8h ( 38344) load
I (@) esp_image: segment 6: paddr=001d381c vaddr=400c0000 size=00064h (   100) load
I (@) boot: Loaded app from partition at offset 0xc0000
FIRST:I (@) boot: Set actual ota_seq=1 in otadata[0]
I (@) boot: Disabling RNG early entropy source...
"""

INIT = """I (@) at-init: at param mode: 1
I (@) at-uart: AT cmd port:uart0 tx:1 rx:3 cts:-1 rts:-1 baudrate:BAUD
I (@) at-init: module_name: WROOM-32
I (@) at-init: max tx power=78, ret=0
I (@) at-init: v4.1.0.0-dev (unknown)
"""


def boot_text(first: bool, cause: str, baud: int) -> "list[bytes]":
    """The writes of one boot. `first`: the first one ever, which initialises the OTA data."""
    rom = ROM.replace("CAUSE", CAUSES[cause])
    init = INIT.replace("BAUD", str(baud))
    lines = []
    milliseconds = 100
    for line in LOADER.split("\n"):
        if line[:6] == "FIRST:":
            line = line[6:] if first else ""
        if line:
            milliseconds += 7
            lines.append(line.replace("@", str(milliseconds)) + "\n")
    init = init.replace("@", str(milliseconds + 400))
    return [part.replace("\n", "\r\n").encode() for part in (rom, "".join(lines), init)]
