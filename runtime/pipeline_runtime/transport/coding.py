"""Content codings: for servers that compress although they were asked not to (RFC 9110, section 8.4)."""

from __future__ import annotations

import importlib
import zlib
from typing import Any, Protocol

from pipeline_runtime.transport.failures import bad_response, limit_exceeded
from pipeline_runtime.transport.settings import DECODED_CHUNK_BYTES

_CURE = "the server must honour `accept-encoding: identity`: look for a proxy that compresses"
_GZIP = 16 + zlib.MAX_WBITS
_ZLIB = zlib.MAX_WBITS
_RAW_DEFLATE = -zlib.MAX_WBITS


class Coding(Protocol):
    """Undoes one content coding."""

    def decode(self, data: bytes) -> bytes:
        """What `data` decodes to, perhaps nothing yet.

        Raises:
            BadResponse: it is not in this coding.
            LimitExceeded: it grows beyond `DECODED_CHUNK_BYTES`.
        """
        ...

    def close(self) -> None:
        """The body has ended.

        Raises:
            BadResponse: the coded data had not.
        """


def coding_for(content_encoding: str, peer: str) -> Coding | None:
    """The coding that a `content-encoding` header names; None for no coding.

    Raises:
        BadResponse: it is not supported here.
    """
    name = content_encoding.strip().lower()
    if name in {"", "identity"}:
        return None
    if name in {"gzip", "x-gzip", "deflate"}:
        return _Zlib(name, peer)
    if name == "br":
        return _Brotli(peer)
    raise bad_response(peer, f"the body is compressed with {name!r}, which is not supported", _CURE)


class _Zlib:
    """gzip, and deflate with or without its zlib wrapper (both are in the wild)."""

    def __init__(self, name: str, peer: str) -> None:
        self._name = name
        self._peer = peer
        self._inflater = zlib.decompressobj(_ZLIB if name == "deflate" else _GZIP)
        self._may_be_raw = name == "deflate"

    def decode(self, data: bytes) -> bytes:
        try:
            decoded = self._inflater.decompress(data, DECODED_CHUNK_BYTES)
        except zlib.error as error:
            if not self._may_be_raw:
                raise _broken(self._peer, self._name) from error
            self._may_be_raw = False
            self._inflater = zlib.decompressobj(_RAW_DEFLATE)
            return self.decode(data)
        self._may_be_raw = False
        if self._inflater.unconsumed_tail:
            raise _bomb(self._peer)
        return decoded

    def close(self) -> None:
        if not self._inflater.eof:
            raise bad_response(self._peer, f"the body ends inside its {self._name} data", _CURE)


class _Brotli:
    """br, where one of its two packages is installed."""

    def __init__(self, peer: str) -> None:
        module = _brotli_module()
        if module is None:
            raise bad_response(
                peer, "the body is compressed with 'br' and no brotli package is installed", _CURE
            )
        self._peer = peer
        self._error: type[Exception] = module.error
        self._decompressor = module.Decompressor()

    def decode(self, data: bytes) -> bytes:
        try:
            decoded: bytes = self._decompressor.process(data)
        except self._error as error:
            raise _broken(self._peer, "br") from error
        if len(decoded) > DECODED_CHUNK_BYTES:
            raise _bomb(self._peer)
        return decoded

    def close(self) -> None:
        if not self._decompressor.is_finished():
            raise bad_response(self._peer, "the body ends inside its br data", _CURE)


def _brotli_module() -> Any:
    for name in ("brotli", "brotlicffi"):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError:
            continue
    return None


def _broken(peer: str, name: str) -> Exception:
    return bad_response(peer, f"the body says that it is {name} and is not", _CURE)


def _bomb(peer: str) -> Exception:
    return limit_exceeded(
        peer, f"one read of the compressed body grows to more than {DECODED_CHUNK_BYTES // 2**20} MiB"
    )
