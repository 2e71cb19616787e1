"""Versions, the state folder and the proxies of this machine."""

from __future__ import annotations

import os
import platform
import re
import shutil
import tempfile
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipeline_runtime import __version__
from pipeline_runtime.doctor.facts import MachineFacts
from pipeline_runtime.paths import state_dir

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DISTRIBUTION = "pipeline-tui"
TOLD = ("textual", "httpx", "pydantic", "msgspec")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def gather_machine(environ: Mapping[str, str]) -> MachineFacts:
    """Look."""
    state = state_dir()
    there = _nearest(state)
    return MachineFacts(
        versions={"pipeline-tui": __version__, "Python": platform.python_version(), **_versions()},
        pinned=_pinned(),
        state=str(state),
        state_problem=_writing_problem(state, there),
        free=shutil.disk_usage(there).free,
        proxies=_proxies(environ),
    )


def _versions() -> dict[str, str]:
    found = {}
    for name in TOLD:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "missing"
    return found


def _pinned() -> dict[str, str]:
    try:
        wanted = requires(DISTRIBUTION) or []
    except PackageNotFoundError:  # run from its sources
        return {}
    exact = (re.fullmatch(r"([\w.-]+)==([\w.]+)", one) for one in wanted)
    return {found[1]: found[2] for found in exact if found is not None}


def _nearest(path: Path) -> Path:
    """The folder, or the first above it that is there."""
    return next(one for one in (path, *path.absolute().parents) if one.exists())


def _writing_problem(state: Path, there: Path) -> str | None:
    if not there.is_dir():
        return f"{there} is no folder"
    if there != state:
        return None if os.access(there, os.W_OK | os.X_OK) else f"{there} cannot be written to"
    try:
        with tempfile.TemporaryFile(dir=state):
            return None
    except OSError as error:
        return error.strerror or str(error)


def _proxies(environ: Mapping[str, str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name in PROXIES:
        for spelled in (name, name.lower()):
            value = environ.get(spelled, "").strip()
            if value:
                found[spelled] = _host(value)
    return found


def _host(proxy: str) -> str | None:
    """`host:port`, without what may be a password."""
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    try:
        port = parts.port
    except ValueError:
        return None
    return f"{parts.hostname}:{port}" if parts.hostname and port else parts.hostname
