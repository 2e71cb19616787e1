from __future__ import annotations

import re

import pytest

from pipeline_runtime.events import ToolCall
from pipeline_runtime.workflow import (
    StepView,
    Where,
    bundled_workflows_dir,
    dependencies,
    discover_workflows,
    render,
    resolve_inputs,
)
from pipeline_runtime.workflow import discovery as discovery_module

NAMES = [
    "buffered", "chain", "cut", "draft", "fallback", "judge", "protocols", "refusals", "retry", "stall", "thinking",
    "tools", "two_providers",
]  # fmt: skip


@pytest.fixture(scope="module")
def bundled():
    return {found.path.stem: found for found in discover_workflows([bundled_workflows_dir()])}


def test_all_are_there_and_right(bundled):
    assert sorted(bundled) == NAMES
    assert [str(problem) for found in bundled.values() for problem in found.problems] == []


@pytest.mark.parametrize("name", NAMES)
def test_each_streams_runs_offline_and_says_what_it_shows(bundled, name):
    found = bundled[name]
    workflow = found.workflow
    assert workflow.description
    assert found.path.read_text(encoding="utf-8").startswith("# ")
    assert all(step.stream or step.id == "d_must_stream" for step in workflow.steps)
    assert all(step.scenario for step in workflow.steps)
    assert all(not declared.needed for declared in workflow.inputs.values())


@pytest.mark.parametrize("name", NAMES)
def test_every_prompt_comes_to_a_text(bundled, name):
    workflow = bundled[name].workflow
    call = ToolCall(0, "t1", "get_weather", '{"city": "Lisbon"}', {"city": "Lisbon"})
    views = {step.id: StepView(f"<{step.id}>", tool_calls=(call,)) for step in workflow.steps}
    waits = dependencies(workflow)
    for step in workflow.steps:
        text = render(step.prompt, inputs=resolve_inputs(workflow, {}), steps=views, where=Where(step.id))
        assert text.strip()
        assert "{{" not in text
        for upper in waits[step.id]:
            assert f"<{upper}>" in text or call.arguments in text


def test_every_scenario_is_one_of_the_simulators(bundled):
    simulator = pytest.importorskip("pipeline_runtime.simulator")
    if not hasattr(simulator, "bundled_scenarios"):
        pytest.skip("the simulator is not here yet")
    known = simulator.bundled_scenarios()
    scenarios = [step.scenario for found in bundled.values() for step in found.workflow.steps]
    used = {scenario for scenario in scenarios if isinstance(scenario, str)}
    assert used - set(known) == set()


def test_the_guides_step_is_there(bundled):
    (step,) = bundled["draft"].workflow.steps
    assert (step.id, step.type, step.provider, step.stream) == ("draft_report", "llm", "claude", True)
    assert [spec.handler for spec in step.handlers] == ["console"]


def test_no_key_and_no_default_address(bundled):
    for found in bundled.values():
        text = found.path.read_text(encoding="utf-8")
        assert not re.search(r"sk-|api_key:", text)


def test_the_packages_own_folder_comes_first(tmp_path, monkeypatch, repository):
    assert bundled_workflows_dir() == repository / "workflows"
    (tmp_path / "_workflows").mkdir()
    monkeypatch.setattr(discovery_module, "files", lambda _package: tmp_path)
    assert bundled_workflows_dir() == tmp_path / "_workflows"
