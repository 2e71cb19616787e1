"""Where the runtime keeps its files, by the XDG rules; `PIPELINE_STATE_DIR` overrides."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_config_path, user_state_path

APP = "pipeline-tui"


def state_dir() -> Path:
    """The folder for run logs and other state; not created here."""
    override = os.environ.get("PIPELINE_STATE_DIR")
    return Path(override).expanduser() if override else user_state_path(APP)


def runs_dir() -> Path:
    """The folder of the run logs; not created here."""
    return state_dir() / "runs"


def config_dir() -> Path:
    """The folder for what a user sets; not created here."""
    return user_config_path(APP)
