"""A request that is edited before it is sent: only what the user changed is changed, and no secret is shown."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_runtime.debugging.editing import editable, indented
from pipeline_runtime.errors import PipelineError
from pipeline_runtime.secrets import Masker

KEY, OTHER = "sk-planted/key-1", 'another "secret"'
MASKER = Masker([KEY, OTHER])
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def body_of(value: object) -> bytes:
    return json.dumps(value).encode()


@given(values, st.booleans())
def test_what_is_not_changed_is_sent_as_it_is(value: object, compact: bool) -> None:
    text = json.dumps(value, separators=(",", ":") if compact else None)
    shown = editable(text.encode(), MASKER)
    assert json.loads(shown.text) == value
    assert indented(shown.text) == shown.text
    assert json.loads(shown.applied(shown.text)) == value


def test_it_is_indented_and_numbers_and_escapes_stay_as_they_are() -> None:
    body = b'{"a":1.50,"b":[1e40,{}, []],"c":{"d":"\\u00e9, {x}: \\"y\\"","d":2}, "e":[]}'
    shown = editable(body, MASKER)
    assert shown.text.splitlines() == [
        "{",
        '  "a": 1.50,',
        '  "b": [',
        "    1e40,",
        "    {},",
        "    []",
        "  ],",
        '  "c": {',
        '    "d": "\\u00e9, {x}: \\"y\\"",',
        '    "d": 2',
        "  },",
        '  "e": []',
        "}",
    ]


def test_secrets_are_signs_and_come_back_wherever_they_were_put() -> None:
    value = {KEY: f"use {KEY}, then {OTHER}", "nested": json.dumps({"key": OTHER}), "slash": "x"}
    body = body_of(value).replace(b'"x"', b'"sk-planted\\/key-1"')
    shown = editable(body, MASKER)
    assert "planted" not in repr(shown)
    for secret in (KEY, OTHER, "planted", 'another \\"'):
        assert secret not in shown.text
    assert json.loads(shown.applied(shown.text)) == {**value, "slash": KEY}
    edited = json.loads(shown.text)
    [named] = [name for name in edited if name.startswith("<masked")]
    edited["moved"], edited[named] = edited[named], f"twice {named} {named}"
    sent = json.loads(shown.applied(json.dumps(edited)))
    assert sent["moved"] == value[KEY]
    assert sent[KEY] == f"twice {KEY} {KEY}"


def test_a_sign_is_none_that_the_body_has_itself() -> None:
    value = {"prompt": f"what is <masked 1>? and <masked-2 1>? {KEY}"}
    shown = editable(body_of(value), MASKER)
    assert json.loads(shown.text)["prompt"].endswith("<masked-3 1>")
    assert json.loads(shown.applied(shown.text)) == value


@pytest.mark.parametrize("cut", ["<masked 1", "<masked", "<masked 2>", "<masked 11>"])
def test_a_sign_that_was_cut_is_told_and_not_sent(cut: str) -> None:
    shown = editable(body_of({"prompt": KEY}), MASKER)
    with pytest.raises(PipelineError, match="a sign such as <masked 1> was changed"):
        shown.applied(shown.text.replace("<masked 1>", cut))


@pytest.mark.parametrize("body", [b"", b"plain text", b"\xff\xfe", b'{"a":', b"[" * 9000 + b"]" * 9000])
def test_what_is_not_json_cannot_be_edited(body: bytes) -> None:
    with pytest.raises(PipelineError, match="not JSON: it cannot be edited"):
        editable(body, MASKER)
