"""What the UI remembers of a user's choices, as one small JSON file in the config folder."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from pipeline_runtime.paths import config_dir

if TYPE_CHECKING:
    from pathlib import Path


class Settings(msgspec.Struct, frozen=True):
    """The choices; everything has a default."""

    theme: str | None = None


def settings_file() -> Path:
    """Where they are kept."""
    return config_dir() / "ui.json"


def load_settings() -> Settings:
    """The remembered choices; the defaults when there are none or the file cannot be used."""
    try:
        return msgspec.json.decode(settings_file().read_bytes(), type=Settings)
    except (OSError, msgspec.DecodeError):
        return Settings()


def save_settings(settings: Settings) -> None:
    """Write them whole or not at all.

    Raises:
        OSError: The config folder cannot be written.
    """
    path = settings_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(settings), indent=2) + b"\n")
    draft.replace(path)
