"""How results are judged, kept, compared and shown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from bench import chart, page, table
from bench.main import LATEST, PAGE, PICTURE, ROWS
from bench.results import Results, RowResult, load, merged, save, verdicts, worsened
from bench.rows import Goal, Measure, Row, less_than

if TYPE_CHECKING:
    from pathlib import Path

ROW = Row(
    "runtime-x",
    "A row",
    (Measure("cpu", "CPU", "µs"), Measure("few", "few", "µs"), Measure("fps", "fps", "/s", True)),
    lambda *_: {},
    ("ours", "raw", "slow"),
    (
        Goal("cpu", 6),
        less_than("cpu", "slow", 15),
        Goal("cpu", 1.5, "raw"),
        Goal("cpu", 2, of="few"),
        Goal("fps", 27, at_least=True),
    ),
    told="elia 78 %",
    floor="raw",
)
MEASURED = RowResult(
    {
        "ours": [{"cpu": cpu, "few": 2.0, "fps": 30.0} for cpu in (5.0, 4.0, 90.0)],
        "raw": [{"cpu": 4.0}],
        "slow": [{"cpu": 80.0}],
    }
)


def results_of(*rows: tuple[str, RowResult]) -> Results:
    return Results({"cores": "2"}, {"openai": "1"}, dict(rows))


def test_goals_are_judged_by_medians_and_by_peers_of_the_same_run():
    found = verdicts(ROW, MEASURED)
    assert [one.reached for one in found] == [True, True, True, False, True]
    assert [one.text for one in found] == [
        "≤ 6 µs", "≥ 15 x less than slow", "≤ 1.5 x raw", "≤ 2 x few", "≥ 27 /s",
    ]  # fmt: skip
    assert found[0].ours == 5.0


def test_a_goal_whose_peer_was_not_measured_is_neither_reached_nor_missed():
    alone = RowResult({"ours": [{"cpu": 5.0}]}, {"slow": "cannot be installed: no network"})
    assert [one.reached for one in verdicts(ROW, alone)] == [True, None, None, None, None]
    shown = table.cells(ROW, alone)
    assert "slow: cannot be installed: no network" in shown[2]
    assert "raw: not measured" in shown[2]


def test_what_got_worse_by_more_than_15_percent_is_told():
    before = RowResult({"ours": [{"cpu": 4.0, "few": 2.0, "fps": 40.0}]})
    assert worsened(ROW, MEASURED, before) == [
        "runtime-x: CPU was 4, is 5 µs",
        "runtime-x: fps was 40, is 30 /s",
    ]
    assert worsened(ROW, before, MEASURED) == []
    assert worsened(ROW, MEASURED, None) == []


@pytest.mark.parametrize(("before", "now"), [(4.0, 4.5), (0.1, 0.35), (0.0, 0.2)])
def test_noise_is_not_worse(before, now):
    old, new = (RowResult({"ours": [{"cpu": value}]}) for value in (before, now))
    assert worsened(ROW, new, old) == []


def test_results_are_kept_whole(tmp_path: Path):
    results = results_of(("runtime-x", MEASURED))
    results.curves["streams"] = [[1.0, 2.5]]
    save(results, tmp_path / "there" / "latest.json")
    assert load(tmp_path / "there" / "latest.json") == results
    assert load(tmp_path / "none.json") is None


def test_rows_that_were_not_measured_again_stay():
    old, new = results_of(("a", RowResult()), ("b", RowResult())), results_of(("b", MEASURED))
    both = merged(old, new)
    assert set(both.rows) == {"a", "b"}
    assert both.rows["b"] is MEASURED
    assert merged(None, new) is new


def test_the_table_shows_everybody():
    results = results_of(("runtime-x", MEASURED))
    (line,) = table.as_markdown([ROW, replace(ROW, name="not-measured")], results).splitlines()[2:]
    assert "CPU 5 µs, few 2 µs, fps 30 /s" in line
    assert "raw: CPU 4 µs; slow: CPU 80 µs; not in this run: elia 78 %" in line
    assert "raw 0.8 x, slow 16 x" in line
    assert "yes, yes, yes, **no**, yes" in line
    text = table.as_text([ROW], results)
    assert text.startswith("runtime-x: A row\n")
    assert "**" not in text


def test_the_picture_is_xml_and_has_every_goal():
    picture = ET.fromstring(chart.draw([ROW], results_of(("runtime-x", MEASURED))))
    texts = [element.text or "" for element in picture.iter() if element.tag.endswith("text")]
    assert sum("runtime-x" in text for text in texts) == 3 + len(ROW.goals)
    assert "83 %" in texts


def test_only_what_stands_between_the_markers_is_filled():
    text = "a\n<!-- x -->old<!-- /x -->\nb <!-- y --><!-- /y -->"
    new = page.fill(text, "x", "new\n")
    assert new == "a\n<!-- x -->\n\nnew\n\n<!-- /x -->\nb <!-- y --><!-- /y -->"
    assert page.filled(new) == {"x": "new", "y": ""}
    assert page.fill(new, "x", "new") == new
    with pytest.raises(ValueError, match="no markers"):
        page.fill(text, "z", "")


def test_the_documentation_shows_the_stored_results():
    results = load(LATEST)
    assert results is not None
    shown = page.filled(PAGE.read_text(encoding="utf-8"))
    assert set(shown) == {"table", "about", "curves"}
    assert all(shown.values())
    assert shown["table"] == table.as_markdown(ROWS, results).strip()
    assert shown["about"] == table.about(results)
    assert [row.name for row in ROWS if row.name not in results.rows] == []
    assert PICTURE.read_text(encoding="utf-8") == chart.draw(ROWS, results)
