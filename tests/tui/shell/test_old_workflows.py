"""What the UI says of a workflow of the guide's origin."""

from __future__ import annotations

import msgspec
import pytest

from helpers_tui import Script, flatten
from pipeline_runtime.workflow import discover_workflows
from pipeline_tui.listing.rows import make_row
from pipeline_tui.listing.status import status_text
from pipeline_tui.views.run_view import RunView
from pipeline_tui.widgets.workflow_preview import about

OLD = """\
workflow:
  name: weekly
  steps:
    - {name: a, type: claude, claude_options: {async_streaming: true, max_turns: 2}, prompt: p}
    - {name: "b", type: "nested_\\e[31m"}
"""
TODAY = "steps: [{id: a, provider: claude, model: m, prompt: x}]\n"
OLDER = TODAY.replace("id: a", "id: a, async_stream: true")
HALF = TODAY.replace("id: a", "id: a, claude_options: {async_streaming: true}")


def test_what_changes_a_run_is_told_whole_and_the_rest_is_counted(tmp_path):
    (tmp_path / "old.yaml").write_text(OLD)
    (found,) = discover_workflows([tmp_path])
    row = make_row(found, "mock", "", None)
    assert (row.providers, row.steps) == (("claude",), 2)
    lines = about(row).plain.splitlines()
    assert lines[2:] == [
        "! 1 step not supported yet, legacy streaming keys: migrate it, 1 assumption, 1 key ignored",
        "  line 5: step `b` is not supported yet: the type `nested_␛[31m`",
        "  line 4: legacy streaming keys",
    ]


@pytest.mark.parametrize(
    ("text", "mode", "told"),
    [
        (OLD, "mock", "MOCK  legacy keys: m migrates them · the built-in simulator answers"),
        (OLD, "live", "LIVE  legacy keys: m migrates them · claude will be called"),
        (OLDER, "mock", "✗ cannot run: m migrates it, e opens it at the problem"),
        (HALF, "mock", "✗ cannot run: m migrates it, e opens it at the problem"),
        (HALF.replace("claude_options", "clad_options"), "mock", "✗ cannot run: e opens it at the problem"),
        (TODAY, "mock", "MOCK  the built-in simulator answers"),
    ],
)
def test_the_key_that_migrates_is_named_where_something_is_legacy(tmp_path, text, mode, told):
    (tmp_path / "flow.yaml").write_text(text)
    (found,) = discover_workflows([tmp_path])
    assert status_text(make_row(found, mode, "", None)).plain == told


def test_the_summary_of_a_run_says_where_an_answer_was_written():
    script = Script("draft")
    view = RunView("mock")
    ended = msgspec.structs.replace(script.step_end(), saved="outputs/re\x1bport.md")
    for event in flatten([script.start(), script.step(), script.done(), ended, script.end()]):
        view.apply(event)
    assert view.summary()[0].endswith("written to outputs/re␛port.md")
