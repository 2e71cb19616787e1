"""Files that steps read and write: nothing is read by an answer's will, nothing written outside."""

from __future__ import annotations

import os

import pytest

from helpers_workflow import only_problem, problems_of, workflow_of
from pipeline_runtime.errors import WorkflowError
from pipeline_runtime.workflow import load_workflow
from pipeline_runtime.workflow.files import output_path, read_files, write_output

HEAD = "defaults: {provider: claude, model: m}\n"
STEP = "steps:\n  - {id: a, files: {notes: notes.md}, prompt: '{{ files.notes }}'}\n"


def failure(call, *arguments) -> WorkflowError:
    with pytest.raises(WorkflowError) as caught:
        call(*arguments)
    assert caught.value.cure
    return caught.value


def test_a_file_is_looked_for_here_and_beside_the_workflow(tmp_path, monkeypatch):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    (there / "flow.yaml").write_text(HEAD + STEP)
    (there / "notes.md").write_text("beside")
    monkeypatch.chdir(here)
    workflow = load_workflow(there / "flow.yaml")
    assert read_files(workflow.steps[0], workflow, {}) == {"notes": "beside"}
    (here / "notes.md").write_bytes(b"\xef\xbb\xbfhere \xc3\xa9")
    assert read_files(workflow.steps[0], workflow, {}) == {"notes": "here é"}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (None, "No such file or directory"),
        (b"\xff", "byte 0 is not UTF-8"),
        (b"x" * (4 * 1024 * 1024 + 1), "larger than 4,194,304 bytes"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, monkeypatch, data, reason):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flow.yaml").write_text(HEAD + STEP.replace("{id: a, ", "{id: a,\n      "))
    if data is not None:
        (tmp_path / "notes.md").write_bytes(data)
    workflow = load_workflow(tmp_path / "flow.yaml")
    error = failure(read_files, workflow.steps[0], workflow, {})
    assert reason in error.message
    assert (error.path, error.line, error.key) == (str(tmp_path / "flow.yaml"), 4, "files")


def test_only_regular_files_are_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    workflow = workflow_of(STEP)
    os.mkfifo("notes.md")
    assert "no regular file" in failure(read_files, workflow.steps[0], workflow, {}).message


def test_paths_see_inputs_and_no_answers():
    text = """\
    inputs: {name: x}
    defaults: {provider: claude, model: m}
    steps:
      - {id: a, prompt: p}
      - {id: b, prompt: p, files: {f: "{{ steps.a.text }}"}}
      - {id: c, prompt: p, output_to_file: "{{ steps.a.text }}.md"}
      - {id: d, prompt: p, files: {f: "{{ inputs.name }}"}, output_to_file: "{{ inputs.name }}_{{ timestamp }}.md"}
    """
    told = [(line, message, cure) for line, _, message, cure in problems_of(text)]
    cure = "a path sees `inputs` and `timestamp` only"
    assert told == [(5, "there is no `steps` here", cure), (6, "there is no `steps` here", cure)]


def test_unknown_files_are_found_when_the_file_is_read():
    text = HEAD + "steps:\n  - {id: a, files: {notes: n.md}, prompt: '{{ files.nots }} {{ steps.a.text }}'}\n"
    (first, second) = problems_of(text)
    assert {first[2], second[2]} == {"the step has no file `nots`", "step `a` refers to its own answer"}
    line, _, message, cure = only_problem(HEAD + "steps: [{id: a, prompt: '{{ files.x }}'}]")
    assert (line, message, cure) == (2, "the step has no file `x`", "name it in the step's `files`")


@pytest.mark.parametrize("path", ["../up.md", "/etc/passwd", "~/x", "a/../../b", "..\\up", "", " ", "a\0b"])
def test_paths_that_lead_out_are_no_workflow(path):
    import json

    text = HEAD + f"steps: [{{id: a, prompt: p, output_to_file: {json.dumps(path)}}}]"
    assert "is no path inside of a folder" in only_problem(text)[2] or "not allowed" in only_problem(text)[2]
    assert problems_of(f"output_dir: {json.dumps(path)}\n" + HEAD + "steps: [{id: a, prompt: p}]")


def writes(path, inputs=None, folder="outputs"):
    head = f"output_dir: {folder}\ninputs: {{name: x}}\n"
    workflow = workflow_of(head + f"steps: [{{id: a, prompt: p, output_to_file: '{path}'}}]")
    return output_path(workflow.steps[0], workflow, inputs or {"name": "x"})


def test_where_an_answer_goes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert str(writes("./sub/a.md", folder="./reports")) == "reports/sub/a.md"
    assert str(writes("{{ inputs.name }}.md", {"name": "tides"})) == "outputs/tides.md"
    stamped = writes("{{ timestamp }}.md")
    assert stamped is not None
    assert len(stamped.stem) == len("20261121_061500")


@pytest.mark.parametrize("value", ["../../up", "/etc/x", "a/../../../b", "\0"])
def test_an_input_cannot_lead_out(tmp_path, monkeypatch, value):
    monkeypatch.chdir(tmp_path)
    error = failure(writes, "{{ inputs.name }}.md", {"name": value})
    assert "is no path below `outputs`" in error.message


def test_a_link_cannot_lead_out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "outputs").mkdir()
    (tmp_path / "outputs" / "link").symlink_to(tmp_path / "elsewhere")
    assert "it leads out of it" in failure(writes, "link/x.md").message
    folder = tmp_path / "outputs"
    error = failure(write_output, folder / "link" / "x.md", folder, "text")
    assert "leads out" in error.message
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_an_answer_is_written_as_one_and_replaces_what_was_there(tmp_path):
    folder = tmp_path / "outputs"
    path = folder / "deep" / "a.md"
    write_output(path, folder, "first")
    path.chmod(0o600)
    write_output(path, folder, "é\r\nsecond \ud800")
    assert path.read_bytes() == "é\r\nsecond ?".encode()
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["a.md"]


def test_a_link_as_the_file_itself_is_replaced_not_followed(tmp_path):
    folder = tmp_path / "outputs"
    folder.mkdir()
    victim = tmp_path / "victim"
    victim.write_text("kept")
    (folder / "a.md").symlink_to(victim)
    write_output(folder / "a.md", folder, "new")
    assert (victim.read_text(), (folder / "a.md").read_text()) == ("kept", "new")


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path):
    folder = tmp_path / "outputs"
    (folder / "a.md").mkdir(parents=True)
    assert "it is a folder" in failure(write_output, folder / "a.md", folder, "x").message
    (folder / "file").write_text("")
    assert failure(write_output, folder / "file" / "b.md", folder, "x").message.startswith(
        "the answer cannot"
    )
    assert sorted(one.name for one in folder.iterdir()) == ["a.md", "file"]
