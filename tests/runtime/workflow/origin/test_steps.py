"""Old steps become calls to a model: who, what, in which order, and which of them cannot be yet."""

from __future__ import annotations

import pytest

from helpers_origin import notices_of, old_problems, origin_of
from pipeline_runtime.workflow import dependencies

TWO = """\
workflow:
  name: weekly
  description: Two calls.
  version: "1.0"
  steps:
    - name: facts
      type: gemini
      model: gemini-2.5-pro
      token_budget:
        max_output_tokens: 300
        temperature: 0.4
        top_p: 0.9
        top_k: 20
      prompt:
        - type: static
          content: Name three facts.
    - name: report
      type: claude
      claude_options:
        model: claude-haiku-4-5
        system_prompt: You write plainly.
        append_system_prompt: You write little.
        timeout_ms: 90000
        retry_config: {max_retries: 2, base_delay_ms: 250}
      stream: true
      stream_handler: console
      prompt:
        - type: static
          content: "Report on:"
        - type: previous_response
          step: facts
      output_to_file: report.md
"""


def test_a_whole_file():
    workflow = origin_of(TWO)
    facts, report = workflow.steps
    assert (workflow.name, workflow.description, workflow.notices) == ("weekly", "Two calls.", ())
    assert (facts.id, facts.provider, facts.model) == ("facts", "gemini", "gemini-2.5-pro")
    assert (facts.prompt, facts.max_tokens, facts.temperature) == ("Name three facts.", 300, 0.4)
    assert facts.params == {"generationConfig": {"topP": 0.9, "topK": 20}}
    assert (report.provider, report.model) == ("claude", "claude-haiku-4-5")
    assert report.system == "You write plainly.\n\nYou write little."
    assert (report.timeout.total, report.retry.attempts, report.retry.backoff) == (90, 3, 0.25)
    assert (report.stream, [one.handler for one in report.handlers]) == (True, ["console"])
    assert (report.output_to_file, workflow.output_dir) == ("report.md", "outputs")
    assert dependencies(workflow) == {"facts": (), "report": ("facts",)}


def test_steps_may_stand_at_the_root():
    text = "name: flat\nsteps:\n  - {name: a, type: claude_smart, prompt: Say {{ steps.a.result }}}\n"
    text = text.replace(" {{ steps.a.result }}", "")
    assert [step.id for step in origin_of(text).steps] == ["a"]


def test_todays_files_are_left_alone():
    assert old_problems("steps:\n  - {name: a, type: llm, prompt: p}\n") != []
    assert old_problems("steps: []\n") == [(1, "`steps` must be at least one, and is an empty list")]
    assert old_problems("workflow: {name: x}\nsteps: []\n")[0] == (1, "a workflow has no key `workflow`")


@pytest.mark.parametrize(
    "kind", ["claude", "claude_smart", "claude_robust", "claude_session", "claude_extract"]
)
def test_kinds_of_one_call_to_claude(kind):
    step = origin_of(f"workflow: {{steps: [{{name: a, type: {kind}, prompt: p}}]}}").steps[0]
    assert (step.provider, step.skip) == ("claude", None)


LEFT_OUT = """\
workflow:
  steps:
    - {name: first, type: claude, prompt: one}
    - name: shape
      type: data_transform
      input_source: first
    - name: reads
      type: claude
      prompt: [{type: previous_response, step: shape}]
    - name: reads_that
      type: claude
      prompt: "On {{ steps.reads.result }}"
    - {name: free, type: gemini, prompt: four}
    - {name: last, type: claude, prompt: five}
"""


def test_what_is_not_supported_yet_stands_in_nobodys_way_but_theirs_who_read_it():
    workflow = origin_of(LEFT_OUT)
    assert {step.id: step.skip for step in workflow.steps if step.skip} == {
        "shape": "not supported yet: the type `data_transform`"
    }
    assert dependencies(workflow) == {
        "first": (),
        "shape": ("first",),
        "reads": ("shape", "first"),
        "reads_that": ("reads", "first"),
        "free": ("first",),
        "last": ("free",),
    }
    assert notices_of(LEFT_OUT, "unsupported") == [
        ((4,), "step `shape` is not supported yet: the type `data_transform`")
    ]


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ("type: parallel_claude, parallel_tasks: []", "the type `parallel_claude`"),
        ("type: gemini_instructor, prompt: p", "the type `gemini_instructor`"),
        ("type: nonsense", "the type `nonsense`"),
        (
            "type: claude, prompt: [{type: session_context, session_id: s}]",
            "the prompt's part `session_context`",
        ),
        ("type: claude, prompt: p, condition: 'a.score > 3'", "its condition `a.score > 3`"),
        ("type: claude, prompt: p, condition: {and: []}", "its condition"),
        (
            "type: claude, prompt: [{type: static, content: x, condition: y}]",
            "the `condition` of a prompt's part",
        ),
        (
            "type: claude, prompt: [{type: previous_response, step: a, extract: 'x[*].y'}]",
            "`extract: x[*].y`",
        ),
        (
            "type: claude_extract, prompt: p, extraction_config: {format: summary}",
            "the extraction of a `claude_extract`",
        ),
        ("type: claude_extract, prompt: p, schema: {}", None),
        ("type: claude_session, conversation: []", "a `conversation`"),
    ],
)
def test_each_reason(step, reason):
    workflow = origin_of(f"workflow: {{steps: [{{name: a, type: claude, prompt: p}}, {{name: b, {step}}}]}}")
    assert workflow.steps[1].skip == (
        f"not supported yet: {reason}"
        if reason
        else "not supported yet: the extraction of a `claude_extract`"
    )


@pytest.mark.parametrize(
    ("step", "total"),
    [
        ("type: claude", 5),
        ("type: claude, claude_options: {timeout_ms: 1500}", 1.5),
        ("type: claude, timeout_ms: 2500, claude_options: {timeout_ms: 1500}", 2.5),
        ("type: gemini, timeout_seconds: 7", 7),
        ("type: gemini", None),
    ],
)
def test_how_long_a_step_may_take(step, total):
    text = "workflow: {defaults: {claude_options: {timeout_seconds: 5}}, steps: [{name: a, prompt: p, %s}]}"
    assert origin_of(text % step).steps[0].timeout.total == total


def test_defaults_count_where_a_step_says_nothing():
    text = """\
    workflow:
      defaults:
        gemini_model: g
        gemini_token_budget: {max_output_tokens: 9}
        claude_options: {model: m, system_prompt: shared, temperature: 0.5}
      steps:
        - {name: a, type: claude, prompt: p, claude_options: {system_prompt: own}}
        - {name: b, type: gemini, prompt: p}
        - {name: c, type: gemini, prompt: p, token_budget: {temperature: 1}}
    """
    a, b, c = origin_of(text).steps
    assert (a.model, a.system, a.temperature) == ("m", "own", 0.5)
    assert (b.model, b.max_tokens, c.max_tokens, c.temperature) == ("g", 9, None, 1)


def test_functions_are_tools():
    text = """\
    workflow:
      gemini_functions:
        rate: {description: Rates it., parameters: {type: object, properties: {score: {type: integer}}}}
      steps:
        - {name: a, type: gemini, prompt: p, functions: [rate]}
        - {name: b, type: gemini, prompt: [{type: previous_response, step: a, extract: score}]}
    """
    a, b = origin_of(text).steps
    assert [(tool.name, tool.description) for tool in a.tools] == [("rate", "Rates it.")]
    assert a.tools[0].input_schema == {"type": "object", "properties": {"score": {"type": "integer"}}}
    assert b.prompt == '{{ steps["a"] | extract("score") }}'


def test_a_session_begins_and_cannot_go_on_yet():
    text = """\
    workflow:
      steps:
        - {name: a, type: claude_session, session_config: {session_name: talk}, prompt: one}
        - {name: b, type: claude_session, session_config: {session_name: talk}, prompt: two}
        - {name: c, type: claude_session, session_config: {session_name: other}, prompt: three}
    """
    steps = origin_of(text).steps
    assert [step.skip is None for step in steps] == [True, False, True]
    assert steps[1].skip == "not supported yet: to go on with the session `talk` of `a`"


def test_a_conversation_beside_a_prompt_is_ignored_and_without_one_not_supported():
    step = "{name: a, type: claude_session, conversation: []%s}"
    text = f"workflow: {{steps: [{step % ', prompt: p'}]}}"
    assert origin_of(text).steps[0].skip is None
    assert "`conversation` is ignored: it has no meaning here" in dict(
        map(reversed, notices_of(text, "ignored"))
    )
    assert (
        old_problems("workflow: {steps: [{name: a, type: claude_session}]}")[0][1]
        == "a step needs the key `prompt`"
    )


def test_a_condition_that_asks_for_success_is_a_need():
    text = """\
    workflow:
      steps:
        - {name: a, type: claude, prompt: p}
        - {name: b, type: claude, prompt: p}
        - {name: c, type: claude, prompt: p, condition: a.success}
        - {name: d, type: claude, prompt: p, condition: "{{ b == true }}"}
    """
    assert dependencies(origin_of(text)) == {"a": (), "b": ("a",), "c": ("a", "b"), "d": ("b", "c")}


def test_names_that_can_be_no_ids():
    text = """\
    workflow:
      steps:
        - {name: "First step!", type: claude, prompt: one}
        - {name: 2nd, type: claude, prompt: [{type: previous_response, step: "First step!"}]}
        - {name: "First step?", type: claude, prompt: three}
        - {name: "…", type: claude, prompt: four}
    """
    workflow = origin_of(text)
    assert [step.id for step in workflow.steps] == ["First_step", "step_2nd", "First_step_3", "step_4"]
    assert "steps.First_step.text" in workflow.steps[1].prompt
    assert ((3,), "the step `First step!` is called `First_step` here") in notices_of(text, "assumed")


def test_mistakes_have_their_lines():
    text = """\
    workflow:
      name: [x]
      steps:
        - name: a
          type: claude
          claude_options: {temperature: hot}
          prompt:
            - content: without a type
            - 7
            - {type: previous_response, step: nobody}
            - {type: file}
        - type: claude
          prompt: p
        - just text
        - {name: a, type: gemini, functions: [missing], prompt: 5}
        - {name: b, type: claude, stream: maybe, output_to_file: ../up.md, prompt: p}
        - {name: c, prompt: p}
        - {name: d, type: claude}
    """
    assert old_problems(text) == [
        (2, "`name` must be a text"),
        (6, "`temperature` must be a number"),
        (8, "a part of a prompt needs the key `type`"),
        (9, "a part of a prompt must be a mapping"),
        (10, "`previous_response` names `nobody`, and no step above has that name"),
        (11, "a `file` part needs the key `path`"),
        (12, "a step needs the key `name`"),
        (14, "a step must be a mapping"),
        (15, "two steps have the id `a` (first on line 4)"),
        (15, "there is no function `missing`"),
        (15, "the prompt must be a text or a list of parts"),
        (16, "`steps[3].stream` must be `true` or `false`, and is the text `maybe`"),
        (16, "`steps[3].output_to_file`: `../up.md` is no path inside of a folder"),
        (17, "a step needs the key `type`"),
        (18, "a step needs the key `prompt`"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("workflow: {}", 1, "a workflow needs the key `steps`"),
        ("workflow:\n  steps: []", 2, "a workflow needs the key `steps`"),
        (
            "workflow:\n  steps: x",
            2,
            "`steps` must be a list (lines that begin with `- `), and is the text `x`",
        ),
    ],
)
def test_without_steps(text, line, message):
    assert old_problems(text) == [(line, message)]
