"""`diff`: 0 when two runs are equal, 1 when they differ, 2 when the question is wrong."""

from __future__ import annotations

import json

import pytest

from helpers_cli import FLOWS, cli
from helpers_events import delta, done, lint
from helpers_library import log_of
from pipeline_runtime.cli import main
from pipeline_runtime.events import StepFinished
from pipeline_runtime.runlog.reader import RunLog

MS = 1_000_000


@pytest.fixture
def diff(capsys):
    """Runs `pipeline-tui diff ...` in this process: exit code, stdout, stderr."""

    def execute(*words):
        code = main(["diff", *map(str, words)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return execute


def finished(status="ok"):
    return StepFinished("r", "draft", None, 0, 0, status, 0, 1)


def test_the_same_answer_twice_is_equal(tmp_path):
    (tmp_path / "quick.yaml").write_text(FLOWS["quick"])
    for _ in range(2):
        assert cli("run", tmp_path / "quick.yaml").code == 0
    ran = cli("diff", "last", "last-1")
    assert (ran.code, ran.notes) == (0, "")
    assert ran.out.splitlines()[2:] == ["say: equal", "equal"]


def test_where_texts_part_is_shown_and_nothing_is_obeyed(diff):
    log_of("r-aaaa", delta("the cat sat\x1b[31m"))
    log_of("r-bbbb", delta("the cat "), delta("ran"))
    code, out, _ = diff("aaaa", "bbbb")
    assert code == 1
    assert out.splitlines() == [
        "a  r-aaaa",
        "b  r-bbbb",
        "draft: differs in text",
        "  text: text parts at character 8",
        "  text at character 8",
        "    a  the cat sat␛[31m",
        "    b  the cat ran",
        "different",
    ]


@pytest.mark.parametrize(
    ("first", "second", "words", "code"),
    [
        ([delta("a")], [delta("b")], ["--order"], 0),
        ([delta("a")], [delta("b")], ["--text"], 1),
        ([delta("a"), lint()], [delta("a")], ["--text"], 0),
        ([delta("a"), lint()], [delta("a")], ["--order"], 1),
        ([delta("a"), lint()], [delta("a")], ["--text", "--order"], 1),
        ([delta("a"), finished()], [delta("a"), finished("failed")], ["--text"], 1),
        ([delta("a"), delta(at=900 * MS)], [delta("a"), delta(at=500 * MS)], [], 0),
        ([delta("a"), delta(at=900 * MS)], [delta("a"), delta(at=500 * MS)], ["--timing", "20%"], 1),
        ([delta("a"), delta(at=900 * MS)], [delta("a"), delta(at=500 * MS)], ["--timing", "60"], 0),
        ([delta("a"), delta(at=900 * MS)], [delta("b"), delta(at=900 * MS)], ["--timing", "20%"], 0),
        ([delta("a", choice=1)], [delta("b", choice=1)], [], 1),
        ([delta("a", step="x")], [delta("a", step="y")], [], 1),
    ],
)
def test_what_is_compared(diff, first, second, words, code):
    log_of("r-aaaa", *first)
    log_of("r-bbbb", *second)
    assert diff("aaaa", "bbbb", *words)[0] == code
    assert diff("bbbb", "aaaa", *words)[0] == code
    assert diff("aaaa", "aaaa", *words)[0] == 0


def test_how_the_runs_ended_counts(diff):
    log_of("r-aaaa", delta("a"))
    log_of("r-bbbb", delta("a"), status="cut")
    code, out, _ = diff("aaaa", "bbbb", "--text")
    assert code == 1
    assert "the run: ok against without an end" in out


def test_other_choices_are_named(diff):
    log_of("r-aaaa", delta("same"), delta("one", choice=1))
    log_of("r-bbbb", delta("same"), delta("two", choice=1))
    assert "text of choice 1 parts at character 0" in diff("aaaa", "bbbb")[1]


def test_times_are_shown_side_by_side(diff):
    log_of("r-aaaa", delta(at=0), delta(at=900 * MS), done())
    log_of("r-bbbb", delta(at=0), delta(at=500 * MS), done())
    assert "gap max" not in diff("aaaa", "bbbb")[1]
    assert "TTFT" in diff("aaaa", "bbbb", "--timing", "20%")[1]


def test_as_json(diff):
    log_of("r-aaaa", delta("a"))
    log_of("r-bbbb", delta("b"))
    code, out, _ = diff("aaaa", "bbbb", "--json")
    told = json.loads(out)
    assert (code, told["equal"], told["a"], told["b"]) == (1, False, "r-aaaa", "r-bbbb")
    assert told["steps"][0]["texts"] == {"text": {"at": 0, "a": "a", "b": "b"}}
    assert json.loads(diff("aaaa", "aaaa", "--json")[1])["equal"] is True


def test_a_golden_file_may_be_anywhere(diff, tmp_path):
    golden = log_of("golden", delta("a"), folder=tmp_path)
    log_of("r-aaaa", delta("a"))
    assert diff("last", golden)[0] == 0


def test_a_damaged_log_is_said_to_be(diff):
    log_of("r-aaaa", delta("a"))
    log = log_of("r-bbbb", delta("a"), delta("b"))
    log.write_bytes(log.read_bytes()[:-400])
    code, _, err = diff("aaaa", "bbbb")
    assert code == 1
    assert "damaged, compared up to there: line" in err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["last", "none"], "there is no run 'none'"),
        (["last", "last-7"], "1 run recorded"),
        (["last"], "required: B"),
        (["last", "last", "--timing", "fast"], "--timing fast: no percentage"),
        (["last", "last", "--timing", "-5%"], "--timing"),
        (["last", "last", "--timing", "nan"], "--timing nan: no percentage"),
    ],
)
def test_a_wrong_question_is_neither_equal_nor_different(diff, words, told):
    log_of("r-aaaa", delta("a"))
    code, out, err = diff(*words)
    assert (code, out) == (2, "")
    assert told in err


def test_a_log_that_cannot_be_read_any_more_is_no_difference(diff, monkeypatch):
    log_of("r-aaaa", delta("a"))

    def fails(*_):
        raise OSError(5, "Input/output error")
        yield

    monkeypatch.setattr(RunLog, "lines", fails)
    code, _, err = diff("last", "last")
    assert code == 2
    assert "cannot be read any more: Input/output error" in err
