"""The Pico's firmware: where it comes from, and its file format."""

import struct

import pytest

import debs
import firmware
import uf2 as uf2_format


def test_a_given_file_comes_first(cache, monkeypatch, tmp_path):
    given = tmp_path / "mine.uf2"
    monkeypatch.setenv("PICO_UF2", str(given))
    with pytest.raises(debs.Unavailable, match="no file"):
        firmware.firmware()
    given.touch()
    assert firmware.firmware() == given


def test_a_failed_build_says_what_to_do_and_leaves_nothing(cache, monkeypatch):
    def no_mirror(**_):
        raise debs.Unavailable("no mirror")

    monkeypatch.delenv("PICO_UF2", raising=False)
    monkeypatch.setattr(firmware, "Apt", no_mirror)
    with pytest.raises(debs.Unavailable, match=r"(?s)no mirror.*\$PICO_UF2"):
        firmware.firmware()
    assert [path.name for path in cache.iterdir()] == [".pico-1.25.0.lock"]


@pytest.fixture
def builds(cache, monkeypatch) -> list[str]:
    """The manifests of the firmwares that are built, which are empty."""
    manifests = []

    class Build:
        def __init__(self, work, manifest):
            manifests.append(manifest)

        def image(self) -> bytes:
            return b""

    monkeypatch.setattr(firmware, "_Build", Build)
    return manifests


def test_a_frozen_library_is_built_again_when_it_has_changed(builds, tmp_path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "manifest.py").write_text("")
    source = tmp_path / "lib/module.py"
    source.write_text("1")
    first = firmware.frozen(tmp_path)
    assert firmware.frozen(tmp_path) == first
    source.write_text("2")
    second = firmware.frozen(tmp_path)
    assert second != first and first.is_file() and second.is_file()
    assert len(builds) == 2
    assert f'include("{tmp_path / "manifest.py"}")' in builds[0]


def test_the_stock_firmware_has_no_library_in_it(builds, monkeypatch):
    monkeypatch.delenv("PICO_UF2", raising=False)
    firmware.firmware()
    assert len(builds) == 1 and "atmqtt" not in builds[0] and "manifest.py" not in builds[0]


def test_uf2_of_an_image():
    image = bytes(range(256)) * 2 + b"tail"
    file = uf2_format.from_image(image)
    assert len(file) == 3 * 512
    for number in range(3):
        block = file[number * 512 :][:512]
        assert block[:8] == b"UF2\n\x57\x51\x5d\x9e"
        assert struct.unpack("<6I", block[8:32]) == (
            0x2000,
            0x10000000 + 256 * number,
            256,
            number,
            3,
            0xE48BFF56,
        )
        assert block[32:288] == image[256 * number :][:256].ljust(256, b"\0")
        assert block[288:] == bytes(220) + b"\x30\x6f\xb1\x0a"


def test_the_firmware_is_a_whole_uf2_file(uf2):
    file = uf2.read_bytes()
    blocks = [struct.unpack("<8I", file[at : at + 32]) for at in range(0, len(file), 512)]
    assert [block[5] for block in blocks] == list(range(len(blocks)))
    assert {block[6] for block in blocks} == {len(blocks)}
