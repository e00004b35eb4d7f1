"""The documents hold the figures of bench/results.json, and say which budgets are not met."""

import pytest

from bench import document

FIGURES = {
    "resident_bytes.packets.mpy": 30000,
    "resident_bytes.both.mpy": 34816,
    "lost_bytes.packets.flow.115200.16": 0,
    "lost_bytes.packets.flow.115200.64": 0,
    "lost_bytes.packets.flow.115200.512": 7,
    "receive_efficiency.packets.noflow.115200.16": 0.99,
    "receive_efficiency.packets.noflow.115200.64": 0.5,
    "receive_efficiency.packets.noflow.115200.512": 1.0,
    "cpu_us.received.packets.64": 1400,
    "cpu_us.received_alone.packets.64": 1600,
    "loop_held_us.115200": 2000,
    "undelivered_while_publishing.packets.115200": 1,
    "unanswered_while_receiving.packets.115200": 3,
    "stall_ms_without_loss.115200.1024+2048": {"predicted": 91.7, "measured": None},
    "method": ["A sentence."],
    "versions.micropython": "1.25.0",
}


def test_the_documents_are_up_to_date():
    for path, text in document.pages().items():
        assert path.read_text() == text, f"{path.name}: python3 -m bench --document"


def test_a_budget_that_is_not_met_is_called_so():
    lines = document.summary(FIGURES).splitlines()
    assert lines[:2] == ["|  | measured | budget | other libraries |", "| --- | --- | --- | --- |"]
    assert "| 30000 | **not met:** <= 28672 |" in lines[2] and "(packets)" in lines[2]
    assert any("| 1400 | <= 1500 |" in line for line in lines)


def test_engines_that_were_not_measured_have_no_row():
    assert "(native)" not in document.summary(FIGURES)


def test_every_engine_has_a_row_and_so_have_both_in_one_program():
    figures = FIGURES | {"resident_bytes.native.mpy": 20000, "cpu_us.received.native.64": 900}
    lines = document.summary(figures).splitlines()
    titles = [line.split(" | ")[0][2:] for line in lines]
    ram = "RAM of a connected client, bytes, library as .mpy"
    assert titles[2:5] == [f"{ram} ({loaded})" for loaded in ("packets", "native", "both")]
    assert sum("900 | <= 1000" in line for line in lines) == 1


def test_each_figure_is_in_the_long_page():
    page = document.performance(FIGURES)
    for row in (
        "| packets | RTS and CTS | 115200 | 0 | 0 | 7 |",
        "| packets | none | 115200 | 0.990 | 0.500 | 1.000 |",
        "| packets | received alone |  | 1600 |  |",
        "| 115200 | no limit (predicted 91.7) |",
        "| 115200 | 2000 | 1 | 3 |  |  |",
        "- A sentence.",
        "- `lost_bytes.packets.flow.115200.512`: 7, budget <= 0",
        "Measured with micropython 1.25.0.",
    ):
        assert row in page


def test_only_what_is_between_the_comments_is_replaced():
    begin, end = "<!-- figures, by `python3 -m bench --document` -->", "<!-- end of figures -->"
    page = document.replaced(f"before\n{begin}\nold\n{end}\nafter\n", "new")
    assert page == f"before\n{begin}\n\nnew\n\n{end}\nafter\n"
    assert document.replaced(page, "new") == page
    with pytest.raises(ValueError, match="each once"):
        document.replaced(page + page, "new")
