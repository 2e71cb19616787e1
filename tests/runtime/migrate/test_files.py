"""Files on disk: found once, written whole or not at all, and never lost."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from pipeline_runtime.errors import PipelineError
from pipeline_runtime.migrate.audit import audit_paths, undo_audit, write_audit

LEGACY = b"steps:\r\n- id: a # first\r\n  async_stream: true\r\n  prompt: \xc3\xa9\r\n"
TODAY = LEGACY.replace(b"async_stream", b"stream")


@pytest.fixture
def flow(tmp_path: Path) -> Path:
    path = tmp_path / "flow.yaml"
    path.write_bytes(LEGACY)
    return path


def names(paths: list[str | Path]) -> list[str]:
    return [audit.path.name for audit in audit_paths(paths)]


def test_nothing_is_written_unless_asked(flow):
    (audit,) = audit_paths([flow])
    assert (audit.status, audit.changed) == ("legacy", True)
    assert flow.read_bytes() == LEGACY
    assert [one.name for one in flow.parent.iterdir()] == ["flow.yaml"]
    assert audit.diff() == (
        f"--- {flow}\n+++ {flow}\n@@ -1,4 +1,4 @@\n steps:\r\n - id: a # first\r\n"
        "-  async_stream: true\r\n+  stream: true\r\n   prompt: é\r\n"
    )


def test_a_diff_tells_of_a_missing_final_line_break(flow):
    flow.write_bytes(b"steps:\n- id: a\n  async_stream: true")
    (audit,) = audit_paths([flow])
    no_break = "\n\\ No newline at end of file\n"
    assert audit.diff().endswith(f"-  async_stream: true{no_break}+  stream: true{no_break}")


def test_written_with_a_backup_and_the_same_mode(flow):
    flow.chmod(0o640)
    written = write_audit(audit_paths([flow])[0])
    assert written.status == "migrated"
    assert flow.read_bytes() == TODAY
    assert written.backup == flow.with_name("flow.yaml.bak")
    assert written.backup.read_bytes() == LEGACY
    assert stat.S_IMODE(flow.stat().st_mode) == stat.S_IMODE(written.backup.stat().st_mode) == 0o640
    (again,) = audit_paths([flow])
    assert (again.status, write_audit(again)) == ("clean", again)
    assert sorted(one.name for one in flow.parent.iterdir()) == ["flow.yaml", "flow.yaml.bak"]


def test_a_backup_is_never_overwritten(flow):
    for name in ("flow.yaml.bak", "flow.yaml.bak.1"):
        flow.with_name(name).write_text("mine")
    written = write_audit(audit_paths([flow])[0])
    assert written.backup == flow.with_name("flow.yaml.bak.2")
    assert flow.with_name("flow.yaml.bak").read_text() == "mine"


def test_undo_brings_back_every_byte(flow):
    written = write_audit(audit_paths([flow])[0])
    undone = undo_audit(written)
    assert flow.read_bytes() == LEGACY
    assert [one.name for one in flow.parent.iterdir()] == ["flow.yaml"]
    with pytest.raises(PipelineError, match="was not written"):
        undo_audit(undone)


def test_undo_does_not_lose_later_work(flow):
    written = write_audit(audit_paths([flow])[0])
    flow.write_bytes(TODAY + b"# later\n")
    with pytest.raises(PipelineError, match="has changed since it was written"):
        undo_audit(written)
    assert flow.read_bytes() == TODAY + b"# later\n"


@pytest.mark.parametrize("broken", ["replace", "fsync", "write"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_crash_half_way_loses_nothing(flow, monkeypatch, broken, error):
    def fail(*_arguments: object) -> None:
        raise error

    audit = audit_paths([flow])[0]
    with monkeypatch.context() as patch:
        patch.setattr(Path if broken == "replace" else os, broken, fail)
        if isinstance(error, OSError):
            failed = write_audit(audit)
            assert failed.status == "failed"
            assert "No space left on device" in str(failed.problem)
        else:
            with pytest.raises(KeyboardInterrupt):
                write_audit(audit)
    assert flow.read_bytes() == LEGACY
    assert not [one for one in flow.parent.iterdir() if one.name.endswith(".tmp")]
    assert write_audit(audit_paths([flow])[0]).status == "migrated"
    assert flow.read_bytes() == TODAY


def test_a_read_only_file_is_told_and_left(flow):
    flow.chmod(0o444)
    failed = write_audit(audit_paths([flow])[0])
    assert failed.status == "failed"
    assert failed.problem is not None
    assert (str(failed.problem), failed.problem.cure) == (
        f"{flow}: the file is read-only", "make it writable: chmod u+w",
    )  # fmt: skip
    assert flow.read_bytes() == LEGACY
    assert [one.name for one in flow.parent.iterdir()] == ["flow.yaml"]


def test_a_file_that_changed_meanwhile_is_left(flow):
    audit = audit_paths([flow])[0]
    flow.write_bytes(b"steps: []\n")
    assert "has changed since it was read" in str(write_audit(audit).problem)
    assert flow.read_bytes() == b"steps: []\n"


def test_a_link_stays_a_link(flow, tmp_path):
    link = tmp_path / "link.yaml"
    link.symlink_to("flow.yaml")
    (audit,) = audit_paths([link])
    assert write_audit(audit).status == "migrated"
    assert link.is_symlink()
    assert flow.read_bytes() == TODAY


def test_a_file_is_looked_at_once(flow, tmp_path):
    (tmp_path / "link.yaml").symlink_to("flow.yaml")
    assert names([tmp_path, flow, tmp_path / "*.yaml"]) == ["flow.yaml"]


def test_a_link_out_of_a_folder_is_told(flow, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link.yaml").symlink_to(flow)
    (folder / "broken.yaml").symlink_to("nowhere.yaml")
    (folder / "loop").symlink_to(folder)
    (audit,) = audit_paths([folder])
    assert (audit.status, audit.changed) == ("unreadable", False)
    assert "leads out of the folder" in str(audit.problem)


def test_folders_are_searched_to_the_bottom(tmp_path):
    for name in (
        "b.yml",
        "a.yaml",
        "x/y/z/1/2/3/deep.yaml",
        ".git/no.yaml",
        "node_modules/no.yaml",
        "no.txt",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(LEGACY)
    assert names([tmp_path]) == ["a.yaml", "b.yml", "deep.yaml"]
    assert names([f"{tmp_path}/**/*.yaml"]) == ["a.yaml", "deep.yaml"]
    assert names([f"{tmp_path}/[an]*"]) == ["a.yaml"]


def test_what_is_no_workflow_is_left(tmp_path):
    (tmp_path / "service.yaml").write_bytes(b"service: {async_stream: true}\n")
    (tmp_path / "helm.yaml").write_bytes(b"a: {{ .Values.x }}\n")
    (tmp_path / "empty.yaml").write_bytes(b"")
    assert {audit.status for audit in audit_paths([tmp_path])} == {"clean"}


@pytest.mark.parametrize(
    ("data", "line", "says"),
    [
        (b"steps:\n- async_stream: [\n", 3, "this is not YAML"),
        (b"steps:\n- id: \xff\n  async_stream: true\n", 2, "is not UTF-8"),
        ("steps:\n- async_stream: true\n".encode("utf-16"), 1, "UTF-16"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(tmp_path, data, line, says):
    (tmp_path / "bad.yaml").write_bytes(data)
    (tmp_path / "good.yaml").write_bytes(LEGACY)
    bad, good = audit_paths([tmp_path])
    assert bad.status == "unreadable"
    assert says in str(bad.problem)
    assert bad.problem.line <= line  # type: ignore[union-attr]
    assert str(bad.problem).startswith(str(tmp_path / "bad.yaml"))
    assert good.status == "legacy"
    assert write_audit(bad) is bad
    assert (tmp_path / "bad.yaml").read_bytes() == data


@pytest.mark.parametrize("data", [b"steps: [{{ .Values.x }}\n", b"name: \xff\n"])
def test_what_cannot_be_read_and_is_not_legacy_does_not_count(tmp_path, data):
    path = tmp_path / "chart.yaml"
    path.write_bytes(data)
    assert [(audit.status, audit.problem is None) for audit in audit_paths([tmp_path])] == [("clean", False)]
    assert [audit.status for audit in audit_paths([path])] == ["unreadable"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_the_owner_stays(flow):
    os.chown(flow, 12345, 54321)
    written = write_audit(audit_paths([flow])[0])
    assert written.backup is not None
    for path in (flow, written.backup):
        assert (path.stat().st_uid, path.stat().st_gid) == (12345, 54321)


@pytest.mark.parametrize("path", ["nowhere", "nothing-*.yaml"])
def test_a_path_that_names_nothing_is_an_error(tmp_path, path):
    with pytest.raises(PipelineError, match="no "):
        audit_paths([tmp_path / path])


def test_a_file_of_another_kind_is_an_error(tmp_path):
    (tmp_path / "notes.txt").write_text("async_stream")
    with pytest.raises(PipelineError, match="knows no such file"):
        audit_paths([tmp_path / "notes.txt"])
