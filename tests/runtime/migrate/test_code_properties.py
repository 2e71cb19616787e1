"""Any text: the audit never raises but for what cannot be read, and changes only what it must."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_runtime.errors import WorkflowError
from pipeline_runtime.migrate import code_elixir, code_python

PIECES = [
    "def f(event):", "class A:", "\n    ", "\n        ", "\n", "\r\n", "match event:", 'case ("chunk", d):', "pass",
    "if event[0] == 'chunk':", "async_stream=True", "f(", ")", '"', "'''", "#", "on_chunk", "def on_chunk(self, c):",
    "AsyncStreaming", "{:chunk, x}", "{:complete, r}", "~s(", "#{", "}", '"""\n', "~S|", '?"', "alias Pipeline.",
    "Pipeline.AsyncStreaming.", "\\", "é", "\0", "\ufeff", "kind, data = event", "elif kind == 'complete':", "\t", " ",
]  # fmt: skip
anything = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
blank = st.sampled_from(["", " ", "   "])
comment = st.sampled_from(["", "  # é on_chunk", "  # \U0001f600"])
names = st.sampled_from(["data", "chunk", "größe", "x1"])
ends = st.sampled_from(["\n", "\r\n"])


@settings(deadline=None)
@given(anything)
def test_the_audit_of_any_text_gives_findings_or_says_why_not(text):
    for module in (code_elixir, code_python):
        with suppress(WorkflowError):
            result = module.migrate(text, "any")
            assert result.before == text
            assert all(one.line >= 1 and one.column >= 1 for one in result.findings)


@settings(deadline=None)
@given(anything)
def test_what_is_found_had_been_seen_at_a_glance(text):
    for module in (code_elixir, code_python):
        with suppress(WorkflowError):
            assert not module.migrate(text, "any").findings or module.may_be_legacy(text)


@st.composite
def handlers(draw):
    """A legacy handler before, and what it must become but for the import and `handle_event`."""
    end, name, note, gap = draw(ends), draw(names), draw(comment), draw(blank)
    indent = draw(st.sampled_from(["  ", "    ", "\t"]))
    other = f"{gap}x  =  [1,{gap}2 ]{note}"
    frame = [
        f"import os{note}",
        "@@IMPORT@@",
        f"class A({gap}):{note}",
        f"{indent}y = '''{name}{end}  on_chunk'''",
        "@@DISPATCH@@",
        f"{indent}# {name}",
        f"{indent}def @chunk@( self,{gap}{name} ):{note}",
        f"{indent}{indent}print( {name},{gap} end='')",
        f"{indent}def @complete@(self, {name}):",
        f"{indent}{indent}print(@text@,{gap}'é'){note}",
        other.strip(" "),
    ]
    body = end.join(frame) + draw(st.sampled_from(["", end]))
    bom = draw(st.sampled_from(["", "\ufeff"]))
    dispatch = end.join([
        f"{indent}def handle_event(self, event):",
        f'{indent * 2}if isinstance(event, Delta) and event.lane == "text":',
        f"{indent * 3}self._on_delta(event.content)",
        f"{indent * 2}elif isinstance(event, Done):",
        f"{indent * 3}self._on_done(event.response)",
    ])  # fmt: skip
    before = body.replace(f"@@IMPORT@@{end}", "").replace(f"@@DISPATCH@@{end}", "")
    before = (
        before.replace("@chunk@", "on_chunk")
        .replace("@complete@", "on_complete")
        .replace("@text@", f'{name}["text"]')
    )
    after = body.replace("@@IMPORT@@", "from pipeline_runtime import Delta, Done")
    after = after.replace("@@DISPATCH@@", dispatch + end).replace("@chunk@", "_on_delta")
    after = after.replace("@complete@", "_on_done").replace("@text@", f"{name}.text")
    return bom + before, bom + after


@settings(deadline=None)
@given(handlers())
def test_a_rewritten_handler_keeps_every_byte_that_need_not_change(pair):
    before, after = pair
    result = code_python.migrate(before, "a.py")
    assert result.after.encode() == after.encode()
    again = code_python.migrate(after, "a.py")
    assert (again.after, again.findings) == (after, ())
