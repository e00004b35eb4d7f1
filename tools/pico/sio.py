"""The RP2040's single-cycle IO block, whose integer divider every map look-up goes through."""

from rp2040py.sio import RPSIO


class Sio(RPSIO):
    """As rp2040py's, but a division adds nothing to the processor's count of cycles.

    Software waits the divider's eight cycles by executing instructions, which count; and the
    clock, which the others advance, would not know of these.
    """

    def update_hardware_divider(self, signed: bool) -> None:
        """Divide: an operand has been written."""
        cycles = self.rp2040.core.cycles
        super().update_hardware_divider(signed)
        self.rp2040.core.cycles = cycles
