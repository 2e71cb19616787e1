"""What nobody can map is told with its line and reason, and stays as it is."""

from __future__ import annotations

import pytest

from helpers_migrate import told
from pipeline_runtime.errors import WorkflowError
from pipeline_runtime.migrate.yaml_text import migrate

LEFT = {
    "the new key says otherwise": (
        "steps:\n- id: a\n  stream: false\n  async_stream: true\n",
        [(4, "error", "", "`stream` is said twice, and differently: keep one")],
    ),
    "two legacy keys differ": (
        "steps:\n- id: a\n  async_stream: false\n  claude_options: {async_streaming: true}\n",
        [(3, "error", "", "`stream` is said twice, and differently: keep one"),
         (4, "error", "", "`stream` is said twice, and differently: keep one")],
    ),
    "no truth value": (
        'steps:\n- id: a\n  async_stream: "{{ fast }}"\n',
        [(3, "error", "", "it is neither true nor false: write `stream: true` or `stream: false`")],
    ),
    "another handler is there": (
        "steps:\n- id: a\n  stream_handler: console\n  async_handler: Pipeline.AsyncStreaming.FileHandler\n",
        [(4, "error", "", "`stream_handler` is said twice, and differently: keep one")],
    ),
    "an option that no handler had": (
        "steps:\n- id: a\n  claude_options:\n    stream_handler: console\n    stream_handler_opts: {frobnicate: 1}\n",
        [(4, "error", "", "its options are left alone, and so is it"),
         (5, "error", "", "the console handler had no option `frobnicate`")],
    ),
    "a value that today's handler would refuse": (
        "steps:\n- id: a\n  claude_options:\n    stream_handler: buffer\n    stream_buffer_config: {max_size: many}\n",
        [(4, "error", "", "its options are left alone, and so is it"),
         (5, "error", "", "today's buffer handler would refuse it: handler 'buffer': option `max_events`: `many` is no int")],
    ),
    "a path with a place that there is not": (
        "steps:\n- id: a\n  claude_options:\n    stream_handler: file\n    stream_file_path: '{{ user }}.txt'\n",
        [(4, "error", "", "its options are left alone, and so is it"),
         (5, "error", "", "a file's path takes {run}, {step} and {workflow}, no `user`")],
    ),
    "a callback that is no function": (
        "steps:\n- id: a\n  async_handler: callback\n  stream_handler_opts: {callback: true}\n",
        [(3, "error", "", "its options are left alone, and so is it"),
         (4, "error", "", "its option `callback` names no Python function: write `callback: package.module:function`")],
    ),
    "an option given twice": (
        "steps:\n- id: a\n  claude_options:\n    stream_handler: file\n    stream_file_path: a\n    stream_handler_opts: {file_path: b}\n",
        [(4, "error", "", "its options are left alone, and so is it"),
         (5, "error", "", "its option `path` is given twice: keep one"),
         (6, "error", "", "its option `path` is given twice: keep one")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), LEFT.values(), ids=list(LEFT))
def test_it_is_told_and_left(text, expected):
    result = migrate(text, "flow.yaml")
    assert not result.changed
    found = [(line, severity, becomes, why) for line, severity, becomes, why in told(text)]
    assert [one[:3] for one in found] == [one[:3] for one in expected]
    for (*_, why), (*_, reason) in zip(found, expected, strict=True):
        assert why.startswith(reason.partition("option `max_events`")[0])


def test_a_handler_in_elixir_is_left_and_the_flag_is_not():
    text = "steps:\n- id: a\n  async_stream: true\n  async_handler: MyApp.Streams\n  async_handler_opts: {a: 1}\n"
    result = migrate(text, "flow.yaml")
    assert result.after == text.replace("async_stream:", "stream:")
    assert [(one.line, one.fixable) for one in result.findings] == [(3, True), (4, False), (5, False)]
    assert "port yours to handle_event(event)" in result.findings[1].why


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "x: &t {async_streaming: true}\nsteps:\n- {<<: *t, id: a}\n- {id: b, claude_options: {<<: *t}}\n",
            "an anchor is merged into a step and into `claude_options`",
        ),
        (
            "steps:\n- id: a\n  claude_options: {async_streaming: true}\n  claude_options: {max_turns: 1}\n",
            "`claude_options` stands twice in a step",
        ),
        (
            "async_stream: true\ndefaults: {stream: true}\nsteps: [{id: a}]\n",
            "the file and its `defaults` both say how to stream",
        ),
        (
            "steps:\n- id: a\n  claude_options: {stream_buffer_size: &n 5}\n  max_tokens: *n\n",
            "names no anchor",
        ),
        (
            "steps:\n- id: a\n  claude_options: {async_streaming: true, async_streaming: true}\n",
            "it would not be done in one go",
        ),
    ],
)
def test_a_file_that_is_not_worth_the_risk_is_left_whole(text, reason):
    result = migrate(text, "flow.yaml")
    assert not result.changed
    assert reason in result.findings[0].why
    assert not any(one.fixable for one in result.findings)


def test_what_goes_without_a_loss_is_noted():
    text = "steps:\n- id: a\n  claude_options: {async_streaming: true, stream_buffer_size: 5}\n"
    assert told(text)[1] == (
        3, "note", "", "it held whole messages back; every delta is handed on as it lands",
    )  # fmt: skip


def test_a_callback_without_a_function_says_who_stands_in():
    notes = told("steps:\n- id: a\n  async_stream: true\n  async_handler: callback\n")
    assert any("`logging:info` stands in; name yours" in why for *_, why in notes)


def test_findings_tell_their_place_and_the_guides_section():
    (first, second) = migrate(
        "steps:\n- id: a\n  async_stream: true\n  async_handler: console\n", "some/flow.yaml"
    ).findings
    assert (first.path, first.line, first.column) == ("some/flow.yaml", 3, 3)
    assert str(first) == "some/flow.yaml:3:3: async_stream: true -> stream: true"
    assert first.section == "2. Architectural Changes"
    assert second.section == "4. YAML Workflow Changes"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("steps:\n- id: a\n  async_stream: [true\n", 3),
        ("steps:\n- *nobody\n", 2),
        ("a: b: c\nasync_stream: true\n", 1),
        ("async_stream: true\nx: \x07\n", 2),
        ("async_stream:\n" + "".join(" " * n + "- \n" for n in range(1, 120)) + "\n", 1),
    ],
)
def test_what_is_no_yaml_is_told_with_its_line(text, line):
    with pytest.raises(WorkflowError) as error:
        migrate(text, "flow.yaml")
    assert error.value.line is not None
    assert error.value.line >= line


def test_aliases_of_aliases_cost_nothing():
    laughs = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    text = f"a0: &a0 [x]\n{laughs}steps:\n- id: a\n  claude_options: {{stream_handler: debug, stream_handler_opts: {{kinds: *a11}}}}\n"
    result = migrate(text, "flow.yaml")
    assert not result.changed
    assert not any(one.fixable for one in result.findings)
