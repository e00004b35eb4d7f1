"""UF2, the file format in which an RP2040's boot ROM takes flash images.

https://github.com/microsoft/uf2: 512-byte blocks, each with a header, 256 bytes of the image and
a closing magic number.
"""

import struct

FLASH_BASE = 0x10000000  # where the RP2040 maps its flash
_PAYLOAD = 256
_MAGIC_START = (0x0A324655, 0x9E5D5157)
_MAGIC_END = 0x0AB16F30
_FAMILY_ID_PRESENT = 0x2000
_FAMILY_RP2040 = 0xE48BFF56


def from_image(image: bytes, base: int = FLASH_BASE) -> bytes:
    """The UF2 file that puts ``image`` into the flash at address ``base``."""
    total = -(-len(image) // _PAYLOAD)
    blocks = []
    for number in range(total):
        at = number * _PAYLOAD
        payload = image[at : at + _PAYLOAD].ljust(_PAYLOAD, b"\0")
        header = struct.pack(
            "<8I",
            *_MAGIC_START,
            _FAMILY_ID_PRESENT,
            base + at,
            _PAYLOAD,
            number,
            total,
            _FAMILY_RP2040,
        )
        blocks.append(header + payload.ljust(476, b"\0") + struct.pack("<I", _MAGIC_END))
    return b"".join(blocks)
