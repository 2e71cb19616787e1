"""What of a developer's machine a test must not see: keys, base URLs, modes, and the state folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.providers import BUILT_IN, MODE_VARIABLE

if TYPE_CHECKING:
    from pathlib import Path

    from pytest import MonkeyPatch  # noqa: PT013 - the name that the annotation shows

STATE_VARIABLE = "PIPELINE_STATE_DIR"
MODES = (MODE_VARIABLE, "PIPELINE_STREAM_DEBUG")


def provider_variables() -> tuple[str, ...]:
    """The environment variables that a built-in provider reads: its key's and its address's."""
    found = ((spec.api_key_env, spec.api_key_env_too, spec.base_url_env) for spec in BUILT_IN.values())
    return tuple(sorted({name for names in found for name in names if name is not None}))


def isolate(monkeypatch: MonkeyPatch, state: Path, *, keep_keys: bool = False) -> None:
    """Until the test is over: no key, no base URL, no mode of the developer's, and a state folder of its own.

    Args:
        monkeypatch: pytest's.
        state: The folder in place of the developer's.
        keep_keys: Leave what providers read: for tests that go live.
    """
    for name in (*MODES, *(() if keep_keys else provider_variables())):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(STATE_VARIABLE, str(state))
