"""What the headless commands say of workflows of the guide's origin."""

from __future__ import annotations

import json

import pytest

from helpers_cli import cli

OLD = """\
workflow:
  name: weekly
  steps:
    - name: report
      type: claude
      claude_options:
        async_streaming: true
        max_turns: 3
      prompt: [{type: static, content: Report.}]
      scenario: {reply: Done., timing: {first_token: 0, rate: 0}}
      output_to_file: report.md
    - name: shape
      type: data_transform
"""


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "old.yaml"
    path.write_text(OLD)
    return path


def test_validate_accepts_it_and_tells_each_notice_with_its_place(old):
    ran = cli("validate", old)
    assert (ran.code, ran.notes) == (0, "1 valid, 0 invalid\n")
    unsupported, legacy, assumed, ignored = ran.out.splitlines()
    assert unsupported.startswith(f"{old}:12: unsupported: step `shape` is not supported yet: the type")
    assert legacy == f"{old}:7: legacy: legacy streaming keys (run `pipeline-tui migrate {old}`)"
    assert assumed.startswith(f"{old}:5: assumed: no `model`: `claude-sonnet-4-6` is asked")
    assert ignored.startswith(f"{old}:8: ignored: `claude_options.max_turns` is ignored: ")


def test_validate_as_json(old):
    first = json.loads(cli("validate", old, "--json").out.splitlines()[0])
    assert first == {
        "path": str(old),
        "kind": "unsupported",
        "lines": [12],
        "message": "step `shape` is not supported yet: the type `data_transform`",
        "cure": "it and the steps that need its answer are skipped",
    }


def test_several_lines_are_told_behind_the_first(old):
    old.write_text(OLD.replace("max_turns: 3", "stream_handler: x\n        stream_buffer_size: 1"))
    assert f"{old}:7: legacy: legacy streaming keys; also on lines 8, 9 (run" in cli("validate", old).out


def test_list_sums_them_up(old):
    line = cli("list", old.parent).out
    assert "weekly" in line
    assert "claude" in line
    assert line.endswith(
        "[1 step not supported yet, legacy streaming keys: migrate it, 1 assumption, 1 key ignored]\n"
    )
    told = json.loads(cli("list", old.parent, "--json").out)
    assert [notice["kind"] for notice in told["notices"]] == ["unsupported", "legacy", "assumed", "ignored"]
    assert told["providers"] == ["claude"]


@pytest.mark.streaming
def test_a_run_says_what_it_leaves_out_and_where_it_writes(old):
    ran = cli("run", old, cwd=old.parent)
    assert (ran.code, ran.out) == (0, "Done.\n")
    assert f"line 7: legacy streaming keys (run `pipeline-tui migrate {old}`)\n" in ran.notes
    assert "report: written to outputs/report.md\n" in ran.notes
    assert "── shape · skipped: not supported yet: the type `data_transform`\n" in ran.notes
    assert (old.parent / "outputs" / "report.md").read_text() == "Done."


def test_a_folder_shows_old_workflows_and_no_other_yaml(old):
    (old.parent / "ci.yaml").write_text("workflow: build\njobs: {}\n")
    (old.parent / "other.yaml").write_text("steps_of: x\nname: y\n")
    assert [line.split()[0] for line in cli("list", old.parent).out.splitlines()][:1] == [str(old)]
    assert "ci.yaml" not in cli("list", old.parent).out
