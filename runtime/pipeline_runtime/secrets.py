"""Keeps keys out of everything that is shown or stored.

Headers pass by an allow-list: what is not known to be harmless is masked. Known secret values are replaced
wherever they turn up, by as many asterisks, so that byte offsets stay true.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec

from pipeline_runtime.wire.frames import Chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

AnyStruct = TypeVar("AnyStruct", bound=msgspec.Struct)
Bytes: TypeAlias = bytes  # inside of `Masker`, `bytes` is its method
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
        "x-injected-faults",
        "x-ms-region",
        "x-request-id",
        "x-should-retry",
    ]
)
SAFE_PREFIXES = ("anthropic-ratelimit-", "x-ratelimit-", "ratelimit-", "x-simulator-")
SECRET_QUERY_NAMES = frozenset(
    {"key", "api_key", "api-key", "apikey", "token", "access_token", "sig", "signature"}
)

STRUCTURAL = frozenset({"kind", "lane", "mode", "protocol", "provider", "run", "status", "step", "steps"})
"""Fields that hold names of ours: a header's value that equals one of them must not blank it."""


def mask_headers(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Every header by name; the value only of those that are known to be harmless."""
    return tuple((name, value if _is_safe(name.lower()) else MASK) for name, value in headers)


def mask_url(url: str) -> str:
    """The URL without user, password and key-like query values."""
    if "@" not in url and "?" not in url:
        return url
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
    """Replaces known secret values in text, bytes and structs, also where JSON escapes them."""

    __slots__ = ("_forms",)

    def __init__(self, secrets: Iterable[str | None]) -> None:
        values = {secret for secret in secrets if secret and len(secret) >= SHORTEST_SECRET}
        forms = {form for value in values for form in _written_forms(value)}
        self._forms = tuple(_Form(form) for form in sorted(forms, key=len, reverse=True))

    def text(self, text: str) -> str:
        """`text` with every secret blanked out."""
        for form in self._forms:
            if form.secret in text:
                text = form.in_text.sub(form.blank, text)
        return text

    def replaced(self, text: str, sign: Callable[[str], str]) -> str:
        """`text` with a sign in the place of each secret, as it is written there."""
        for form in self._forms:
            text = form.in_text.sub(lambda found: sign(found[0]), text)
        return text

    def bytes(self, data: bytes) -> bytes:
        """`data` with every secret blanked out, at the same length."""
        for form in self._forms:
            if form.secret_bytes in data:
                data = form.in_bytes.sub(form.blank.encode(), data)
        return data

    def chunk(self, chunk: Chunk) -> Chunk:
        """The chunk itself, or one with the secrets in it blanked out."""
        data = self.bytes(chunk.data)
        return chunk if data is chunk.data else Chunk(data, chunk.at, chunk.offset)

    def open_tail(self, data: Bytes) -> int:
        """How many bytes at the end of `data` may be the beginning of a secret."""
        longest = 0
        for form in self._forms:  # asked for every chunk: a generator costs half as much again
            if not data or data[-1] not in form.secret_bytes:  # nearly always: frames end with a blank line
                continue
            waits = form.open_tail(data)
            if waits > longest:  # noqa: PLR1730 - a call of `max` costs more
                longest = waits
        return longest

    def holds(self, data: Bytes) -> bool:
        """Whether there may be a secret in it."""
        for form in self._forms:  # noqa: SIM110 - asked for every chunk, where `any` would cost twice as much
            if form.secret_bytes in data:
                return True
        return False

    def struct(self, value: AnyStruct) -> AnyStruct:
        """The struct itself, or a copy in which every string is without secrets."""
        return self.encoded(value)[0] if self._forms else value

    def encoded(self, value: AnyStruct) -> tuple[AnyStruct, Bytes]:
        """As `struct`, with its JSON: what looks for secrets there need not make it again."""
        data = msgspec.json.encode(value)
        if not self.holds(data):
            return value, data
        clean = msgspec.convert(self._strings(msgspec.to_builtins(value)), type(value))
        return clean, msgspec.json.encode(clean)

    def _strings(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {key: item if key in STRUCTURAL else self._strings(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._strings(item) for item in value]
        return value


class _Form:
    """One way in which a secret may be written."""

    __slots__ = ("blank", "in_bytes", "in_text", "secret", "secret_bytes")

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.secret_bytes = secret.encode()
        # A placeholder such as 12345678 must not punch holes into timestamps: digits have to stand alone
        pattern = rf"(?<!\d){secret}(?!\d)" if secret.isdigit() else re.escape(secret)
        self.in_text = re.compile(pattern)
        self.in_bytes = re.compile(pattern.encode())
        self.blank = "*" * len(self.secret_bytes)

    def open_tail(self, data: bytes) -> int:
        secret = self.secret_bytes
        tail = data[1 - len(secret) :]
        place = tail.find(secret[:1])
        while place >= 0 and not secret.startswith(tail[place:]):
            place = tail.find(secret[:1], place + 1)
        return len(tail) - place if place >= 0 else 0


class ChunkMasker:
    """Masks the chunks of one body, also where a secret is cut between two of them.

    The bytes that may begin a secret wait for the next chunk: seldom, for frames and bodies end otherwise.
    """

    __slots__ = ("_held", "_masker")

    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        self._held: Chunk | None = None

    def feed(self, chunk: Chunk) -> Chunk | None:
        """The chunk without secrets; `None` when all of it has to wait."""
        held, self._held = self._held, None
        if held is not None:
            chunk = Chunk(held.data + chunk.data, chunk.at, held.offset)
        chunk = self._masker.chunk(chunk)
        waits = self._masker.open_tail(chunk.data)
        if not waits:
            return chunk
        place = len(chunk.data) - waits
        self._held = Chunk(chunk.data[place:], chunk.at, chunk.offset + place)
        return Chunk(chunk.data[:place], chunk.at, chunk.offset) if place else None

    def rest(self) -> Chunk | None:
        """What still waits when the body is over: it was no secret."""
        held, self._held = self._held, None
        return held


def _written_forms(secret: str) -> set[str]:
    """The secret as it is, and as JSON writers escape it (Go's escapes `<>&` too, PHP's the slash)."""
    escaped = json.dumps(secret)[1:-1]
    ours = msgspec.json.encode(secret)[1:-1].decode()
    for_html = escaped.replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026")
    return {secret, ours, escaped, for_html, escaped.replace("/", r"\/")}


def _is_safe(name: str) -> bool:
    return name in SAFE_HEADERS or name.startswith(SAFE_PREFIXES)
