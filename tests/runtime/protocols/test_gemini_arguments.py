"""Streamed arguments: JSON paths and the text that values at them make."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_runtime.protocols.gemini_arguments import ArgumentWriter, read_path

pytestmark = pytest.mark.streaming

leaves = st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=6)
keys = st.text(max_size=4)
trees = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3) | st.dictionaries(keys, inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)
objects = st.dictionaries(keys, trees, min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("$.city", ("city",)),
        ("$.foo.bar[0].data", ("foo", "bar", 0, "data")),
        ("$['a.b'][\"c]\"]", ("a.b", "c]")),
        ("$['it\\'s']", ("it's",)),
        ("$", ("",)),
        ("", ("",)),
        ("$.a[", ("a", "[")),
        ("plain", ("plain",)),
        ("$[99999999999]", ("99999999999",)),
    ],
)
def test_a_path_is_its_keys_and_indexes(text, path):
    assert read_path(text) == path


def written(*arguments):
    writer = ArgumentWriter()
    return "".join([writer.add(argument) for argument in arguments]) + writer.close(), writer


def walk(value, path):
    """The leaves of a tree as Gemini would stream them, texts in single characters."""
    if isinstance(value, dict):
        for key, inner in value.items():
            quoted = key.replace("\\", "\\\\").replace("'", "\\'")
            yield from walk(inner, f"{path}['{quoted}']")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from walk(inner, f"{path}[{index}]")
    elif isinstance(value, str):
        for place, character in enumerate(value):
            goes_on = {"willContinue": True} if place < len(value) - 1 else {}
            yield {"jsonPath": path, "stringValue": character, **goes_on}
        if not value:
            yield {"jsonPath": path, "stringValue": ""}
    elif value is None:
        yield {"jsonPath": path, "nullValue": "NULL_VALUE"}
    else:
        yield {"jsonPath": path, "boolValue" if isinstance(value, bool) else "numberValue": value}


@settings(deadline=None, max_examples=300)
@given(objects)
def test_the_leaves_of_any_object_add_up_to_it(value):
    text, writer = written(*walk(value, "$"))
    assert json.loads(text) == value
    assert writer.revisited is None


def test_no_argument_makes_no_text():
    assert written()[0] == ""


def test_a_text_that_another_path_ends_is_closed():
    text, _ = written(
        {"jsonPath": "$.a", "stringValue": "x", "willContinue": True}, {"jsonPath": "$.b", "boolValue": False}
    )
    assert text == '{"a":"x","b":false}'


def test_a_path_that_comes_back_is_noted():
    _, writer = written({"jsonPath": "$.a", "numberValue": 1}, {"jsonPath": "$.a", "numberValue": 2})
    assert writer.revisited == '$["a"]'


@settings(deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries({"jsonPath": st.text("$.[]'ab01", max_size=6), "stringValue": keys}), max_size=5
    )
)
def test_no_path_makes_it_raise(arguments):
    assert isinstance(written(*arguments)[0], str)
