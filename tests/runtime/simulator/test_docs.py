"""docs/simulator.md says what is there: every table is held against the code."""

from __future__ import annotations

import re

import pytest

from pipeline_runtime.simulator import bundled_scenarios, parse_scenario
from pipeline_runtime.simulator.addresses import BASE_PATHS
from pipeline_runtime.simulator.faults import FORMS, parse_fault
from pipeline_runtime.simulator.loading import load_scenario
from pipeline_runtime.simulator.refusals import REFUSALS
from pipeline_runtime.simulator.replay import Chunks, Replay
from pipeline_runtime.simulator.routes import SPEAKERS
from pipeline_runtime.simulator.scenario import Delivery, Part, Scenario, Timing, ToolUse, Turn, UsagePlan
from pipeline_runtime.simulator.templates import VARIABLES

MODELS = {
    "": Scenario,
    "reply[].": Part,
    "reply[].tool.": ToolUse,
    "turns[].": Turn,
    "usage.": UsagePlan,
    "timing.": Timing,
    "replay.": Replay,
    "replay.chunks.": Chunks,
}


@pytest.fixture(scope="module")
def text(repository):
    return (repository / "docs" / "simulator.md").read_text()


@pytest.fixture(scope="module")
def rows(text):
    """The cells of a section's table, by the code in its first cell."""

    def of(section: str) -> dict[str, list[str]]:
        body = re.split(r"^## ", text.split(f"\n## {section}\n")[1], flags=re.MULTILINE)[0]
        table = body.split("|---|", 1)[1]
        cells = [
            [cell.strip() for cell in line.strip("|").split("|")]
            for line in table.splitlines()
            if line[:3] == "| `"
        ]
        return {row[0].strip("`"): row[1:] for row in cells}

    return of


def test_every_key_and_no_other(rows):
    keys = [prefix + name for prefix, model in MODELS.items() for name in model.model_fields]
    assert sorted(rows("Keys")) == sorted(keys)


def test_the_defaults(rows):
    for key, (_, default, _) in rows("Keys").items():
        prefix = next(prefix for prefix in sorted(MODELS, key=len, reverse=True) if key.startswith(prefix))
        field = MODELS[prefix].model_fields[key.removeprefix(prefix)]
        assert field.is_required() == (default == "required" or key == "name")
        if default.startswith("`"):
            assert default.strip("`") == shown(field.default)


def shown(default: object) -> str:
    if isinstance(default, UsagePlan | Timing):
        return "{}"
    return "[]" if default == () else str(default)


def test_every_protocol_and_its_base_url(text):
    table = text.split("| protocol | base URL |")[1].split("\n\n")[0]
    documented = dict(
        re.findall(r"^\| `([a-z-]+)` \| `http://127.0.0.1:8765([^`]*)` \|", table, re.MULTILINE)
    )
    assert documented == BASE_PATHS
    with_scenario = re.findall(r"`http://127.0.0.1:8765/stall([^`]*)` \|$", table, re.MULTILINE)
    assert with_scenario == list(BASE_PATHS.values())


def test_every_path_that_speaks(rows):
    documented = rows("Protocols")
    assert list(documented) == list(BASE_PATHS)
    paths = " ".join(cells[0] for cells in documented.values())
    assert all(path.rsplit("/", 1)[1].split("}")[-1] in paths for path, _ in SPEAKERS)


def test_the_example_of_a_replay_is_a_scenario(text, tmp_path):
    (tmp_path / "bodies").mkdir()
    (tmp_path / "bodies" / "odd-gateway.sse").write_bytes(b"data: {}\n\n")
    (tmp_path / "again.yaml").write_text(text.split("```yaml\n")[2].split("```")[0])
    assert load_scenario(tmp_path / "again.yaml").replay.chunks.size == 7


def test_every_form_of_fault(rows):
    documented = rows("Faults")
    assert tuple(documented) == FORMS
    assert all(parse_fault(form) for form in documented)


def test_every_delivery(rows):
    assert tuple(rows("Delivery")) == Delivery.__args__


def test_every_refusal(rows):
    actual = {
        name: [refusal.group, str(refusal.status), refusal.source] for name, refusal in REFUSALS.items()
    }
    assert rows("Refusals to stream") == actual


def test_every_bundled_scenario(rows):
    actual = {name: [scenario.description] for name, scenario in bundled_scenarios().items()}
    assert rows("Bundled scenarios") == actual


def test_every_template_variable(text):
    paragraph = text.split("**Templates**")[1].split("\n\n")[0]
    assert all(f"`{name}`" in paragraph for name in VARIABLES)


def test_the_example_is_a_scenario(text, tmp_path):
    example = text.split("```yaml\n")[1].split("```")[0]
    (tmp_path / "lecture.yaml").write_text(example)
    assert load_scenario(tmp_path / "lecture.yaml").name == "lecture"


def test_the_python_example_is_right(text):
    example = text.split("```python\n")[1].split("```")[0]
    assert "parse_scenario" in example
    scope: dict[str, object] = {}
    exec(compile(example, "docs/simulator.md", "exec"), scope)
    assert str(scope["base_url"]).endswith("/inline")


def test_an_empty_usage_and_timing_are_the_defaults():
    scenario = parse_scenario({"reply": "x", "usage": {}, "timing": {}}, "test")
    assert (scenario.usage, scenario.timing) == (UsagePlan(), Timing())
