"""Writes the README's tables of the modules' firmwares, from the dialects of the library.

python3 tools/dialect_table.py
"""

import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
BEGIN = "<!-- firmwares, by `python3 tools/dialect_table.py` -->"
END = "<!-- end of firmwares -->"

# What atmqtt.bringup tells them apart by: the questions that they answer, or how.
_FOUND_BY = {
    "esp-at": "`AT+SYSLOG=1`, `AT+CIPSENDLCFG?`",
    "esp-at-old": "`AT+SYSLOG=1`",
    "esp8266": "`AT+SYSLOG=1`, ESP8266 in `AT+GMR`",
    "nonos": "`AT+CWMODE_CUR?`",
    "air601": "`AT`, and nothing else of this",
    "w800": "`AT+MQTTCONN?`, `AT+MQTTUSERCFG?`",
    "ln882h": "`AT+MQTTCONN?`",
    "bouffalo": "`AT+MQTTCONN?`, `AT+CIPRECVBUF?`",
    "beken": "`AT+MQTTCONN?` with a word in the place of a number",
    "beken-sdk": "`AT+MQTTCONN?` with `+MQTTCONNSTATE:`",
}
_ALWAYS = "USERCFG CONNCFG CONN PUB PUBRAW SUB UNSUB CLEAN".split()
_OPTIONAL = (
    *("CLIENTID", "USERNAME", "PASSWORD", "LONGCLIENTID", "LONGUSERNAME", "LONGPASSWORD"),
    *("ALPN", "SNI"),
)
# As atmqtt.scheme numbers them.
_TLS = (("nothing checked", 1), ("server checked", 2), ("own certificate", 3), ("both", 4))
_WEBSOCKET = 5


def dialects() -> list[ModuleType]:
    """Those of the library, in the order in which they are told apart.

    :raises ValueError: for one of which is not said how it is found.
    """
    sys.path[:0] = [str(ROOT / name) for name in ("lib", "tests_host")]
    import port

    port.install()
    from atmqtt.dialects import load

    paths = (ROOT / "lib" / "atmqtt" / "dialects").glob("[a-z]*.py")
    loaded = [load(path.stem) for path in paths]
    order = list(_FOUND_BY).index
    # a file without a name is what several of them have in common
    return sorted((one for one in loaded if hasattr(one, "name")), key=lambda one: order(one.name))


def title(dialect: ModuleType) -> str:
    """What the firmware is called: how its file's text begins."""
    text = " ".join((dialect.__doc__ or "").split())
    return text.partition(":")[0].partition(". ")[0].rstrip(".")


def engine(dialect: ModuleType) -> str:
    """What ``engine=None`` chooses, if nothing else keeps it from that."""
    if not dialect.mqtt_schemes:
        return "packets"
    if not dialect.send_max:
        return "native only"
    if dialect.mqtt_payload_max:
        return f"native if `max_payload` <= {dialect.mqtt_payload_max}, else packets"
    return "native"


def packets_tls(dialect: ModuleType) -> str:
    """What the module's TLS connections can do."""
    if not dialect.send_max:
        return ""
    names = "name checked, SNI, ALPN" if dialect.tls_names else "the name is not checked"
    return names if dialect.tls_slots else f"{names}; one certificate of each kind"


def schemes(dialect: ModuleType, first: int) -> str:
    """The ways from scheme number `first` on: with TLS or not."""
    plain = ["plain"] if first in dialect.mqtt_schemes else []
    kinds = [what for what, number in _TLS if first + number in dialect.mqtt_schemes]
    tls = ["TLS" if len(kinds) == len(_TLS) else f"TLS ({', '.join(kinds)})"] if kinds else []
    return ", ".join(plain + tls) or "no"


def commands(dialect: ModuleType) -> str:
    """The optional ones among the AT+MQTT* commands that are used."""
    if dialect.mqtt_optional is None:
        return "as `AT+CMD?` lists"
    known = [name for name in _OPTIONAL if name.encode() in dialect.mqtt_optional]
    return " ".join(known) or "none"


def limit(value: int) -> str:
    """A number of bytes."""
    return str(value) if value else "-"


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """The lines of a table in Markdown."""
    cells = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(row) + " |" for row in cells]


def text() -> str:
    """What stands between the two comments in the README."""
    known = dialects()
    native = [dialect for dialect in known if dialect.mqtt_schemes]
    lines = table(
        [
            "Module's firmware",
            "`dialect.name`",
            "Known by",
            "Engine",
            "One send",
            "TLS by packets",
        ],
        [
            [
                *(title(dialect), f"`{dialect.name}`", _FOUND_BY[dialect.name], engine(dialect)),
                *(limit(dialect.send_max), packets_tls(dialect)),
            ]
            for dialect in known
        ],
    )
    used = ", ".join(f"`{name}`" for name in _ALWAYS)
    lines += ["", f"The native engine uses {used} (each with `AT+MQTT` before it) and:", ""]
    lines += table(
        [
            *("Native", "Optional", "Line", "Topic", "Payload", "Client id", "User"),
            *("`LONG`", "Will", "Host", "Escaped", "TCP", "WebSocket"),
        ],
        [
            [
                *(f"`{dialect.name}`", commands(dialect)),
                *(limit(dialect.line_max), limit(dialect.mqtt_topic_max)),
                *(limit(dialect.mqtt_payload_max), limit(dialect.mqtt_id_max)),
                *(limit(dialect.mqtt_user_max), limit(dialect.mqtt_long_max)),
                *(limit(dialect.mqtt_will_max), limit(dialect.mqtt_host_max)),
                " ".join(f"`{char}`" for char in dialect.escapes.decode()),
                *(schemes(dialect, 0), schemes(dialect, _WEBSOCKET)),
            ]
            for dialect in native
        ],
    )
    return "\n".join(lines)


def updated(page: str) -> str:
    """The page with the tables as they have to be."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError("the page has no place for the tables")
    return f"{before}{BEGIN}\n{text()}\n{END}{after}"


if __name__ == "__main__":
    README.write_text(updated(README.read_text()))
