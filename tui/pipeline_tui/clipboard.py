"""Copying, told as it is: "copied" is said only when something confirmed it.

Tried in turn: the clipboard tool of this desktop (never over ssh: it would fill the other machine's
clipboard), tmux's own buffer, the terminal by OSC 52. What cannot be confirmed is also written to a file.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from pipeline_runtime.paths import state_dir
from pipeline_runtime.terminals import takes_osc52
from pipeline_tui.terminal import over_ssh

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from textual.app import App

OSC52_LIMIT = 74_994
"""Bytes: their base64 just fits the 100,000 that common terminals take; longer ones are cut or dropped."""
TOOL_TIMEOUT = 1.0
"""Seconds that a clipboard tool may take: it answers in some milliseconds, or hangs."""
KEPT_FILES = 20
"""Files of copied text that are kept; older ones are removed."""

How = Literal["tool", "tmux", "osc52", "file", "nothing"]


@dataclass(frozen=True, slots=True)
class CopyResult:
    """How a copy went."""

    ok: bool
    """Whether the text is known to be on a clipboard."""
    how: How
    detail: str
    """One sentence for the user: true, and with the way out when it is not confirmed."""


def copy_text(app: App[Any], text: str) -> CopyResult:
    """Put `text` on the clipboard by the best way there is.

    Args:
        app: The running app: its terminal gets the OSC 52 sequence.
        text: Any text; nothing is copied when it is empty.

    Returns:
        What happened; `detail` is fit to be shown.
    """
    if not text:
        return CopyResult(ok=False, how="nothing", detail="Nothing to copy")
    environ = os.environ
    size = _count(text)
    if _tool_took_it(text, environ):
        return CopyResult(ok=True, how="tool", detail=f"Copied {size}")
    sent = _send_osc52(app, text, environ)
    if environ.get("TMUX") and _run(("tmux", "load-buffer", "-w", "-"), text):
        return CopyResult(ok=True, how="tmux", detail=f"Copied {size} to tmux's buffer (paste: prefix ])")
    if sent and takes_osc52(environ):
        return CopyResult(ok=True, how="osc52", detail=f"Copied {size}")
    return _with_file(text, size, sent=sent)


def osc52(text: str, environ: Mapping[str, str]) -> str | None:
    """The OSC 52 sequence for `text`, wrapped for tmux or screen; `None` when the text is too long for it."""
    data = text.encode("utf-8", "surrogatepass")
    if len(data) > OSC52_LIMIT:
        return None
    sequence = f"\x1b]52;c;{base64.b64encode(data).decode('ascii')}\x07"
    if environ.get("TMUX"):
        return f"\x1bPtmux;{sequence.replace(chr(27), chr(27) * 2)}\x1b\\"
    if environ.get("STY"):
        return f"\x1bP{sequence}\x1b\\"
    return sequence


def clipboard_tool(environ: Mapping[str, str]) -> tuple[str, ...] | None:
    """The command that fills this desktop's clipboard from its standard input, when there is one."""
    if over_ssh(environ):
        return None
    candidates: list[tuple[str, ...]] = [("pbcopy",)]
    if environ.get("WAYLAND_DISPLAY"):
        candidates.append(("wl-copy",))
    if environ.get("DISPLAY"):
        candidates += [("xclip", "-selection", "clipboard"), ("xsel", "--clipboard", "--input")]
    path = environ.get("PATH")
    return next((command for command in candidates if shutil.which(command[0], path=path)), None)


def _tool_took_it(text: str, environ: Mapping[str, str]) -> bool:
    command = clipboard_tool(environ)
    return command is not None and _run(command, text)


def _run(command: tuple[str, ...], text: str) -> bool:
    try:
        done = subprocess.run(  # noqa: S603 - fixed commands; the text goes to their standard input
            command,
            input=text.encode("utf-8", "surrogatepass"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=TOOL_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _send_osc52(app: App[Any], text: str, environ: Mapping[str, str]) -> bool:
    sequence = osc52(text, environ)
    driver = app._driver  # noqa: SLF001 - Textual's own copy knows neither tmux nor a size limit
    if sequence is None or driver is None or app.is_headless:
        return False
    driver.write(sequence)
    return True


def _with_file(text: str, size: str, *, sent: bool) -> CopyResult:
    try:
        path = _save(text)
    except OSError as error:
        detail = f"No clipboard here would confirm it, and no file could be written: {error.strerror}"
        return CopyResult(ok=False, how="osc52" if sent else "nothing", detail=detail)
    if sent:
        detail = f"Sent {size} to the terminal (unconfirmed); also in {path}"
        return CopyResult(ok=False, how="osc52", detail=detail)
    return CopyResult(ok=False, how="file", detail=f"No clipboard can be reached: {size} saved in {path}")


def _save(text: str) -> Path:
    folder = state_dir() / "copied"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    path = folder / f"{stamp}.txt"
    with path.open("x", encoding="utf-8", errors="surrogatepass", newline="") as file:
        path.chmod(0o600)
        file.write(text)
    for old in sorted(folder.glob("*.txt"))[:-KEPT_FILES]:
        old.unlink(missing_ok=True)
    return path


def _count(text: str) -> str:
    count = len(text)
    return "1 character" if count == 1 else f"{count:,} characters"
