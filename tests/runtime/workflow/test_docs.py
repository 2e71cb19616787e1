from __future__ import annotations

import re

import pytest
from pydantic_core import PydanticUndefined

from pipeline_runtime.workflow.loader import MAX_BYTES, examine_text
from pipeline_runtime.workflow.scalars import plain
from pipeline_runtime.workflow.templates import MAX_OUTPUT, MAX_RANGE, STEP_FIELDS
from pipeline_runtime.workflow.wording import SHAPES
from pipeline_runtime.workflow.yaml_reader import MAX_VALUES

MODELS = {model.__name__: model for _, model in SHAPES.values()}
ROW = re.compile(r"^\| `(\w+)` \| *(?:`?([^|`]*)`?)? *\| (.+) \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def page(repository):
    return (repository / "docs" / "workflows.md").read_text(encoding="utf-8")


def tables(page):
    return dict(re.findall(r"<!-- model: (\w+) -->\n((?:\|.*\n)+)", page))


def test_every_model_has_a_table(page):
    assert set(tables(page)) == set(MODELS)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_the_table_has_every_key_with_its_default(page, name):
    rows = {key: default.strip() for key, default, _ in ROW.findall(tables(page)[name])}
    fields = MODELS[name].model_fields
    assert list(rows) == list(fields)
    for key, told in rows.items():
        default = fields[key].default
        if default is PydanticUndefined:
            assert told == "required", key
        elif isinstance(default, bool | int | float) or (key == "type" and default):
            assert plain(told) == default, key
        else:
            assert told == "", key


def test_every_example_is_right(page):
    examples = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert len(examples) >= 3
    for example in examples:
        assert examine_text(example, "example")[1] == []


def test_the_limits_and_step_fields_are_told(page):
    for number in (MAX_OUTPUT, MAX_RANGE, MAX_VALUES):
        assert f"{number:,}" in page
    assert f"{MAX_BYTES // 1024 // 1024} MB" in page
    assert tuple(re.findall(r"`steps\.<id>\.(\w+)`", page)) == STEP_FIELDS
