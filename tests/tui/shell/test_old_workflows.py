"""What the UI says of a workflow of the guide's origin."""

from __future__ import annotations

import msgspec

from helpers_tui import Script, flatten
from pipeline_runtime.workflow import discover_workflows
from pipeline_tui.listing.rows import make_row
from pipeline_tui.views.run_view import RunView
from pipeline_tui.widgets.workflow_preview import about

OLD = """\
workflow:
  name: weekly
  steps:
    - {name: a, type: claude, claude_options: {async_streaming: true, max_turns: 2}, prompt: p}
    - {name: "b", type: "nested_\\e[31m"}
"""


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


def test_the_summary_of_a_run_says_where_an_answer_was_written():
    script = Script("draft")
    view = RunView("mock")
    ended = msgspec.structs.replace(script.step_end(), saved="outputs/re\x1bport.md")
    for event in flatten([script.start(), script.step(), script.done(), ended, script.end()]):
        view.apply(event)
    assert view.summary()[0].endswith("written to outputs/re␛port.md")
