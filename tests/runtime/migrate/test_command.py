"""`pipeline-tui migrate`, as a user types it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from helpers_cli import cli

LEGACY = "steps:\n- id: a\n  async_stream: true\n  async_handler: MyApp.Streams\n  stream_buffer_size: 3\n"
DONE = "steps:\n- id: a\n  stream: true\n  async_handler: MyApp.Streams\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "legacy.yaml").write_text(LEGACY)
    (tmp_path / "today.yaml").write_text("steps: [{id: a, stream: true}]\n")
    return tmp_path


def test_a_diff_and_a_summary_and_nothing_written(folder):
    ran = cli("migrate", ".", cwd=folder)
    assert ran.code == 0
    assert ran.out == (
        "--- legacy.yaml\n+++ legacy.yaml\n@@ -1,5 +1,4 @@\n steps:\n - id: a\n-  async_stream: true\n+  stream: true\n"
        "   async_handler: MyApp.Streams\n-  stream_buffer_size: 3\n"
    )
    assert (
        "error: legacy.yaml:4:3: async_handler: MyApp.Streams (nobody can say which handler it is"
        in ran.notes
    )
    assert "note: legacy.yaml:5:3: stream_buffer_size: 3 -> removed (it held whole messages back" in ran.notes
    assert ran.notes.endswith(
        "2 files looked at, 1 to migrate (2 changes), 1 left for you to decide; --write writes them\n"
    )
    assert (folder / "legacy.yaml").read_text() == LEGACY


def test_check_tells_each_finding_and_fails_until_nothing_is_left(folder):
    ran = cli("migrate", "--check", "legacy.yaml", cwd=folder)
    assert ran.code == 1
    assert [line.partition(" (")[0] for line in ran.out.splitlines()] == [
        "legacy.yaml:3:3: async_stream: true -> stream: true",
        "legacy.yaml:4:3: async_handler: MyApp.Streams",
        "legacy.yaml:5:3: stream_buffer_size: 3 -> removed",
    ]
    assert cli("migrate", "--check", "today.yaml", cwd=folder).code == 0
    cli("migrate", "--write", ".", cwd=folder)
    assert cli("migrate", "--check", ".", cwd=folder).code == 1
    (folder / "legacy.yaml").write_text(
        DONE.replace("async_handler: MyApp.Streams", "stream_handler: console")
    )
    assert cli("migrate", "--check", ".", cwd=folder).code == 0


def test_write_keeps_a_backup_and_says_so(folder):
    ran = cli("migrate", "--write", folder)
    assert ran.code == 0
    path = folder / "legacy.yaml"
    assert ran.out == f"{path}: migrated; what it was is in {path}.bak\n"
    assert path.read_text() == DONE
    assert Path(f"{path}.bak").read_text() == LEGACY
    again = cli("migrate", "--write", folder)
    assert (again.code, again.out) == (0, "")
    assert sorted(one.name for one in folder.iterdir() if one.is_file()) == [
        "legacy.yaml", "legacy.yaml.bak", "today.yaml",
    ]  # fmt: skip


@pytest.mark.skipif(shutil.which("patch") is None, reason="needs the program `patch`")
@pytest.mark.parametrize("text", [LEGACY, LEGACY.replace("\n", "\r\n"), LEGACY.removesuffix("\n")])
def test_a_diff_can_be_applied_by_patch(folder, text):
    path = folder / "legacy.yaml"
    path.write_bytes(text.encode())
    diff = cli("migrate", "legacy.yaml", cwd=folder).out.encode()
    subprocess.run(["patch", "-p0", "--binary"], input=diff, cwd=folder, check=True, capture_output=True)
    patched = path.read_bytes()
    path.write_bytes(text.encode())
    cli("migrate", "--write", path)
    assert patched == path.read_bytes()
    assert b"  stream: true" in patched


def test_json_tells_all_of_it(folder):
    ran = cli("migrate", "--json", folder)
    (one,) = map(json.loads, ran.out.splitlines())
    assert (one["path"], one["status"], one["backup"], one["problem"]) == (
        str(folder / "legacy.yaml"), "legacy", None, None,
    )  # fmt: skip
    assert one["diff"].startswith("--- ")
    assert one["findings"][0] == {
        "path": str(folder / "legacy.yaml"), "line": 3, "column": 3, "what": "async_stream: true",
        "becomes": "stream: true", "section": "2. Architectural Changes", "severity": "warning", "fixable": True,
        "why": "",
    }  # fmt: skip
    written = json.loads(cli("migrate", "--json", "--write", folder).out)
    assert (written["status"], written["backup"]) == ("migrated", str(folder / "legacy.yaml.bak"))


def test_what_cannot_be_read_or_written_is_told_without_a_traceback(folder):
    (folder / "bad.yaml").write_text("steps:\n- async_stream: [\n")
    (folder / "legacy.yaml").chmod(0o444)
    ran = cli("migrate", "--write", ".", cwd=folder)
    assert ran.code == 1
    assert "bad.yaml:" in ran.notes
    assert "this is not YAML" in ran.notes
    assert "legacy.yaml: the file is read-only (make it writable: chmod u+w)" in ran.notes
    assert "Traceback" not in ran.notes
    assert cli("migrate", "--check", "bad.yaml", cwd=folder).code == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nowhere.yaml"], "no such file or folder"),
        (["*.none"], "no file matches this"),
        (["--write", "--check", "."], "not allowed with"),
        ([], "PATH"),
    ],
)
def test_usage_errors_are_one_line(folder, words, says):
    ran = cli("migrate", *words, cwd=folder)
    assert ran.code == 2
    assert says in ran.notes
    assert ran.notes.count("\n") == 1


def test_a_files_escapes_do_not_reach_the_terminal(folder):
    (folder / "legacy.yaml").write_text('steps:\n- id: "\\e[31m"\n  async_stream: "no \u009b31m"\n')
    ran = cli("migrate", "legacy.yaml", cwd=folder)
    assert "\u009b" not in ran.notes
