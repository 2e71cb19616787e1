"""The secrets that a tapped request carries: they pass through, and are blanked in all that is kept. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from pipeline_runtime.providers import BUILT_IN
from pipeline_runtime.secrets import SECRET_QUERY_NAMES, Masker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipeline_runtime.tap.heads import RequestHead

_TELLING = re.compile(r"auth|key|token|secret|cookie|password|credential", re.IGNORECASE)
_SCHEMES = frozenset({"bearer", "basic", "token", "apikey"})


def masker_for(head: RequestHead, environ: Mapping[str, str]) -> Masker:
    """Blanks the keys of this request, and those of the environment, wherever they turn up."""
    return Masker([*_carried(head), *_of_environment(environ)])


def _carried(head: RequestHead) -> Iterator[str]:
    for name, value in head.named():
        if _TELLING.search(name):
            yield value
            scheme, _, credential = value.partition(" ")
            if scheme.lower() in _SCHEMES:
                yield credential.strip()
            if name == "cookie":
                yield from (pair.partition("=")[2].strip() for pair in value.split(";"))
    for name, value in parse_qsl(urlsplit(head.target).query):
        if name.lower() in SECRET_QUERY_NAMES:
            yield value


def _of_environment(environ: Mapping[str, str]) -> Iterator[str]:
    for spec in BUILT_IN.values():
        for variable in (spec.api_key_env, spec.api_key_env_too):
            if variable is not None:
                yield environ.get(variable, "").strip()
