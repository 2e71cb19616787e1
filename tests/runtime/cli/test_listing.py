"""`list` and `validate`."""

from __future__ import annotations

import json

from helpers_cli import ESCAPE, cli
from pipeline_runtime import bundled_workflows_dir

WRONG = "steps:\n  - id: a\n    strem: true\n    provider: claude\n    model: m\n    prompt: p\n"


def test_list_shows_the_bundled_workflows_by_the_names_that_run_takes():
    ran = cli("list")
    assert (ran.code, ran.notes) == (0, "")
    names = [line.split()[0] for line in ran.out.splitlines()]
    assert names == sorted(path.stem for path in bundled_workflows_dir().glob("*.yaml"))
    assert "Draft a report" in ran.out


def test_list_of_a_folder_shows_paths_and_what_is_invalid(flows):
    (flows / "wrong.yaml").write_text(WRONG)
    ran = cli("list", "flows", cwd=flows.parent)
    assert ran.code == 0
    lines = {line.split()[0]: line for line in ran.out.splitlines()}
    assert "Quick" in lines["flows/quick.yaml"]
    assert "Answers at once." in lines["flows/quick.yaml"]
    assert "INVALID" in lines["flows/wrong.yaml"]
    assert "flows/wrong.yaml:3" in lines["flows/wrong.yaml"]
    assert ESCAPE not in ran.out


def test_list_as_json(flows):
    (flows / "wrong.yaml").write_text(WRONG)
    found = {one["name"]: one for one in map(json.loads, cli("list", flows, "--json").out.splitlines())}
    assert found["greet"] == {
        "path": str(flows / "greet.yaml"),
        "valid": True,
        "name": "greet",
        "description": "",
        "steps": ["say"],
        "providers": ["claude"],
        "inputs": ["who", "times"],
        "faults": [],
        "notices": [],
        "problems": [],
    }
    wrong = found["wrong"]
    assert (wrong["valid"], wrong["steps"]) == (False, [])
    assert wrong["problems"][0]["line"] == 3
    assert "stream" in wrong["problems"][0]["cure"]


def test_list_of_an_empty_folder_says_so(tmp_path):
    ran = cli("list", tmp_path)
    assert (ran.code, ran.out) == (0, "")
    assert "no workflows here" in ran.notes


def test_validate(flows):
    good = cli("validate", flows / "quick.yaml")
    assert (good.code, good.out, good.notes) == (0, "", "1 valid, 0 invalid\n")
    (flows / "wrong.yaml").write_text(WRONG)
    bad = cli("validate", "quick.yaml", "wrong.yaml", cwd=flows)
    assert bad.code == 2
    assert bad.notes == "1 valid, 1 invalid\n"
    assert bad.out.startswith("wrong.yaml:3:")


def test_validate_as_json_names_every_problem(flows):
    (flows / "wrong.yaml").write_text(WRONG + "  - id: a\n    prompt: q\n")
    ran = cli("validate", flows / "wrong.yaml", "--json")
    problems = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 2
    assert len(problems) > 2
    assert all(problem["path"] == str(flows / "wrong.yaml") and problem["line"] for problem in problems)


def test_validate_of_nothing_is_a_mistake(tmp_path):
    assert cli("validate", tmp_path).code == 2
    missing = cli("validate", tmp_path / "no.yaml")
    assert missing.code == 2
    assert "no.yaml" in missing.out
