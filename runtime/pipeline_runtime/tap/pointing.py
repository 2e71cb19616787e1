"""What a user says of upstreams, and what to set for a client so that it comes to the tap. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pipeline_runtime.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.tap.server import TapServer

VARIABLES = (
    ("OPENAI_BASE_URL", "openai", "/v1"),
    ("ANTHROPIC_BASE_URL", "anthropic", ""),
    ("GOOGLE_GEMINI_BASE_URL", "gemini", ""),
    ("OLLAMA_HOST", "ollama", ""),
)
"""What the official SDKs read their base URL from, the provider, and what belongs behind its name."""


class BaseUrl(Struct, frozen=True):
    """Where a client has to be pointed at."""

    variable: str
    """The variable of the environment that its SDK reads; empty: there is none."""
    url: str
    stands_for: str
    """Where it leads to."""

    @property
    def setting(self) -> str:
        """What can be pasted into a shell: `OPENAI_BASE_URL=http://127.0.0.1:41235/openai/v1`."""
        return f"{self.variable}={self.url}" if self.variable else self.url


def base_urls(tap: TapServer) -> list[BaseUrl]:
    """What to point clients at, while the tap listens: for each SDK, each upstream named, and any other."""
    router = tap.router
    if router.single is not None:
        return [BaseUrl("", f"{tap.base_url()}{router.single.base_path}", router.single.url)]
    urls = [
        BaseUrl(variable, f"{tap.base_url(name)}{path}", router.named[name].url)
        for variable, name, path in VARIABLES
    ]
    known = {name for _, name, _ in VARIABLES}
    urls += [
        BaseUrl("", tap.base_url(name), one.url) for name, one in router.given.items() if name not in known
    ]
    return [*urls, BaseUrl("", f"{tap.base_url()}/https/HOST", "https://HOST")]


def read_upstreams(given: Sequence[str]) -> tuple[str | None, dict[str, str]]:
    """`URL` for everything, or `NAME=URL` words.

    Raises:
        InputError: Something is given twice.
    """
    single: str | None = None
    named: dict[str, str] = {}
    for word in given:
        name, equals, url = word.partition("=")
        is_named = bool(name and equals) and "/" not in name and ":" not in name
        if (is_named and name in named) or (not is_named and single is not None):
            raise InputError(f"upstream {word}: it is given twice", cure="give each once")
        if is_named:
            named[name] = url
        else:
            single = word
    return single, named
