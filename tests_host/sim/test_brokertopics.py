"""The broker's topic matcher against regular expressions."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from atsim.brokertopics import matches, valid_filter, valid_name

LEVEL = st.sampled_from(["", "a", "b", "$", "$a", "a.", "é", " "])
NAME = st.lists(LEVEL, min_size=1, max_size=5).map("/".join).filter(bool)
FILTER = (
    st.tuples(st.lists(LEVEL | st.just("+"), max_size=5), st.sampled_from([[], ["#"]]))
    .map(lambda parts: "/".join(parts[0] + parts[1]))
    .filter(bool)
)
ANYTHING = st.text(st.sampled_from("a$/+#"), max_size=6)


def reference(topic_filter: str, name: str) -> bool:
    """A filter as a regular expression: `/#` may be absent, `$` needs a literal start."""
    if name.startswith("$") and topic_filter[0] in "+#":
        return False
    pattern = re.escape(topic_filter).replace(r"\+", "[^/]*").replace(r"\#", "#")
    if pattern == "#":
        pattern = ".*"
    elif pattern.endswith("/#"):
        pattern = pattern[:-2] + "(/.*)?"
    return re.fullmatch(pattern, name, re.DOTALL) is not None


@given(topic_filter=FILTER, name=NAME)
def test_matches_as_the_reference(topic_filter: str, name: str) -> None:
    assert matches(topic_filter.encode(), name.encode()) == reference(topic_filter, name)


@given(name=NAME, data=st.data())
def test_a_name_with_levels_replaced_by_wildcards_matches_itself(
    name: str, data: st.DataObject
) -> None:
    levels = name.split("/")
    wild = [data.draw(st.sampled_from([level, "+"])) for level in levels]
    cut = data.draw(st.integers(0, len(levels)))
    topic_filter = "/".join(data.draw(st.sampled_from([wild, wild[:cut] + ["#"]])))
    assume(topic_filter)
    hidden = name.startswith("$") and topic_filter[0] in "+#"
    assert matches(topic_filter.encode(), name.encode()) is not hidden


@given(ANYTHING)
def test_legal_filters(text: str) -> None:
    legal = re.fullmatch(r"(?!$)(([^/+#]*|\+)/)*([^/+#]*|\+|#)", text) is not None
    assert valid_filter(text.encode()) is legal


@given(ANYTHING)
def test_legal_names(text: str) -> None:
    assert valid_name(text.encode()) is (re.fullmatch(r"[^+#]+", text) is not None)


@pytest.mark.parametrize(
    ("topic_filter", "name", "expected"),
    [
        ("sport/#", "sport", True),
        ("sport/#", "sport/", True),
        ("sport/#", "sports", False),
        ("sport/+", "sport", False),
        ("sport/+", "sport/", True),
        ("+", "/finance", False),
        ("+/+", "/finance", True),
        ("/+", "/finance", True),
        ("#", "$SYS", False),
        ("+/x", "$SYS/x", False),
        ("$SYS/#", "$SYS/x", True),
        ("$SYS/+", "$SYS/x", True),
        ("a/$b", "a/$b", True),
        ("a/+", "a/$b", True),
        ("A", "a", False),
    ],
)
def test_examples_of_the_standard(topic_filter: str, name: str, expected: bool) -> None:
    assert matches(topic_filter.encode(), name.encode()) is expected
