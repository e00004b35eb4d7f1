"""Topic names and topic filters (MQTT 3.1.1 section 4.7), as bytes.

Runs on CPython 3.11+ and on MicroPython 1.25+.
"""


def valid_name(topic: bytes) -> bool:
    """Whether a message can be published to it."""
    return len(topic) > 0 and b"+" not in topic and b"#" not in topic


def valid_filter(topic_filter: bytes) -> bool:
    """Whether it can be subscribed to: wildcards stand alone in their level, `#` in the last."""
    levels = topic_filter.split(b"/")
    for index, level in enumerate(levels):
        if b"#" in level and (level != b"#" or index != len(levels) - 1):
            return False
        if b"+" in level and level != b"+":
            return False
    return len(topic_filter) > 0


def matches(topic_filter: bytes, topic: bytes) -> bool:
    """Whether a legal filter matches a legal topic name."""
    if topic[:1] == b"$" and topic_filter[:1] in (b"+", b"#"):
        return False  # MQTT-4.7.2-1
    names = topic.split(b"/")
    levels = topic_filter.split(b"/")
    for index, level in enumerate(levels):
        if level == b"#":
            return True  # also where index == len(names): "a/#" matches "a"
        if index == len(names) or level not in (b"+", names[index]):
            return False
    return len(levels) == len(names)
