from __future__ import annotations

import pytest

from helpers_workflow import only_problem, problems_of, workflow_of
from pipeline_runtime.errors import WorkflowError
from pipeline_runtime.workflow import load_workflow_text

STEP = "steps:\n  - {id: a, provider: claude, model: m, prompt: p}\n"


def in_step(line):
    return f"steps:\n  - id: a\n    provider: claude\n    model: m\n    prompt: p\n    {line}\n"


@pytest.mark.parametrize(
    ("line", "column", "words", "cure"),
    [
        ("promt: x", 5, "a step has no key `promt`", "did you mean `prompt`?"),
        ("zzz: x", 5, "no key `zzz`", "known: id, type"),
        ("stream: yes", 13, "must be `true` or `false`, and is the text `yes`", "write `true`"),
        ("stream: off", 13, "must be `true` or `false`", "write `false`"),
        ("stream: 1", 13, "must be `true` or `false`, and is the number 1", ""),
        ("max_tokens: '5'", 17, "must be a whole number, and is the text `5`", "leave the quotes out"),
        ("max_tokens: 1.5", 17, "must be a whole number", ""),
        ("max_tokens: 0", 17, "must be at least 1, and is the number 0", ""),
        ("max_tokens: true", 17, "must be a whole number, and is `true`", ""),
        ("temperature: 3", 18, "must be at most 2", ""),
        ("system: 12", 13, "must be a text, and is the number 12", "put it in quotes"),
        ("system: {{ inputs.x }}", 13, "must be a text, and is a mapping", "needs quotes"),
        ("type: lm", 11, "must be 'llm'", "did you mean `llm`?"),
        ("tools: {a: 1}", 12, "must be a list", "begin each part with `- `"),
        ("tools: [{nam: x}]", 13, "a tool needs the key `name`", "add `name:`"),
        ("needs: a", 12, "must be a list", "begin each part"),
        ("needs: [zz]", 13, "there is no such step", "there is no other step"),
        ("timeout: {idle: soon}", 21, "`steps[0].timeout.idle`: expected a duration", "90s"),
        ("timeout: {idle: 0}", 21, "must be more than 0", ""),
        ("timeout: {idel: 1}", 15, "`timeout` has no key `idel`", "did you mean `idle`?"),
        ("timeout: 90", 14, "must be a mapping", ""),
        ("retry: {attempts: 0}", 23, "must be at least 1", ""),
        ("thinking: [1]", 15, "a budget in tokens or an effort word", "4096"),
        ("thinking: true", 15, "a budget in tokens", ""),
        ("scenario: 3", 15, "a scenario's name or a mapping", "stall"),
        ("stream_handler: 3", 21, "expected a handler's name", "console"),
        ("stream_handler: {handler: file, opt: 1}", 5, "a handler has no key `opt`", "did you mean `opts`?"),
        ("stream_handler: [{handler: file, opt: 1}]", 38, "a handler has no key `opt`", "did you mean `opts`?"),
        ("params: [1]", 13, "must be a mapping", ""),
        ("async_stream: true", 5, "it became `stream`", "rename to stream; `pipeline-tui migrate`"),
        ("async_handler: x", 5, "it became `stream_handler`", "rename to stream_handler"),
        ("provider: claud", 5, "stands twice", "keep one"),
    ],
)  # fmt: skip
def test_each_mistake_in_a_step(line, column, words, cure):
    problems = [found for found in problems_of(in_step(line)) if words in found[2]]
    assert len(problems) == 1
    assert problems[0][:2] == (6, column)
    assert cure in problems[0][3]


def test_handler_options_need_one_handler():
    _, _, message, _ = only_problem(in_step("stream_handler: [a, b]\n    stream_handler_opts: {x: 1}"))
    assert "needs one stream_handler, and there are 2" in message


@pytest.mark.parametrize("key", ["id", "provider", "model", "prompt"])
def test_what_a_step_must_have(key):
    keys = {"id": "a", "provider": "claude", "model": "m", "prompt": "p"}
    del keys[key]
    body = ", ".join(f"{name}: {value}" for name, value in keys.items())
    line, column, message, cure = only_problem(f"name: x\nsteps:\n  - {{{body}}}\n")
    assert (line, column) == (3, 5)
    assert message == f"a step needs the key `{key}`"
    assert key in cure


@pytest.mark.parametrize(
    "text", ["name: x\n", "name: x\nsteps:\n", "name: x\nsteps: []\n", "name: x\nsteps: {a: 1}\n"]
)
def test_no_steps(text):
    assert "steps" in only_problem(text)[2]


def test_one_bad_step_is_not_also_an_empty_list():
    assert "needs the key" in only_problem("steps:\n  - {id: a, provider: claude, model: m}\n")[2]


def test_a_step_that_is_no_mapping():
    line, _, message, _ = only_problem(STEP + "  - draft\n")
    assert line == 3
    assert "must be a mapping" in message


@pytest.mark.parametrize("step_id", ["a b", "1a", "", "-a", "x" * 65, "é"])
def test_bad_ids(step_id):
    text = f'steps:\n  - {{id: "{step_id}", provider: claude, model: m, prompt: p}}\n'
    assert "no good name" in only_problem(text)[2]


def test_all_problems_come_at_once_and_by_line():
    text = """\
        nam: x
        defaults: {provider: claud, temperature: 9}
        steps:
          - {id: a, model: m, prompt: "{{ inputs.x }}"}
          - {id: a, model: 4, prompt: p, needs: [b]}
        """
    problems = problems_of(text)
    assert [line for line, *_ in problems] == [1, 2, 2, 4, 5, 5, 5]
    with pytest.raises(WorkflowError) as caught:
        load_workflow_text(text.replace("        ", ""), "flow.yaml")
    assert str(caught.value) == "flow.yaml:1:1: a workflow has no key `nam` (did you mean `name`?)"


@pytest.mark.parametrize(
    ("line", "words", "cure"),
    [
        ("protocol: open-chat", "the protocol `open-chat` is not known", "did you mean `openai-chat`?"),
        ("base_url: ftp://x", "expected an http:// or https:// URL", "http://localhost"),
        ("base_url: localhost:80", "expected an http:// or https:// URL", ""),
        ("base_url: 'http://h:99999'", "expected an http:// or https:// URL", ""),
        ("base_url: https://me:pw@h/v1", "must not hold a user or a password", "api_key_env"),
        ("base_url: https://h/v1?key=1", "looks like it holds a key", "api_key_env"),
        ("base_url: https://h/v1?a=b&subscription-key=1", "looks like it holds a key", "api_key_env"),
        ("base_url: https://h/v1?v=sk-planted-secret", "looks like it holds a key", "api_key_env"),
        ("base_url: https://h/v1#a", "ends before `#`", ""),
        ("api_key_header: 'a b'", "cannot be the name of a header", ""),
        ("api_key_env: sk-ant-planted1", "expected the name of an environment variable", "keep the key out"),
        ("api_key: sk-ant-planted1", "a provider has no key `api_key`", "api_key_env"),
        ("headers: {Authorization: planted1}", "looks like it holds a key", "${NAME}"),
        ("headers: {x-a: Bearer planted1}", "looks like it holds a key", "${NAME}"),
        ("headers: {x-a: sk-planted1}", "looks like it holds a key", "${NAME}"),
        ("headers: {x-a: planted1aaaaaaaaaaaaaaaaaaaaaaaaaaaaa}", "looks like it holds a key", "${NAME}"),
        ("headers: {x-a: '${A}sk-planted1'}", "looks like it holds a key", "${NAME}"),
        ("headers: {x-a: '${sk-planted1}'}", "names no variable", "${NAME}"),
        ('headers: {x-a: "planted1\\nx: y"}', "control character", ""),
        ("headers: {'x a': planted1}", "cannot be the name of a header", ""),
        ("headers: {x-a: 12345678}", "must be a text, and is another value", "quotes"),
        ("headers: planted1", "must be a mapping", ""),
    ],
)
def test_mistakes_in_a_provider_never_show_its_values(line, words, cure):
    problems = problems_of(f"providers:\n  openai:\n    {line}\n{STEP}")
    _, _, message, found_cure = problems[0]
    assert problems[0][0] == 3
    assert words in message
    assert cure in found_cure
    assert "planted1" not in repr(problems)
    assert "12345678" not in repr(problems)


@pytest.mark.parametrize(
    ("provider", "protocol"),
    [
        ("claude: {think_tags: true}", "anthropic"),
        ("mine: {protocol: openai-responses, base_url: 'http://h', think_tags: true}", "openai-responses"),
    ],
)
def test_think_tags_are_for_protocols_that_know_them(provider, protocol):
    line, _, message, cure = only_problem(f"providers:\n  {provider}\n{STEP}")
    assert (line, cure) == (2, "leave it out")
    assert f"the protocol `{protocol}` has no `think_tags`" in message


def test_a_new_provider_needs_protocol_and_address():
    messages = [message for _, _, message, _ in problems_of("providers: {mine: {}}\n" + STEP)]
    assert messages == [
        "the provider `mine` needs the key `base_url`",
        "the provider `mine` needs the key `protocol`",
    ]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("{default: [1]}", "expected a text, a number, true or false"),
        ("[1]", "must be a mapping"),
        ("{type: integer, default: x}", "the default `x` is no integer"),
        ("{type: text}", "must be 'string', 'integer', 'number' or 'boolean'"),
        ("{choices: [a, 1]}", "the choice `1` is no string"),
        ("{choices: [a, b], default: c}", "not among the choices"),
        ("{defalt: 1}", "an input has no key `defalt`"),
    ],
)
def test_mistakes_in_an_input(given, words):
    line, _, message, _ = only_problem(f"inputs:\n  x: {given}\n{STEP}")
    assert line == 2
    assert words in message


def test_defaults_merge_into_steps():
    workflow = workflow_of("""\
        steps:
          - {id: a, prompt: p}
          - {id: b, prompt: p, model: other, timeout: {idle: 2m}, system: , stream_handler: [file, {handler: x}]}
        """)
    first, second = workflow.steps
    assert (first.provider, first.model, first.stream, first.handlers) == ("claude", "m", False, ())
    assert (second.model, second.timeout.idle, second.timeout.connect) == ("other", 120.0, 10.0)
    shared = load_workflow_text(
        "defaults: {provider: openai, model: m, system: s, temperature: 1, stream: true, stream_handler: console,\n"
        "  timeout: {idle: 5, total: 500ms}, retry: {attempts: 1}}\n"
        "steps: [{id: a, prompt: p}, {id: b, prompt: p, system: , temperature: , stream: false, timeout: {idle: 7}}]\n"
    )
    first, second = shared.steps
    assert (first.system, first.temperature, first.stream, first.retry.attempts) == ("s", 1.0, True, 1)
    assert (first.timeout.idle, first.timeout.total) == (5.0, 0.5)
    assert (second.system, second.temperature, second.stream) == (None, None, False)
    assert (second.timeout.idle, second.timeout.total) == (7.0, 0.5)
    assert [spec.handler for spec in second.handlers] == ["console"]


def test_the_guides_old_step_says_what_it_became():
    problems = problems_of(
        "steps:\n  - id: draft_report\n    type: llm\n    provider: claude\n    model: m\n    prompt: p\n"
        "    async_stream: true\n    async_handler: Pipeline.AsyncStreaming.ConsoleHandler\n"
    )
    assert [(line, cure.split(";")[0]) for line, _, _, cure in problems] == [
        (7, "rename to stream"),
        (8, "rename to stream_handler"),
    ]


def test_options_join_the_one_handler():
    (step,) = workflow_of(
        "steps: [{id: a, prompt: p, stream_handler: file, stream_handler_opts: {path: out.txt}}]"
    ).steps
    assert [(spec.handler, spec.opts) for spec in step.handlers] == [("file", {"path": "out.txt"})]
