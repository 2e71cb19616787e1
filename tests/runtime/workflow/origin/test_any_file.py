"""Whatever an old file says: it loads or has problems with lines, and what it leaves out is told."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_runtime.workflow import check_model, render
from pipeline_runtime.workflow.loader import examine_text
from pipeline_runtime.workflow.order import dependencies

WORDS = [
    "a",
    "b",
    "A b",
    "x.y",
    "{{ a }}",
    "{{ steps.a.result }}",
    "{{ b.score }}",
    "{% if %}",
    "../x",
    "",
    "é{",
]
KINDS = [
    "claude",
    "gemini",
    "claude_smart",
    "claude_session",
    "claude_extract",
    "parallel_claude",
    "pipeline",
]
scalars = st.one_of(st.sampled_from(WORDS), st.integers(-2, 10**6), st.booleans(), st.none(), st.floats(0, 2))
junk = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=2),
)


texts = st.sampled_from(WORDS)
numbers = st.integers(1, 2000)


class Old:
    """Old files: with nonsense now and then (`broken`), or each value of its kind and what is needed there."""

    def __init__(self, *, broken: bool) -> None:
        self.broken = broken
        self.names = ["a", "b", "A b", "é"]

    def mapping(self, needed=(), **keys):
        if self.broken:
            return st.fixed_dictionaries({}, optional={key: value | junk for key, value in keys.items()})
        required = {key: keys.pop(key) for key in needed}
        return st.fixed_dictionaries(required, optional=keys)

    def part(self, above):
        return st.one_of(
            self.mapping(("type", "content"), type=st.just("static"), content=texts),
            self.mapping(
                ("type", "path"),
                type=st.just("file"),
                path=st.sampled_from(["notes.md", "{{ code }}", "src/{{ a }}.py"]),
            ),
            self.mapping(
                ("type", "step"),
                type=st.just("previous_response"),
                step=st.sampled_from(above or self.names),
                extract=st.sampled_from(["text", "x.y", "x[0]", "$.x", "x[*]"]),
                strict=st.booleans(),
            )
            if above or self.broken
            else st.just("words"),
            self.mapping(("type",), type=st.just("session_context"), session_id=texts),
        )

    def options(self):
        return self.mapping(
            model=st.sampled_from(["opus", "m"]),
            max_turns=numbers,
            system_prompt=texts,
            append_system_prompt=texts,
            timeout_ms=numbers,
            temperature=st.floats(0, 1),
            retry_config=self.mapping(max_retries=numbers, base_delay_ms=numbers, backoff_strategy=texts),
            async_streaming=st.booleans(),
            stream_handler=texts,
        )

    def step(self, name, above):
        return self.mapping(
            ("name", "type", "prompt"),
            name=st.just(name),
            type=st.sampled_from(KINDS),
            prompt=texts | st.lists(self.part(above), max_size=3),
            claude_options=self.options(),
            token_budget=self.mapping(max_output_tokens=numbers, top_p=st.floats(0, 1)),
            functions=st.lists(st.just("f") if not self.broken else st.sampled_from(["f", "g"]), max_size=2),
            condition=st.sampled_from(["a.success", "a", "b.x > 1"]),
            session_config=self.mapping(session_name=texts),
            output_to_file=st.sampled_from(["a.md", "{{ timestamp }}.md", "{{ x }}/a"]),
            preset=st.sampled_from(["analysis", "x"]),
            stream=st.booleans(),
        )

    def files(self):
        steps = st.tuples(*(self.step(name, self.names[:index]) for index, name in enumerate(self.names)))
        return self.mapping(
            ("steps", "gemini_functions"),
            name=texts,
            defaults=self.mapping(
                claude_options=self.options(),
                output_dir=st.sampled_from(["out", "/etc"]),
                gemini_model=st.just("g"),
                stream=st.booleans(),
            ),
            gemini_functions=st.just({"f": {"description": "d", "parameters": {"type": "object"}}}),
            variables=self.mapping(a=numbers, code=texts),
            steps=steps.map(list),
        )


def read(data):
    return examine_text(json.dumps({"workflow": data}, indent=1), "old.yaml")


@given(Old(broken=True).files())
@settings(max_examples=200, deadline=None)
def test_a_broken_one_has_problems_with_lines(data):
    workflow, problems = read(data)
    assert (workflow is None) == bool(problems)
    assert all(problem.line and problem.message for problem in problems)


@given(Old(broken=False).files())
@settings(max_examples=200, deadline=None)
def test_a_right_one_loads_and_tells_what_it_leaves_out(data):
    workflow, problems = read(data)
    assert workflow is not None, [str(problem) for problem in problems]
    assert check_model(workflow) == []
    assert all(notice.lines and notice.message for notice in workflow.notices)
    told = " ".join(notice.message for notice in workflow.notices if notice.kind == "unsupported")
    assert all(f"`{step.id}`" in told for step in workflow.steps if step.skip)
    assert any(notice.kind == "legacy" for notice in workflow.notices) == (
        "async_" in json.dumps(data)
        or any(
            "stream_handler" in (step.get("claude_options") or {})
            for step in [*data["steps"], data.get("defaults", {})]
        )
    )
    _check_order(workflow)


def _check_order(workflow):
    """Each step waits only for steps above it; one that is not left out waits for those it reads."""
    above: set[str] = set()
    for step in workflow.steps:
        needs = dependencies(workflow)[step.id]
        assert set(needs) <= above
        above.add(step.id)


@given(st.text(st.sampled_from("{}%#ab .\n"), max_size=12))
def test_any_static_text_loads_and_is_rendered(text):
    data = {
        "workflow": {
            "steps": [{"name": "s", "type": "claude", "prompt": [{"type": "static", "content": text}]}]
        }
    }
    workflow, problems = examine_text(json.dumps(data), "old.yaml")
    assert (workflow is not None, problems) == (True, [])
    step = workflow.steps[0]
    inputs = {name: one.default for name, one in workflow.inputs.items()}
    sent = render(step.prompt, inputs=inputs, steps={}, where=workflow.where(step, "prompt"))
    assert "".join(sent.split()) == "".join(text.split())
