"""Keeps keys out of everything that is shown or stored.

Headers pass by an allow-list: what is not known to be harmless is masked. Known secret values are replaced
wherever they turn up, by as many asterisks, so that byte offsets stay true.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pipeline_runtime.wire.frames import Chunk

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = "***"
SHORTEST_SECRET = 8
SAFE_HEADERS = frozenset(
    [
        "accept",
        "accept-encoding",
        "age",
        "allow",
        "anthropic-beta",
        "anthropic-version",
        "apim-request-id",
        "cache-control",
        "cf-cache-status",
        "cf-ray",
        "connection",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-length",
        "content-type",
        "date",
        "expires",
        "host",
        "keep-alive",
        "openai-beta",
        "openai-processing-ms",
        "openai-version",
        "request-id",
        "retry-after",
        "retry-after-ms",
        "server",
        "server-timing",
        "strict-transport-security",
        "trailer",
        "transfer-encoding",
        "user-agent",
        "vary",
        "via",
        "x-amzn-errortype",
        "x-amzn-requestid",
        "x-content-type-options",
        "x-envoy-upstream-service-time",
        "x-ms-region",
        "x-request-id",
        "x-should-retry",
    ]
)
SAFE_PREFIXES = ("anthropic-ratelimit-", "x-ratelimit-", "ratelimit-", "x-simulator-")
SECRET_QUERY_NAMES = frozenset(
    {"key", "api_key", "api-key", "apikey", "token", "access_token", "sig", "signature"}
)


def mask_headers(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Every header by name; the value only of those that are known to be harmless."""
    return tuple((name, value if _is_safe(name.lower()) else MASK) for name, value in headers)


def mask_url(url: str) -> str:
    """The URL without user, password and key-like query values."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    netloc = f"{MASK}@{host}" if host != parts.netloc else host
    query = urlencode(
        [
            (name, MASK if name.lower() in SECRET_QUERY_NAMES else value)
            for name, value in parse_qsl(parts.query, keep_blank_values=True)
        ],
        safe="*",
    )
    return urlunsplit(parts._replace(netloc=netloc, query=query))


class Masker:
    """Replaces known secret values in text and bytes."""

    __slots__ = ("_pairs",)

    def __init__(self, secrets: Iterable[str | None]) -> None:
        values = {secret for secret in secrets if secret and len(secret) >= SHORTEST_SECRET}
        self._pairs = tuple(
            (value, "*" * len(value), value.encode(), b"*" * len(value.encode()))
            for value in sorted(values, key=len, reverse=True)
        )

    def text(self, text: str) -> str:
        """`text` with every secret blanked out."""
        for secret, blank, _, _ in self._pairs:
            if secret in text:
                text = text.replace(secret, blank)
        return text

    def bytes(self, data: bytes) -> bytes:
        """`data` with every secret blanked out, at the same length."""
        for _, _, secret, blank in self._pairs:
            if secret in data:
                data = data.replace(secret, blank)
        return data

    def chunk(self, chunk: Chunk) -> Chunk:
        """The chunk itself, or one with the secrets in it blanked out."""
        data = self.bytes(chunk.data)
        return chunk if data is chunk.data else Chunk(data, chunk.at, chunk.offset)


def _is_safe(name: str) -> bool:
    return name in SAFE_HEADERS or name.startswith(SAFE_PREFIXES)
