from __future__ import annotations

import os

import pytest

from pipeline_runtime.workflow import discover_workflows, glimpse_workflows, rediscover, stamp
from pipeline_runtime.workflow import loader as loader_module

GOOD = "name: {name}\nsteps:\n  - {{id: a, provider: claude, model: m, prompt: p}}\n"


def write(path, text=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(GOOD.format(name=path.stem) if text is None else text)
    return path


def names(found, folder):
    return [str(item.path.relative_to(folder)) for item in found]


def test_a_folder_is_searched_in_order(tmp_path):
    for name in [
        "b.yaml",
        "a.yml",
        "sub/c.yaml",
        "1/2/3/4/deep.yaml",
        "1/2/3/4/5/too-deep.yaml",
        ".hid/x.yaml",
    ]:
        write(tmp_path / name)
    for name in ["node_modules/x.yaml", ".venv/x.yaml", ".hidden.yaml", "notes.txt"]:
        write(tmp_path / name)
    found = discover_workflows([tmp_path])
    assert names(found, tmp_path) == ["a.yml", "b.yaml", "1/2/3/4/deep.yaml", "sub/c.yaml"]
    assert [item.workflow.name for item in found] == ["a", "b", "deep", "c"]


@pytest.mark.parametrize(
    ("text", "is_there"),
    [
        ("a: 1\n", False),
        ("- a\n- b\n", False),
        ("", False),
        ("apiVersion: v1\nspec:\n  steps: []\n", False),
        ("{{- if .Values.x }}\nkind: Job\n", False),
        ("steps:\n", True),
        ('"steps": []\n', True),
        ("{steps: [1]}", True),
        ("stpes:\n  - id: a\n", True),
        ("name: x\nsteps:\n  - id: [\n", True),
    ],
)
def test_what_counts_as_a_workflow_in_a_folder(tmp_path, text, is_there):
    path = write(tmp_path / "x.yaml", text)
    assert bool(discover_workflows([tmp_path])) == is_there
    (named,) = discover_workflows([path])
    assert named.workflow is None
    assert named.problems
    assert named.problems[0].path == str(path)


def test_named_files_and_folders_come_once_in_order(tmp_path):
    first, second = write(tmp_path / "b.yaml"), write(tmp_path / "a.yaml")
    found = discover_workflows([first, tmp_path, second])
    assert [item.path for item in found] == [first, second]


def test_nothing_raises(tmp_path):
    gone = tmp_path / "gone.yaml"
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "dangling.yaml").symlink_to(gone)
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "up").symlink_to(tmp_path)
    wide = tmp_path / "wide.yaml"
    wide.write_bytes("steps:\n - a".encode("utf-16"))
    found = discover_workflows([tmp_path, gone, tmp_path / "nul\0.yaml"])
    assert [item.path.name for item in found] == ["wide.yaml", "gone.yaml", "nul\0.yaml"]
    assert all(item.problems for item in found)
    assert discover_workflows([tmp_path / "no-folder" / "x"])[0].size == -1


def test_only_what_changed_is_parsed_again(tmp_path, monkeypatch):
    stays, changes, goes = (write(tmp_path / f"{name}.yaml") for name in ("stays", "changes", "goes"))
    before = discover_workflows([tmp_path])
    first_stamp = stamp([tmp_path])
    assert set(first_stamp) == {stays, changes, goes}
    assert stamp([tmp_path]) == first_stamp
    write(changes, GOOD.format(name="changed"))
    goes.unlink()
    new = write(tmp_path / "new.yaml")
    assert stamp([tmp_path]) != first_stamp
    parsed = []
    real = loader_module.examine_file
    monkeypatch.setattr(loader_module, "examine_file", lambda path: (parsed.append(path), real(path))[1])
    after = rediscover(before, [tmp_path])
    assert parsed == [changes, new]
    assert [item.workflow.name for item in after] == ["changed", "new", "stays"]
    assert after[2] is next(item for item in before if item.path == stays)


def test_a_file_mended_under_the_same_name(tmp_path):
    path = write(tmp_path / "x.yaml", "steps: [\n")
    before = discover_workflows([tmp_path])
    assert before[0].problems
    write(path)
    (after,) = rediscover(before, [tmp_path])
    assert after.workflow is not None
    assert after.problems == ()


def test_a_glimpse_lists_the_same_files_with_what_they_seem_to_be_called(tmp_path):
    write(
        tmp_path / "a.yaml",
        'name: "The first"  # a comment\ndescription: Says a.\n' + GOOD.partition("\n")[2].format(),
    )
    write(tmp_path / "b.yaml", "description: >\n  Folded.\n" + GOOD.partition("\n")[2].format())
    write(tmp_path / "c.yaml", "workflow:\n  name: inner\n  steps: [{name: x, type: claude, prompt: p}]\n")
    write(tmp_path / "d.yaml", "steps: [broken")
    write(tmp_path / "other.yaml", "name: no workflow\n")
    glimpsed = glimpse_workflows([tmp_path, tmp_path / "none.yaml"])
    assert [one.path for one in glimpsed] == [
        one.path for one in discover_workflows([tmp_path, tmp_path / "none.yaml"])
    ]
    assert [(one.name, one.description) for one in glimpsed] == [
        ("The first", "Says a."), ("b", ""), ("inner", ""), ("d", ""), ("none", "")
    ]  # fmt: skip


def test_a_glimpse_parses_nothing(tmp_path, monkeypatch):
    write(tmp_path / "a.yaml")
    monkeypatch.setattr(loader_module, "examine_file", None)
    assert [one.name for one in glimpse_workflows([tmp_path])] == ["a"]
