"""Sources on disk, by the command: found, told, written with a backup, whatever their encoding."""

from __future__ import annotations

import json

import pytest

from helpers_cli import cli
from helpers_code import CLASS, MATCH
from pipeline_runtime.migrate.audit import audit_paths, undo_audit, write_audit

LATIN = b"# -*- coding: latin-1 -*-\r\ndef go():\r\n    f('\xe9', async_stream=True)  # \xfc\r\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "handlers.py").write_text(CLASS)
    (tmp_path / "draft.ex").write_text("def f({:chunk, data}), do: data\n")
    (tmp_path / "plain.py").write_text("x = 1\n")
    (tmp_path / "broken.py").write_text("def on_chunk(:\n")
    for name in ("deps", "_build", "__pycache__", ".venv"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "theirs.py").write_text(CLASS)
    return tmp_path


def test_a_diff_findings_and_what_cannot_be_read(folder):
    ran = cli("migrate", ".", cwd=folder)
    assert ran.code == 0
    assert "+    def handle_event(self, event):\n" in ran.out
    assert (
        "error: draft.ex:1:7: {:chunk, data} -> {:delta, %{content: …}} (Elixir is not rewritten)\n"
        in ran.notes
    )
    assert "broken.py:1:14: not Python: " in ran.notes
    assert "4 files looked at, 1 to migrate (2 changes), 1 left for you to decide, 1 left alone" in ran.notes
    assert (folder / "handlers.py").read_text() == CLASS


def test_check_names_place_and_section_and_fails_until_all_is_done(folder):
    ran = cli("migrate", "--check", "handlers.py", cwd=folder)
    assert ran.code == 1
    assert ran.out.splitlines()[0] == (
        "handlers.py:14:9: Printer.on_chunk -> handle_event(event), which calls _on_delta"
    )
    (told,) = (json.loads(line) for line in cli("migrate", "--json", "draft.ex", cwd=folder).out.splitlines())
    assert told["findings"][0]["section"] == "2. Architectural Changes"
    assert cli("migrate", "--write", "handlers.py", cwd=folder).code == 0
    assert (folder / "handlers.py.bak").read_text() == CLASS
    assert cli("migrate", "--check", "handlers.py", cwd=folder).code == 0


def test_an_encoding_cookie_is_obeyed(tmp_path):
    path = tmp_path / "old.py"
    path.write_bytes(LATIN)
    written = write_audit(audit_paths([path])[0])
    assert written.status == "migrated"
    assert path.read_bytes() == LATIN.replace(b"async_stream", b"stream")
    assert written.backup is not None
    assert written.backup.read_bytes() == LATIN
    assert audit_paths([path])[0].status == "clean"
    assert undo_audit(written).status == "legacy"
    assert path.read_bytes() == LATIN


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (LATIN.replace(b"latin-1", b"ascii"), "the file is not ascii, as it says"),
        (LATIN.replace(b"latin-1", b"no-such"), "byte 45 (0xe9) is not UTF-8"),
    ],
)
def test_a_file_that_is_not_in_its_encoding_is_left_alone(tmp_path, data, says):
    path = tmp_path / "old.py"
    path.write_bytes(data)
    (audit,) = audit_paths([path])
    assert (audit.status, audit.changed) == ("unreadable", False)
    assert says in str(audit.problem)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_a_byte_order_mark_stay(tmp_path, end, mark):
    path = tmp_path / "flow.py"
    path.write_bytes((mark + MATCH.replace("\n", end)).encode())
    write_audit(audit_paths([path])[0])
    data = path.read_bytes().decode()
    assert data.startswith(f"{mark}from pipeline_runtime import Delta, Done{end}{end}{end}def handle")
    assert data.count("\n") == data.count(end) == MATCH.count("\n") + 3
