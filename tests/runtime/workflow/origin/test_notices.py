"""Nothing of an old file is dropped in silence."""

from __future__ import annotations

from helpers_origin import notices_of, origin_of
from pipeline_runtime.workflow import summarise_notices

FULL = """\
workflow:
  name: told
  workspace_dir: ./work
  checkpoint_enabled: true
  surprise: 1
  defaults:
    claude_preset: analysis
    claude_output_format: json
    output_dir: /etc
    claude_options:
      max_turns: 3
  steps:
    - name: a
      type: claude_smart
      role: muscle
      typo: x
      claude_options:
        max_turns: 5
        allowed_tools: [Read]
        output_format: json
        mystery: 1
      prompt: p
    - name: b
      type: claude
      preset: development
      claude_options: {model: opus}
      prompt: [{type: static, content: p, weight: 3}]
    - name: c
      type: gemini
      token_budget: {max_input_tokens: 9}
      prompt: "Sum {{ 1 + 1 }} and {{ state.unknown }}"
extra: 1
"""


def test_what_is_ignored_is_told_with_every_line():
    agent = "it steers an agent, and a step is one call to a model"
    assert notices_of(FULL, "ignored") == [
        ((3,), "`workspace_dir` is ignored: there is no agent that works in it"),
        ((4,), "`checkpoint_enabled` is ignored: every run is kept in its run log"),
        ((5,), "`surprise` is ignored: it has no meaning here"),
        ((8,), "`claude_output_format` is ignored: an answer is its text"),
        ((11, 18), f"`claude_options.max_turns` is ignored: {agent}"),
        ((15,), "`role` is ignored: it only describes"),
        ((16,), "`typo` is ignored: it has no meaning here"),
        ((19,), f"`claude_options.allowed_tools` is ignored: {agent}"),
        ((20,), "`claude_options.output_format` is ignored: an answer is its text"),
        ((21,), "`claude_options.mystery` is ignored: it has no meaning here"),
        ((25,), "`preset` is ignored: there are no presets"),
        ((27,), "`weight` is ignored: it has no meaning here"),
        ((30,), "`token_budget.max_input_tokens` is ignored: a prompt is sent whole"),
        ((31,), "`{{ 1 + 1 }}` is sent as it stands: such an expression is not supported yet"),
        ((31,), "`{{ state.unknown }}` is sent as it stands: such an expression is not supported yet"),
        ((32,), "`extra` is ignored: it stands outside of `workflow`"),
    ]


def test_what_is_assumed():
    assert notices_of(FULL, "assumed") == [
        ((7,), "the preset `analysis` stands for the model `claude-opus-4-8`, and for nothing else"),
        ((9,), "`output_dir` leads out of the working directory: answers go to `outputs`"),
        ((26,), "the model `opus` stands for `claude-opus-4-8`"),
        ((29,), "no `model`: `gemini-2.5-flash` is asked"),
    ]
    workflow = origin_of(FULL)
    assert [step.model for step in workflow.steps] == [
        "claude-opus-4-8",
        "claude-opus-4-8",
        "gemini-2.5-flash",
    ]
    assert workflow.output_dir == "outputs"


LEGACY = """\
workflow:
  defaults:
    claude_options: {async_streaming: true}
  steps:
    - name: a
      type: claude
      async_stream: true
      claude_options:
        async_streaming: true
        stream_handler: file
        stream_file_path: out.jsonl
      prompt: "async_streaming: true"
    - name: b
      type: parallel_claude
      parallel_tasks:
        - {id: t, claude_options: {stream_handler: console}}
"""


def test_keys_of_the_old_streaming_are_one_line_wherever_they_are_and_the_step_runs_without():
    workflow = origin_of(LEGACY)
    assert notices_of(LEGACY, "legacy") == [((3, 7, 9, 10, 11, 16), "legacy streaming keys")]
    (notice,) = [one for one in workflow.notices if one.kind == "legacy"]
    assert str(notice) == (
        "lines 3, 7, 9, 10, 11, 16: legacy streaming keys (run `pipeline-tui migrate old.yaml`)"
    )
    assert notices_of(LEGACY, "ignored") == []
    assert (workflow.steps[0].stream, workflow.steps[0].handlers) == (False, ())


def test_todays_keys_are_taken_at_a_step_and_in_the_defaults():
    workflow = origin_of(
        """\
        workflow:
          defaults: {stream: true, stream_handler: file, stream_handler_opts: {path: x}, retry: {attempts: 7}}
          steps:
            - {name: a, type: claude, scenario: quick, prompt: p}
            - {name: b, type: claude, stream: false, stream_handler: buffer, stream_handler_opts: {size: 2}, prompt: p}
        """
    )
    a, b = workflow.steps
    assert (a.stream, a.scenario, a.retry.attempts) == (True, "quick", 7)
    assert [(one.handler, one.opts) for one in a.handlers] == [("file", {"path": "x"})]
    assert [(one.handler, one.opts) for one in b.handlers] == [("buffer", {"size": 2})]
    assert not b.stream


def test_the_summary_counts():
    assert summarise_notices(origin_of(FULL).notices) == "4 assumptions, 16 keys ignored"
    assert summarise_notices(origin_of(LEGACY).notices) == (
        "1 step not supported yet, legacy streaming keys: migrate it, 1 assumption"
    )
    assert summarise_notices(()) == ""
