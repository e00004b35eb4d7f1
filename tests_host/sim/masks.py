"""What may differ between a recording and the simulator, and nothing else.

Each mask replaces the one thing its name says by `<name>`, in both byte strings.
"""

from __future__ import annotations

import re

Pattern = re.Pattern[bytes]

# the part of each pattern in its group 1 is what is masked
MASKS: dict[str, Pattern] = {
    # +CIPSTATE:0,"TCP","192.168.4.100",1883,50849,0 and +LINK_CONN:0,0,"TCP",0,"...",1883,52357
    "local-port": re.compile(
        rb'\+(?:CIPSTAT(?:E|US):\d,"\w+"|LINK_CONN:\d,\d,"\w+",\d),"[\d.]+",\d+,(\d+)'
    ),
    # +CIPSTA:ip:"192.168.4.15" and +CIFSR:STAIP,"192.168.4.15"
    "ip": re.compile(rb'\+(?:CIPSTA:\w+:|CIFSR:\w+,)"(\d+\.\d+\.\d+\.\d+)"'),
    "mac": re.compile(rb'"([0-9a-f]{2}(?::[0-9a-f]{2}){5})"'),
    # +CWLAP:(0,"name",-27,... and +CWJAP:"name","<mac>",5,-27,...
    "rssi": re.compile(rb'(?:\+CWLAP:\(\d,"[^"]*"|\+CWJAP:"[^"]*","[^"]*",\d+),(-\d+)'),
    # I (886) boot: ...
    "boot-time": re.compile(rb"(?<=\n)[IW] \((\d+)\) [\w.-]+:"),
}


def masked(data: bytes, names: list[str] | None = None) -> bytes:
    """`data` with the named masks applied, all of them by default."""
    for name in MASKS if names is None else names:

        def cover(match: re.Match[bytes], name: str = name) -> bytes:
            start, end = match.start(1) - match.start(), match.end(1) - match.start()
            return match[0][:start] + b"<%s>" % name.encode() + match[0][end:]

        data = MASKS[name].sub(cover, data)
    return data
