"""Opening a text or a file in the user's editor, while the runs go on."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import SuspendNotSupported

from pipeline_runtime.paths import state_dir

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from textual.app import App

PLUS_LINE = frozenset(
    {
        "vi",
        "vim",
        "nvim",
        "view",
        "gvim",
        "nano",
        "pico",
        "emacs",
        "emacsclient",
        "joe",
        "jed",
        "mg",
        "ne",
        "kak",
    }
    | {"micro", "less", "most", "gedit", "kate"}
)
"""Editors that take `+LINE` before the file."""
COLON_LINE = frozenset({"subl", "sublime_text", "hx", "helix", "zed", "lapce", "atom"})
"""Editors that take `FILE:LINE`."""
GOTO_LINE = frozenset({"code", "code-insiders", "codium", "vscodium", "cursor", "windsurf"})
"""Editors that take `--goto FILE:LINE`."""
NO_EDITOR = "No editor is set: set EDITOR (for example: export EDITOR=nano) and start again"


@dataclass(frozen=True, slots=True)
class EditorResult:
    """Whether the editor was started; `detail` says why not."""

    ok: bool
    detail: str = ""


def open_in_editor(
    app: App[Any], target: str | Path, suffix: str = ".txt", *, line: int | None = None
) -> EditorResult:
    """Open a file (a `Path`) or a text (a `str`) in $VISUAL or $EDITOR; the UI comes back when it ends.

    The app is suspended, not stopped: streams go on meanwhile. What the user must know is also shown as
    a notification. A text is put into a file of the state folder first; changes to it are not read back.

    Args:
        app: The running app.
        target: What to open.
        suffix: The file's ending when `target` is a text.
        line: The line to go to, from 1.
    """
    command = editor_command(os.environ)
    if command is None:
        return _refuse(app, NO_EDITOR)
    if shutil.which(command[0]) is None:
        return _refuse(app, f"The editor {command[0]!r} was not found: set EDITOR to one that is installed")
    try:
        path = target if isinstance(target, Path) else _save(target, suffix)
    except OSError as error:
        return _refuse(app, f"No file could be written for the editor: {error.strerror}")
    app.run_worker(_edit(app, editor_arguments(command, path, line)), group="editor", name="editor")
    return EditorResult(ok=True)


async def edit_text(app: App[Any], text: str, suffix: str = ".txt") -> str | None:
    """Have the user change a text in $VISUAL or $EDITOR; `None` when that was not possible.

    What the user must know is shown as a notification.
    """
    command = editor_command(os.environ)
    if command is None:
        _refuse(app, NO_EDITOR)
        return None
    try:
        path = await asyncio.to_thread(_save, text, suffix)
        await _edit(app, editor_arguments(command, path, None))
        return await asyncio.to_thread(path.read_text, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        _refuse(app, f"The text could not be edited: {error}")
        return None


def editor_command(environ: Mapping[str, str]) -> list[str] | None:
    """$VISUAL, else $EDITOR, split as a shell would; `None` when neither says anything usable."""
    for name in ("VISUAL", "EDITOR"):
        try:
            command = shlex.split(environ.get(name, ""))
        except ValueError:
            continue
        if command:
            return command
    return None


def editor_arguments(command: list[str], path: Path, line: int | None) -> list[str]:
    """The whole command line: with the line in the form that this editor takes, or without it."""
    name = Path(command[0]).name.removesuffix(".exe")
    if line is None:
        return [*command, str(path)]
    if name in PLUS_LINE:
        return [*command, f"+{line}", str(path)]
    if name in COLON_LINE:
        return [*command, f"{path}:{line}"]
    if name in GOTO_LINE:
        return [*command, "--goto", f"{path}:{line}"]
    return [*command, str(path)]


async def _edit(app: App[Any], arguments: list[str]) -> None:
    try:
        # Paints are held back: the writer thread is stopped, and its full queue would block the loop.
        with app.batch_update(), app.suspend(), _deaf_to_ctrl_c():
            process = await asyncio.create_subprocess_exec(*arguments)
            code = await process.wait()
    except SuspendNotSupported:
        app.notify("This terminal cannot be handed to an editor", severity="warning", markup=False)
        return
    except OSError as error:
        app.notify(f"{arguments[0]} could not be started: {error.strerror}", severity="error", markup=False)
        return
    if code:
        app.notify(f"{arguments[0]} ended with code {code}", severity="warning", markup=False)


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Ctrl+C in the editor is the editor's: the terminal sends it to both."""

    def nothing(_signal: int, _frame: object) -> None:
        return

    before = signal.signal(signal.SIGINT, nothing)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _refuse(app: App[Any], detail: str) -> EditorResult:
    app.notify(detail, severity="warning", markup=False)
    return EditorResult(ok=False, detail=detail)


def _save(text: str, suffix: str) -> Path:
    folder = state_dir() / "editor"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(suffix=suffix, prefix="text-", dir=folder)
    with os.fdopen(handle, "w", encoding="utf-8", errors="surrogatepass", newline="") as file:
        file.write(text)
    return Path(name)
