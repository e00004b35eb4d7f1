"""What the README says of the firmwares is what the dialects say."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import dialect_table
from atmqtt.dialects import load


def row(name: str) -> str:
    """The line on this dialect in the second table."""
    (line,) = [
        line for line in dialect_table.text().splitlines() if line.startswith(f"| `{name}`")
    ]
    return line


def test_the_readme_is_up_to_date():
    page = dialect_table.README.read_text()
    assert page == dialect_table.updated(page), "run tools/dialect_table.py"


def test_what_differs_shows():
    assert row("esp-at").startswith("| `esp-at` | as `AT+CMD?` lists | 255 | 128 | - |")
    assert row("esp-at").endswith("| plain, TLS | plain, TLS |")
    assert row("esp8266").endswith("| plain | plain |")
    assert "| CLIENTID USERNAME PASSWORD ALPN SNI |" in row("bouffalo")
    assert row("bouffalo").endswith("| plain, TLS (nothing checked) | no |")
    assert "| `,` | plain | no |" in row("beken")


def test_which_engine_is_chosen():
    engines = {
        name: dialect_table.engine(load(name))
        for name in ("esp-at", "esp-at-old", "nonos", "beken")
    }
    assert engines == {
        "esp-at": "native",
        "esp-at-old": "native if `max_payload` <= 1024, else packets",
        "nonos": "packets",
        "beken": "native only",
    }


def test_no_dialect_is_missing():
    files = (dialect_table.ROOT / "lib" / "atmqtt" / "dialects").glob("[a-z]*.py")
    named = [path for path in files if "\nname = " in path.read_text()]
    known = [dialect.name for dialect in dialect_table.dialects()]
    assert sorted(known) == sorted(path.stem.replace("_", "-") for path in named)


def test_a_page_without_its_place_is_an_error():
    with pytest.raises(ValueError, match="no place"):
        dialect_table.updated("nothing")
