from __future__ import annotations

import re

import pytest
from pydantic_core import PydanticUndefined

from pipeline_runtime.providers import BUILT_IN
from pipeline_runtime.workflow.limits import MAX_BYTES
from pipeline_runtime.workflow.loader import examine_text
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
        elif isinstance(default, bool | int | float) or (isinstance(default, str) and default):
            assert plain(told) == default, key
        else:
            assert told == "", key


def test_every_built_in_provider_is_told_as_it_is(page):
    told = re.search(r"^\| name \| protocol \|.*\n\|.*\n((?:\|.*\n)+)", page, re.MULTILINE)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in told[1].splitlines()]
    assert [row[0] for row in rows] == [f"`{name}`" for name in BUILT_IN]
    for (_, protocol, address, key), spec in zip(rows, BUILT_IN.values(), strict=True):
        assert protocol == f"`{spec.protocol}`"
        moved = [spec.base_url_env] if spec.base_url_env else []
        assert re.findall(r"`([^`]+)`", address)[: 1 + len(moved)] == [spec.base_url, *moved]
        keys = [name for name in (spec.api_key_env, spec.api_key_env_too) if name]
        assert re.findall(r"`([^`]+)`", key) == keys
        assert (key == "none") == (not keys)


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
