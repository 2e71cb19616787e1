"""Which field limits the answer's length: OpenAI renamed it, most compatible servers did not follow. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct

if TYPE_CHECKING:
    from urllib.parse import SplitResult


class Renaming(Struct, frozen=True):
    """Where `max_completion_tokens` is the field: OpenAI's newer models refuse `max_tokens`."""

    host: str
    """The host, or with a dot in front all hosts that end so."""
    path: str = ""
    """What the path begins with."""
    since: str = ""
    """The first `api-version` that knows it; a URL without one is newer than all."""
    old_models: tuple[str, ...] = ()
    """Beginnings of the models that know only `max_tokens` even here."""


RENAMINGS = (
    Renaming("api.openai.com"),
    *(
        Renaming(host, "/openai", since="2024-09-01", old_models=("gpt-35-turbo", "gpt-4-turbo-2024-04-09"))
        for host in (".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com")
    ),
)
"""Azure: by its API reference, and NVIDIA-NeMo/Skills#804, which tried its models one by one."""


@lru_cache(maxsize=64)
def limit_field(base_url: str, model: str) -> str:
    """The name of the field at this address for this model (on Azure: for this deployment)."""
    parts = urlsplit(base_url)
    if any(_applies(rule, parts, model) for rule in RENAMINGS):
        return "max_completion_tokens"
    return "max_tokens"


def _applies(rule: Renaming, parts: SplitResult, model: str) -> bool:
    host = parts.hostname or ""
    there = host.endswith(rule.host) if rule.host.startswith(".") else host == rule.host
    if not there or not parts.path.startswith(rule.path) or model.startswith(rule.old_models):
        return False
    version = parse_qs(parts.query).get("api-version", [""])[0]
    return not version or version >= rule.since
