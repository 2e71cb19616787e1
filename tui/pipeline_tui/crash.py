"""A crash of the program itself: a short word to the user, and a report without values for the developers."""

from __future__ import annotations

import os
import platform
import re
import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipeline_runtime import __version__
from pipeline_runtime.paths import state_dir
from pipeline_runtime.secrets import MASK, Masker

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SECRET_NAMES = re.compile(r"KEY|TOKEN|SECRET|PASS|AUTH|CREDENTIAL", re.IGNORECASE)
KEY_SHAPES = re.compile(r"(?:sk|pk|rk|gsk|xai|AIza|hf|ghp)[-_][\w-]{8,}|AIza[\w-]{20,}|(?i:bearer)\s+\S+")
EXIT_CODE = 1


def write_crash_report(error: BaseException, environ: Mapping[str, str]) -> Path:
    """Write what happened, without locals and with secrets masked, to the state folder.

    Raises:
        OSError: The state folder cannot be written.
    """
    folder = state_dir() / "crashes"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}.txt"
    with path.open("w", encoding="utf-8") as file:
        path.chmod(0o600)
        file.write(crash_report(error, environ))
    return path


def crash_report(error: BaseException, environ: Mapping[str, str]) -> str:
    """The versions and the traceback; values of variables are not in it, secrets in messages are masked."""
    lines = traceback.TracebackException.from_exception(error, capture_locals=False).format()
    head = f"pipeline-tui {__version__}, Python {platform.python_version()}, {platform.platform()}\n\n"
    return mask(head + "".join(lines), environ)


def mask(text: str, environ: Mapping[str, str]) -> str:
    """`text` without the values of secret-looking variables and without whatever is shaped like a key."""
    secrets = [value for name, value in environ.items() if SECRET_NAMES.search(name)]
    return KEY_SHAPES.sub(MASK, Masker(secrets).text(text))


def crash_message(error: BaseException, environ: Mapping[str, str]) -> str:
    """What the user reads after the screen is restored. Writes the report."""
    head = f"pipeline-tui stopped: a fault in the program itself ({type(error).__name__})."
    try:
        path = write_crash_report(error, environ)
    except OSError as problem:
        return f"{head}\nNo report could be written to {state_dir()}: {problem.strerror}."
    return f"{head}\nReport (no values, secrets masked): {path}\nThe run logs hold what the runs received."
