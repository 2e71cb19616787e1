from __future__ import annotations

import os
import subprocess
import sys

import pytest

from pipeline_runtime.errors import WorkflowError
from pipeline_runtime.workflow import check_workflow, load_workflow, load_workflow_text
from pipeline_runtime.workflow.limits import MAX_BYTES

GOOD = "steps:\n  - {id: a, provider: claude, model: m, prompt: p}\n"


def problem_of(path) -> WorkflowError:
    (problem,) = check_workflow(path)
    with pytest.raises(WorkflowError) as caught:
        load_workflow(path)
    assert str(caught.value) == str(problem)
    assert problem.path == str(path)
    assert problem.cure
    return problem


def test_a_file_gives_its_workflow_named_after_it(tmp_path):
    path = tmp_path / "night-run.yaml"
    path.write_text(GOOD)
    workflow = load_workflow(str(path))
    assert (workflow.name, workflow.path, check_workflow(path)) == ("night-run", path, [])
    path.write_text("name: Mine\n" + GOOD)
    assert load_workflow(path).name == "Mine"
    assert workflow.step("a").prompt == "p"
    with pytest.raises(KeyError):
        workflow.step("b")


def test_text_without_a_file():
    assert load_workflow_text(GOOD).path is None
    assert load_workflow_text(GOOD, "mine").name == "mine"
    with pytest.raises(WorkflowError, match=r"^mine:1:1: "):
        load_workflow_text("a: 1", "mine")


def test_models_are_frozen():
    workflow = load_workflow_text(GOOD)
    with pytest.raises(ValueError, match="frozen"):
        workflow.steps[0].prompt = "other"


def test_a_missing_file_suggests_its_neighbour(tmp_path):
    (tmp_path / "draft.yaml").write_text(GOOD)
    problem = problem_of(tmp_path / "drfat.yaml")
    assert "No such file" in problem.message
    assert "draft.yaml" in problem.cure
    assert "pipeline-tui list" in problem_of(tmp_path / "zzzzz").cure
    assert "there is no folder" in problem_of(tmp_path / "no" / "x.yaml").cure


def test_what_is_no_file(tmp_path):
    assert "a folder" in problem_of(tmp_path).message
    fifo = tmp_path / "pipe.yaml"
    os.mkfifo(fifo)
    assert "no regular file" in problem_of(fifo).message
    loop = tmp_path / "loop.yaml"
    loop.symlink_to(loop)
    assert "cannot be read" in problem_of(loop).message
    assert "cannot be read" in problem_of(tmp_path / "nul\0.yaml").message


def test_an_unreadable_file(tmp_path, monkeypatch):
    path = tmp_path / "x.yaml"
    path.write_text(GOOD)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    problem = problem_of(path)
    assert "Permission denied" in problem.message
    assert "chmod" in problem.cure


def test_a_file_over_ten_megabytes(tmp_path):
    path = tmp_path / "big.yaml"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert "larger than 10 MB" in problem_of(path).message


@pytest.mark.parametrize(
    ("data", "line", "column", "words"),
    [
        (b"a: 1\nname: caf\xe9\n", 2, 10, "byte 14 (0xe9) is not UTF-8"),
        (b"\xef\xbb\xbfa: \xff", 1, 5, "byte 6 (0xff) is not UTF-8"),
        ("a: 1".encode("utf-16"), 1, 1, "UTF-16"),
    ],
)
def test_what_is_not_utf8(tmp_path, data, line, column, words):
    path = tmp_path / "x.yaml"
    path.write_bytes(data)
    problem = problem_of(path)
    assert (problem.line, problem.column) == (line, column)
    assert words in problem.message
    assert "UTF-8" in problem.cure


def test_a_byte_order_mark_and_crlf_are_no_harm(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load_workflow(path).steps[0].id == "a"


def test_the_package_root_loads_nothing_heavy(repository):
    code = (
        "import sys\n"
        "import pipeline_runtime.workflow as w\n"
        "import pipeline_runtime.providers\n"
        "w.bundled_workflows_dir(); w.stamp([w.bundled_workflows_dir()]); w.discover_workflows([]); dir(w)\n"
        "print([m for m in ('pydantic', 'ruamel.yaml', 'jinja2', 'httpx') if m in sys.modules])\n"
        "missing = [n for n in w.__all__ if not hasattr(w, n)]\n"
        "print(missing)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["[]", "[]"]
