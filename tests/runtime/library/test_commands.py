"""`runs`, as a shell has it."""

from __future__ import annotations

import json
import re
import shlex

import msgspec
import pytest

from helpers_cli import COMMAND, FLOWS, Session, cli, on_terminal, shell
from helpers_events import delta, frame, lint
from helpers_library import DAY, log_of
from pipeline_runtime.cli import main
from pipeline_runtime.library import Library


@pytest.fixture
def runs(capsys):
    """Runs `pipeline-tui runs ...` in this process: exit code, stdout, stderr."""

    def execute(*words):
        code = main(["runs", *map(str, words)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return execute


@pytest.fixture
def three():
    return [
        log_of("20260103T0-draft-cccc", delta("tea for \x1b[31mtwo"), deltas=1_234, stalls=2),
        log_of("20260102T0-other-bbbb", workflow="Other \x1b]0;x\x07", status="failed", age=DAY),
        log_of("20260101T0-draft-aaaa", delta("tea"), status="cut", age=40 * DAY),
    ]


def test_an_empty_library_says_how_runs_come(runs):
    code, out, err = runs()
    assert (code, out) == (0, "")
    assert "no runs here" in err


def test_runs_are_listed_newest_first(runs, three):
    code, out, err = runs()
    head, *lines = out.splitlines()
    assert (code, err) == (0, "")
    assert head.split() == [
        "RUN",
        "STARTED",
        "STATUS",
        "TIME",
        "DELTAS",
        "DELIVERY",
        "STALLS",
        "SIZE",
        "WORKFLOW",
    ]
    assert [line.split()[0] for line in lines] == ["cccc", "bbbb", "aaaa"]
    assert [line.split()[3] for line in lines] == ["ok", "failed", "cut"]
    for fact in ("6.7 s", "1,234", "stream", " 2 ", "Draft"):
        assert fact in lines[0]
    assert "Other ␛]0;x␇" in lines[1]
    assert runs("list")[1] == out


def test_runs_with_the_same_end_have_their_whole_name(runs):
    log_of("20260101T0-a-aaaa")
    log_of("20260102T0-b-aaaa")
    assert [line.split()[0] for line in runs()[1].splitlines()[1:]] == [
        "20260102T0-b-aaaa",
        "20260101T0-a-aaaa",
    ]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--status", "failed"], "b"),
        (["--status", "failed", "--status", "cut"], "ba"),
        (["--workflow", "draft"], "ca"),
        (["--newer-than", "2d"], "cb"),
        (["--older-than", "2d"], "a"),
        (["--limit", "1"], "c"),
        (["list", "--limit", "2"], "cb"),
        (["--limit", "2", "list"], "cb"),
        (["--status", "ok", "list", "--workflow", "other"], ""),
    ],
)
def test_lists_are_filtered(runs, three, words, found):
    code, out, _ = runs(*words, "--json")
    assert code == 0
    assert "".join(json.loads(line)["run"][-1] for line in out.splitlines()) == found


def test_a_list_as_json(runs, three, repository):
    page = (repository / "docs" / "runs.md").read_text(encoding="utf-8")
    told = json.loads(runs("--json", "--limit", "1")[1])
    fields = re.search(r"prints an object a line: (.*?)\. Files", page, re.DOTALL)
    assert fields is not None
    assert re.findall(r"`(\w+)`", fields[1]) == list(told)
    assert told["log"] == str(three[0])
    assert (told["status"], told["deltas"], told["stalls"], told["deliveries"]) == ("ok", 1234, 2, ["stream"])
    assert told["size"] == three[0].stat().st_size


def test_files_that_are_left_out_are_counted(runs, three):
    three[0].write_bytes(b"rubbish")
    assert "1 file left out" in runs()[2]


def test_show_tells_all_and_nothing_is_obeyed(runs, tmp_path):
    (tmp_path / "overloaded.yaml").write_text(FLOWS["overloaded"])
    ran = cli("run", tmp_path / "overloaded.yaml", "--json")
    code, out, _ = runs("show", "last")
    assert (code, ran.code) == (0, 0)
    for fact in (
        "ok in",
        "claude/some-model",
        "attempt 1 (first",
        "status 529",
        "x-api-key: ***",
        "headers ",
        *(f" {name} " for name in ("gaps p50", "p90", "p95", "p99", "max")),
    ):
        assert fact in out
    log_of("9-esc", delta("red \x1b[31m\nline two"), workflow="\x1b]0;x")
    assert "\x1b" not in runs("show", "esc")[1]


def test_show_as_json(runs, three):
    told = json.loads(runs("show", "cccc", "--json")[1])
    assert (told["run"], told["torn"], told["finished"]["status"]) == ("20260103T0-draft-cccc", None, "ok")
    assert [step["step"] for step in told["steps"]] == ["draft"]


def test_a_damaged_log_is_shown_up_to_its_damage(runs, three):
    three[0].write_bytes(three[0].read_bytes()[:-9])
    code, out, _ = runs("show", "cccc")
    assert code == 0
    assert "without an end" in out
    assert "damaged  line 4" in out


def test_a_newer_log_is_refused_kindly(runs, tmp_path):
    newer = tmp_path / "newer.jsonl"
    newer.write_text('{"kind":"log","schema":99,"writer":"pipeline-tui 9"}\n')
    code, _, err = runs("show", newer)
    assert code == 2
    assert "newer version (pipeline-tui 9) (update pipeline-tui to read it)" in err


def test_search_finds_a_text(runs, three):
    code, out, err = runs("search", "TEA")
    assert (code, out) == (0, "")
    assert "nothing was found" in err
    code, out, _ = runs("search", "tea", "for")
    assert code == 0
    assert "[tea for] ␛[31mtwo" in out
    hits = [json.loads(line) for line in runs("search", "tea", "--json")[1].splitlines()]
    assert [(hit["run"][-1], hit["seq"], hit["where"], hit["match"]) for hit in hits] == [
        ("c", 0, "text", "tea"),
        ("a", 0, "text", "tea"),
    ]


def test_search_shows_a_few_hits_of_a_run(runs):
    log_of("r-aaaa", *(delta("tea ", seq=number) for number in range(9)))
    out = runs("search", "tea", "--hits", "2")[1]
    assert out.count("[tea]") == 2
    assert "and 7 more" in out


@pytest.mark.parametrize("text", ['"', "a OR (", "*", "type:", "-x", "--json", "%s", "\\"])
def test_no_text_is_a_wrong_query(runs, text):
    log_of("r-aaaa", delta(f"<{text}>"))
    code, out, _ = runs("search", "--", text)
    assert code == 0
    assert f"<[{text}]>" in out


def test_search_by_expression(runs):
    log_of("r-aaaa", delta("tea"), lint())
    code, out, _ = runs("search", "--expr", "type:lint")
    assert code == 0
    assert "lint: [split_utf8" in out


def test_a_wrong_expression_is_pointed_at(runs):
    code, out, err = runs("search", "--expr", "type:dleta")
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "type:dleta",
        "     ^",
        "pipeline-tui: column 6: there is no dleta (did you mean delta?)",
    ]


@pytest.mark.parametrize("words", [["search"], ["search", "tea", "--expr", "type:lint"]])
def test_search_takes_one_thing(runs, words):
    code, _, err = runs(*words)
    assert code == 2
    assert "search takes a text, or --expr" in err


@pytest.mark.parametrize("form", ["log", "jsonl", "har", "curl", "md", "raw"])
def test_exports_to_files_and_pipes_are_the_same(form, tmp_path):
    (tmp_path / "quick.yaml").write_text(FLOWS["quick"])
    assert cli("run", tmp_path / "quick.yaml").code == 0
    piped = cli("runs", "export", "last", "--as", form)
    filed = cli("runs", "export", "last", "--as", form, "-o", tmp_path / "out")
    assert (piped.code, filed.code, filed.out) == (0, 0, "")
    assert piped.out
    assert (tmp_path / "out").read_bytes() == piped.out.encode()
    assert f"{tmp_path / 'out'}: " in filed.notes
    assert sorted(one.name for one in tmp_path.iterdir()) == ["out", "quick.yaml", "state"]


def test_an_exported_log_is_a_run_of_its_own(runs, three, tmp_path):
    runs("export", "cccc", "--as", "log", "-o", tmp_path / "kept.jsonl")
    assert "20260103T0-draft-cccc" in runs("show", tmp_path / "kept.jsonl")[1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["export", "last", "--as", "pdf"], "invalid choice: 'pdf'"),
        (["export", "last"], "required: --as"),
        (["export", "none", "--as", "md"], "there is no run 'none'"),
        (["export", "last", "--as", "raw"], "the run sent no request"),
        (["show", "last-9"], "3 runs recorded"),
        (["delete", "20260"], "3 runs begin with"),
        (["restore"], "the trash is empty"),
        (["prune", "--older-than", "soon"], "'soon' is no age"),
        (["prune", "--larger-than", "much"], "'much' is no size"),
        (["prune", "--keep", "-1"], "'-1' is no number"),
        (["--limit", "x"], "'x' is no number"),
        (["shwo"], "invalid choice: 'shwo'"),
        (["list", "--statsu", "ok"], "--statsu is not known here"),
    ],
)
def test_mistakes_are_told_in_a_line(runs, three, words, told):
    code, out, err = runs(*words)
    assert (code, out) == (2, "")
    assert told in err
    assert len(err.splitlines()) == 1


def test_a_log_is_not_exported_over_itself(runs, three):
    before = three[0].read_bytes()
    code, _, err = runs("export", "cccc", "--as", "md", "-o", three[0])
    assert code == 2
    assert "is the run log itself" in err
    assert three[0].read_bytes() == before


@pytest.mark.parametrize(("target", "told"), [("none/out", "there is no folder"), (".", "is a folder")])
def test_where_no_file_can_be_is_said(runs, three, tmp_path, target, told):
    code, _, err = runs("export", "cccc", "--as", "md", "-o", tmp_path / target)
    assert code == 2
    assert told in err


def test_an_export_that_fails_leaves_the_old_file(runs, three, tmp_path):
    target = tmp_path / "out"
    target.write_text("precious")
    code, _, _ = runs("export", "cccc", "--as", "raw", "-o", target)
    assert code == 2
    assert [
        (one.name, one.is_file() and one.read_text()) for one in tmp_path.iterdir() if one.name != "state"
    ] == [("out", "precious")]


def test_raw_bytes_never_reach_a_terminal(three):
    code, screen = on_terminal("runs", "export", "last", "--as", "raw")
    assert code == 2
    assert "would write to your terminal" in screen


@pytest.mark.parametrize("form", ["jsonl", "md", "log", "har"])
def test_on_a_terminal_nothing_is_obeyed(form):
    log_of("r-aaaa", frame(data="\x9b31m"), delta("red \x9b31m \x7f"))
    code, screen = on_terminal("runs", "export", "last", "--as", form)
    assert code == 0
    assert "\x9b" not in screen
    assert "\x7f" not in screen


def test_delete_and_restore(runs, three):
    code, _, err = runs("delete", "cccc", "last-1")
    assert code == 0
    assert "runs restore 20260103T0-draft-cccc brings it back" in err
    assert [run.run[-4:] for run in Library().runs()] == ["aaaa"]
    assert "is back" in runs("restore", "bbbb")[2]
    assert "20260103T0-draft-cccc is back" in runs("restore")[2]
    assert len(Library().runs()) == 3


def test_several_are_restored_at_once(runs, three):
    runs("delete", "aaaa", "cccc")
    assert not three[0].exists()
    code, _, err = runs("restore", "aaaa", "cccc")
    assert (code, err.count(" is back")) == (0, 2)
    assert all(log.exists() for log in three)


def test_several_are_exported_to_a_folder(runs, three, tmp_path):
    code, out, _ = runs("export", "aaaa", "cccc", "aaaa", "--as", "har", "-o", tmp_path)
    assert (code, out) == (0, "")
    assert {path.stem[-4:] for path in tmp_path.glob("*.har")} == {"aaaa", "cccc"}
    for target in ([], ["-o", tmp_path / "none"]):
        code, _, err = runs("export", "aaaa", "cccc", "--as", "md", *target)
        assert code == 2
        assert "2 runs need a folder (give one that is there: -o FOLDER)" in err


def test_prune_to_the_trash_can_be_undone(runs, three):
    assert "1 run would be moved to the trash" in runs("prune", "--keep", "2", "--to-trash", "--dry-run")[2]
    _, out, err = runs("prune", "--keep", "2", "--to-trash")
    assert "aaaa" in out
    assert err.startswith("1 run moved to the trash: ")
    assert sum(log.exists() for log in three) == 2
    runs("restore")
    assert all(log.exists() for log in three)


def test_prune_tells_before_it_does(runs, three):
    runs("delete", "bbbb")
    code, out, err = runs("prune", "--older-than", "30d", "--dry-run")
    assert (code, len(Library().runs())) == (0, 2)
    assert out.splitlines()[1].startswith("aaaa")
    assert err.startswith("1 run and the 1 in the trash would be removed: ")
    gone = json.loads(runs("prune", "--older-than", "30d", "--json")[1])
    assert gone["run"] == "20260101T0-draft-aaaa"
    assert [run.run[-4:] for run in Library().runs()] == ["cccc"]
    assert Library().trashed() == []
    assert runs("prune")[2] == "0 runs removed: 0 B\n"


def test_size(runs, three):
    runs("delete", "bbbb")
    code, out, _ = runs("size")
    assert code == 0
    assert "2 run logs" in out
    assert "1 run in the trash" in out
    told = json.loads(runs("size", "--json")[1])
    assert (
        told["total"]
        == told["logs"] + told["trash"]
        == sum(one.stat().st_size for one in Library().folder.parent.rglob("*.jsonl"))
    )


def test_a_running_run_is_not_deleted(tmp_path):
    (tmp_path / "endless.yaml").write_text(FLOWS["endless"])
    with Session("run", tmp_path / "endless.yaml") as session:
        session.read_until("more")
        assert [run.status for run in Library().runs()] == ["running"]
        ran = cli("runs", "delete", "last")
        assert ran.code == 2
        assert "is still running" in ran.notes
        assert cli("runs", "prune", "--keep", "0").code == 0
    [run] = Library().runs()
    assert run.status == "cut"
    assert cli("runs", "delete", "last").code == 0


def test_a_reader_that_goes_away_is_no_error(three):
    for number in range(400):
        log_of(f"20250101T{number:03}-a-{number:04}", workflow="long name " * 30)
    ran = shell(
        f'set -o pipefail; {shlex.join(COMMAND)} runs | head -1 >/dev/null; echo "${{PIPESTATUS[0]}}"'
    )
    assert ran.notes == ""
    assert ran.out.strip() in {"0", "141"}


def test_the_jsonl_of_a_run_is_what_run_printed(tmp_path):
    (tmp_path / "quick.yaml").write_text(FLOWS["quick"])
    printed = cli("run", tmp_path / "quick.yaml", "--json")
    assert cli("runs", "export", "last", "--as", "jsonl").events == printed.events
    assert msgspec.json.decode(printed.out.splitlines()[-1])["steps"][0]["deltas"] > 0
