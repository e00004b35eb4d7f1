"""Figures, budgets and the table."""

import json

import pytest
from bench.budgets import BUDGETS, broken, budget_of
from bench.jobs import all_jobs, merge

from bench import report

FIGURES = {
    "resident_bytes.packets.py": 30000,
    "receive_efficiency.packets.flow.115200.64": 0.995,
    "stall_ms_without_loss.115200.1024+2048": {"predicted": 91.7, "measured": None},
    "gc_collect_us": 7000,
}


def test_a_figure_over_its_budget_is_broken():
    assert broken(FIGURES) == ["resident_bytes.packets.py"]


def test_a_bound_itself_is_within_the_budget():
    assert broken({"resident_bytes.packets.py": 28 * 1024}) == []
    assert broken({"receive_efficiency.packets.flow.115200.64": 0.99}) == []


@pytest.mark.parametrize("least", [0.989, 0.0])
def test_an_efficiency_must_not_be_less(least):
    assert broken({"receive_efficiency.packets.flow.115200.64": least})


def test_figures_without_budget_are_never_broken():
    assert budget_of("gc_collect_us") is None
    assert broken({"gc_collect_us": 10**9}) == []


def test_no_figure_has_two_budgets():
    assert len({budget.figure for budget in BUDGETS}) == len(BUDGETS)


def test_what_the_application_is_handed_is_allowed_on_top():
    # a head of 16 bytes each; 11 + 1 bytes take one block, 64 + 1 five
    budget = budget_of("garbage_bytes.received.packets")
    assert budget and budget.bound == 32 + 96 + 128


def test_the_table_says_figure_budget_and_verdict():
    lines = report.table(FIGURES).splitlines()
    by_name = {line.split()[0]: line.split()[1:] for line in lines}
    assert by_name["resident_bytes.packets.py"] == ["30000", "<=", "28672", "NOT", "MET"]
    assert by_name["receive_efficiency.packets.flow.115200.64"] == ["0.995", ">=", "0.99", "met"]
    assert by_name["gc_collect_us"] == ["7000"]
    assert "no limit (predicted 91.7)" in report.table(FIGURES)


def test_results_are_a_tree_of_the_figures(tmp_path):
    report.write(FIGURES, tmp_path / "results.json")
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["resident_bytes"] == {"packets": {"py": 30000}}
    assert results["stall_ms_without_loss"]["115200"]["1024+2048"]["predicted"] == 91.7
    assert results["method"] and results["versions"]["micropython"]


def test_baud_rates_sort_as_numbers():
    lines = report.table({"loop_held_us.921600": 2, "loop_held_us.115200": 1}).splitlines()
    assert lines[1].startswith("loop_held_us.115200")


def test_every_job_is_there_once():
    names = [(job.group, job.name) for job in all_jobs()]
    assert len(set(names)) == len(names)


def test_of_what_both_engines_give_the_longest_counts():
    figures = {}
    for engine, us in (("packets", 3000), ("native", 5000), ("other", 4000)):
        merge(figures, {"loop_held_us.115200": us, f"x.{engine}": {"predicted": us}})
    assert figures.pop("loop_held_us.115200") == 5000
    assert set(figures) == {"x.packets", "x.native", "x.other"}


def test_every_budget_of_one_engine_is_set_for_the_other_as_well():
    engines = ("packets", "native")
    budgets = {
        engine: {b.figure.replace(engine, "*") for b in BUDGETS if engine in b.figure}
        for engine in engines
    }
    assert budgets["packets"] == budgets["native"]
