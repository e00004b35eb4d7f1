"""ESP-AT 4.1 on an ESP32, as recorded from a WROOM-32 build."""

from atsim.commands import (
    basic,
    certificates,
    mqtt,
    receiving,
    sending,
    services,
    tcp,
    tls,
    wifi,
)
from atsim.firmware.base import Firmware
from atsim.firmware.esp_at_boot import boot_text
from atsim.firmware.esp_at_listing import LISTING

APB_CLOCK = 80_000_000  # feeds the UART divider, which has four fractional bits


class EspAt(Firmware):
    """See the module's text."""

    name = "esp-at"
    version = (
        b"AT version:4.1.0.0-dev(s-b1dca01 - ESP32 - Jul 10 2025 11:41:05)\r\n"
        b"SDK version:v5.4-1386-g8ad0d3d8f2-dirty\r\n"
        b"compile time(02e30db4):Jul 14 2025 14:37:08\r\n"
        b"Bin version:v4.1.0.0-dev(WROOM-32)\r\n"
    )
    flow = 1

    def commands(self):
        """All groups."""
        table = {}
        for group in (basic, certificates, wifi, tcp, tls, receiving, sending, services, mqtt):
            table.update(group.COMMANDS)
        return table

    def listing(self):
        """The recorded list, whether simulated or not."""
        rows = [row.split(" ") for row in LISTING.strip().split("\n")]
        return tuple([(name, flags) for flags, name in rows])

    def boot_text(self, module, cause):
        """As an ESP32 prints it."""
        return boot_text(module.boots == 0, cause, module.baud)

    def real_baud(self, baud):
        """The divider has steps of a sixteenth."""
        divider = APB_CLOCK * 16 // baud
        return APB_CLOCK * 16 // divider


FIRMWARE = EspAt
