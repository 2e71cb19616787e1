"""Reading, writing and restoring files so that nothing is lost, whatever happens half-way."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import tempfile
import tokenize
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_runtime.errors import PipelineError, WorkflowError
from pipeline_runtime.workflow.limits import MAX_BYTES
from pipeline_runtime.workflow.loader import read_text

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_BACKUPS = 1000
_WRITE_BITS = 0o222
_PYTHON = ".py"


def read_exactly(path: Path) -> str:
    """The text of a file, a byte order mark and line ends included.

    Raises:
        WorkflowError: it is missing, unreadable, too large, or not UTF-8; or it is Python, and not in the
            encoding that it says.
    """
    encoding = _cookie(path)
    if encoding is not None:
        return _read_as(path, encoding)
    read_text(path)  # tells what is wrong, with line and cure
    return path.read_bytes().decode("utf-8")


def read_roughly(path: Path) -> str:
    """A file that is no text, as if it were one: enough to look for words in. Empty if it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES).replace(b"\0", b"").decode("latin-1")
    except OSError:
        return ""


def write_safely(path: Path, before: str, after: str) -> Path:
    """Write a text over another one, and keep that one beside it. A link's target is written, the link stays.

    The new text is written beside the file and moved into its place when it is on the disk: at any time
    there is the whole old file or the whole new one. Mode and owner are kept.

    Returns:
        The backup: `FILE.bak`, or the next free `FILE.bak.N`.

    Raises:
        PipelineError: the file is read-only, or is not `before` any more.
        OSError: it cannot be written.
    """
    real = Path(os.path.realpath(path))
    found = real.stat()
    if not found.st_mode & _WRITE_BITS or not os.access(real, os.W_OK):
        raise PipelineError(f"{path}: the file is read-only", cure="make it writable: chmod u+w")
    if real.read_bytes() != _encoded(real, before):
        raise PipelineError(f"{path}: the file has changed since it was read", cure="run it again")
    written = _encoded(real, after)
    backup = _back_up(real, _encoded(real, before), found)
    _replace(real, written, found)
    return backup


def restore(path: Path, backup: Path, before: str, after: str) -> None:
    """Undo `write_safely`: the file is as it was, and the backup goes.

    Raises:
        PipelineError: the file, or its backup, is not what was written.
        OSError: it cannot be written.
    """
    real = Path(os.path.realpath(path))
    old = _encoded(real, before)
    if real.read_bytes() != _encoded(real, after) or backup.read_bytes() != old:
        raise PipelineError(f"{path}: the file has changed since it was written", cure=f"see {backup}")
    _replace(real, old, real.stat())
    backup.unlink()


def _cookie(path: Path) -> str | None:
    """The encoding that a Python source says that it has; `None` if it says UTF-8, nothing, or nonsense."""
    if path.suffix.lower() != _PYTHON:
        return None
    try:
        with path.open("rb") as file:
            return _told_encoding(file.readline)
    except OSError:  # `read_text` tells what is wrong
        return None


def _told_encoding(readline: Callable[[], bytes]) -> str | None:
    try:
        found, _ = tokenize.detect_encoding(readline)
    except SyntaxError:
        return None
    return None if found in ("utf-8", "utf-8-sig") else found


def _read_as(path: Path, encoding: str) -> str:
    data = path.read_bytes()
    text = data.decode(encoding, "replace")
    if text.encode(encoding, "replace") != data:
        raise WorkflowError(
            f"the file is not {encoding}, as it says", path=str(path), line=1, cure="save it as UTF-8"
        )
    return text


def _encoded(path: Path, text: str) -> bytes:
    """A text as the bytes of its file."""
    data = text.encode()
    told = _told_encoding(io.BytesIO(data).readline) if path.suffix.lower() == _PYTHON else None
    return text.encode(told) if told is not None else data


def _back_up(real: Path, before: bytes, found: os.stat_result) -> Path:
    """Keep the old text under a name that nobody has: a backup is never overwritten."""
    for number in range(MOST_BACKUPS):
        backup = real.with_name(f"{real.name}.bak" + (f".{number}" if number else ""))
        try:
            with backup.open("xb") as file:
                _write_through(file.fileno(), before, found)
        except FileExistsError:
            continue
        return backup
    raise PipelineError(f"{real}: there are {MOST_BACKUPS} backups", cure="remove old ones")


def _replace(real: Path, data: bytes, found: os.stat_result) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{real.name}.", suffix=".tmp", dir=real.parent)
    try:
        try:
            _write_through(handle, data, found)
        finally:
            os.close(handle)
        Path(name).replace(real)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
        raise
    _sync_folder(real.parent)


def _write_through(handle: int, data: bytes, found: os.stat_result) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]
    if (found.st_uid, found.st_gid) != (os.geteuid(), os.getegid()):
        with contextlib.suppress(PermissionError):  # only root may give a file away
            os.fchown(handle, found.st_uid, found.st_gid)
    os.fchmod(handle, stat.S_IMODE(found.st_mode))
    os.fsync(handle)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some file systems cannot sync a folder
            os.fsync(handle)
    finally:
        os.close(handle)
