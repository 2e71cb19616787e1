"""Steps that read files, write their answers and are left out, in real runs; and old workflows to their end."""

from __future__ import annotations

import pytest

from helpers_core import events_of, mocked, of, only, steps_of, text_of
from pipeline_runtime import Error, RunFinished, RunStarted, StepFinished, StepStarted
from pipeline_runtime.engine.run import Run
from pipeline_runtime.engine.setting import Setting
from pipeline_runtime.workflow import load_workflow

OLD = """\
workflow:
  name: weekly
  defaults: {output_dir: reports}
  steps:
    - name: facts
      type: gemini
      prompt:
        - type: file
          path: notes.md
        - type: static
          content: Name a fact, {as} {{ reader }} likes it.
    - {name: shape, type: data_transform}
    - name: shaped
      type: claude
      prompt: [{type: previous_response, step: shape}]
    - name: report
      type: claude
      stream: true
      claude_options: {max_turns: 3}
      prompt:
        - {type: previous_response, step: facts, extract: "items[0].name"}
      scenario: {reply: "Report on: {{ prompt }}"}
      output_to_file: "{{ name }}/report.md"
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def run_of(path, simulator, **inputs):
    workflow = load_workflow(path)
    setting = Setting.of(workflow, mode="mock", simulator=simulator, console=None)
    return Run(workflow, inputs, setting)


@pytest.mark.streaming
async def test_an_old_workflow_runs_to_its_end(here, tmp_path, simulator):
    (tmp_path / "old.yaml").write_text(OLD)
    (tmp_path / "notes.md").write_text("NOTES")
    run = run_of(tmp_path / "old.yaml", simulator, reader="Ada", name="w1")
    events = await events_of(run)
    assert steps_of(events) == {"facts": "ok", "shape": "skipped", "shaped": "skipped", "report": "ok"}
    started = {event.step: event for event in of(events, StepStarted)}
    assert started["facts"].prompt == "NOTES\nName a fact, {as} Ada likes it."
    assert (started["facts"].provider, started["facts"].model) == ("gemini", "gemini-2.5-flash")
    assert started["report"].prompt == "simulated"
    assert text_of(events, "report") == "Report on: simulated"
    assert (here / "reports" / "w1" / "report.md").read_text() == "Report on: simulated"
    ended = {event.step: event for event in of(events, StepFinished)}
    assert ended["report"].saved == "reports/w1/report.md"
    assert ended["facts"].saved is None
    assert ended["shape"].reason == "not supported yet: the type `data_transform`"
    assert ended["shaped"].reason == "needs shape, which did not succeed"
    assert only(events, RunFinished).status == "ok"


@pytest.mark.streaming
async def test_a_run_begins_with_what_its_file_does_not_mean_here(here, tmp_path, simulator):
    (tmp_path / "old.yaml").write_text(OLD)
    events = await events_of(run_of(tmp_path / "old.yaml", simulator, reader="Ada", name="w1"))
    notices = only(events, RunStarted).notices
    assert notices[0].startswith("line 12: step `shape` is not supported yet")
    assert any("line 19: `claude_options.max_turns` is ignored" in notice for notice in notices)
    error = of(events, Error)[0]
    assert (error.step, error.type) == ("facts", "step_failed")
    assert "the file `notes.md` cannot be read: No such file or directory" in error.message
    assert set(steps_of(events).values()) == {"failed", "skipped"}


FLOW = """\
steps:
  - id: a
    prompt: p
    scenario: {reply: Answer.}
    output_to_file: a.md
  - {id: b, prompt: p, scenario: {reply: B.}}
"""


@pytest.mark.streaming
async def test_an_answer_that_cannot_be_written_fails_its_step_and_is_kept(here, simulator):
    (here / "outputs").write_text("in the way")
    events = await events_of(mocked(FLOW, simulator))
    assert steps_of(events) == {"a": "failed", "b": "skipped"}
    error = only(events, Error)
    assert error.message.startswith("the answer cannot be written to outputs/a.md: ")
    assert error.cure
    assert text_of(events, "a") == "Answer."
    (finished, _) = of(events, StepFinished)
    assert (finished.attempts, finished.delivery, finished.saved) == (1, "stream", None)
    assert finished.reason == error.message


@pytest.mark.streaming
async def test_a_path_that_leads_out_is_refused_before_anything_is_asked(here, simulator):
    (here / "elsewhere").mkdir()
    (here / "outputs").symlink_to(here)
    (here / "link").symlink_to("/")
    events = await events_of(mocked(FLOW.replace("a.md", "link/a.md"), simulator))
    assert "it leads out of it" in only(events, Error).message
    assert only(events, StepStarted).prompt == ""


@pytest.mark.streaming
async def test_a_failed_step_writes_nothing(here, simulator):
    text = FLOW.replace("reply: Answer.", "reply: Answer., faults: ['disconnect@2']").replace(
        "prompt: p\n", "prompt: p\n    retry: {attempts: 1}\n"
    )
    assert steps_of(await events_of(mocked(text, simulator)))["a"] == "failed"
    assert list(here.iterdir()) == []


@pytest.mark.streaming
async def test_a_step_with_skip_and_those_that_wait_for_it_are_left_out(simulator):
    text = """\
    steps:
      - {id: a, prompt: p, needs: [], skip: not today}
      - {id: b, prompt: p}
      - {id: c, prompt: p, needs: [], scenario: {reply: C.}}
    """
    events = await events_of(mocked("\n".join(line[4:] for line in text.splitlines()), simulator))
    assert steps_of(events) == {"a": "skipped", "b": "skipped", "c": "ok"}
    assert events[-1].status == "ok"
    assert {event.step: event.reason for event in of(events, StepFinished)}["a"] == "not today"


async def test_a_run_that_only_skips_is_no_success(simulator):
    events = await events_of(mocked("steps: [{id: a, prompt: p, skip: not today}]", simulator))
    assert events[-1].status == "skipped"


async def test_skipped_steps_ask_for_no_key(tmp_path):
    (tmp_path / "old.yaml").write_text(
        "workflow:\n  steps:\n    - {name: a, type: gemini_instructor}\n    - {name: b, type: claude, prompt: p}\n"
    )
    workflow = load_workflow(tmp_path / "old.yaml")
    assert Setting.of(workflow, environ={"ANTHROPIC_API_KEY": "k"}).mode == "live"
    assert "ANTHROPIC_API_KEY" in (Setting.of(workflow, environ={}).note or "")


@pytest.mark.streaming
async def test_an_error_in_a_prompt_that_shows_when_it_runs_names_its_line(tmp_path, simulator):
    path = tmp_path / "flow.yaml"
    path.write_text(
        "steps:\n  - id: a\n    provider: claude\n    model: m\n    prompt: |\n      one\n      {{ 1 / 0 }}\n"
    )
    workflow = load_workflow(path)
    events = await events_of(Run(workflow, {}, Setting.of(workflow, mode="mock", simulator=simulator)))
    error = only(events, Error)
    assert "ZeroDivisionError" in error.message
    assert f"{path}:7" in error.message
