"""What the runtime raises, as one tree. Every message says what happened; `cure` says what to do.

PipelineError
├── WrittenWrong            a short text that a user types is not right (column): an expression, a fault
├── WorkflowError           a workflow file is not right (file, line, column)
├── InputError              an input is missing or unknown
├── HandlerLoadError        a stream_handler cannot be loaded
├── RunLogError             a run log cannot be read
├── CallFailed              an `invoke` that did not succeed; `event` is its `error` event
└── TransportError          the connection; `type` is the word used in `error` events
    ├── ConnectFailed           refused, unreachable, name not found
    ├── TLSFailed               the certificate or the handshake
    ├── ConnectTimeout
    ├── FirstByteTimeout        connected, sent, and no response in time
    ├── IdleTimeout             the body went silent
    ├── TotalTimeout
    ├── Disconnected            the peer closed before the body's end
    ├── BadResponse             not HTTP, or broken chunked framing
    ├── LimitExceeded           headers or body over a limit
    ├── FrameTooLarge           one frame over the size limit
    └── NotRecorded             a cassette answers, and has no such request
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline_runtime.events import Error

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class PipelineError(Exception):
    """Base of all errors that a user can cause or meet."""

    def __init__(self, message: str, *, cure: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure


class WrittenWrong(PipelineError):
    """A short text that a user types is not right. `column` counts characters from 1."""

    def __init__(self, message: str, *, text: str, column: int, cure: str = "") -> None:
        super().__init__(message, cure=cure)
        self.text = text
        self.column = column

    def pointed(self) -> str:
        """The text, and below it a caret under the column: two lines."""
        line = " ".join(self.text.splitlines()) if "\n" in self.text else self.text
        return f"{line}\n{' ' * (self.column - 1)}^"


class WorkflowError(PipelineError):
    """A workflow file is not right. Lines and columns count from 1."""

    def __init__(
        self,
        message: str,
        *,
        path: str | None = None,
        line: int | None = None,
        column: int | None = None,
        key: str | None = None,
        cure: str = "",
    ) -> None:
        super().__init__(message, cure=cure)
        self.path = path
        self.line = line
        self.column = column
        self.key = key

    def __str__(self) -> str:
        """`file:line:column: message (cure)`, as editors parse it."""
        place = ":".join(str(part) for part in (self.path, self.line, self.column) if part is not None)
        cure = f" ({self.cure})" if self.cure else ""
        return f"{place}: {self.message}{cure}" if place else f"{self.message}{cure}"


class InputError(PipelineError):
    """An input is missing, unknown or of the wrong type."""

    def __init__(self, message: str, *, cure: str = "", problems: Mapping[str, str] | None = None) -> None:
        super().__init__(message, cure=cure)
        self.problems = dict(problems or {})
        """What is wrong with each input, by its name."""


class HandlerLoadError(PipelineError):
    """A `stream_handler` cannot be found, imported, or is of the wrong shape."""


class RunLogError(PipelineError):
    """A run log cannot be opened or was written by a newer version."""


class CallFailed(PipelineError):
    """An `invoke` did not succeed. `event` is its `error` event, with the partial answer."""

    def __init__(self, message: str, *, event: Error | None = None, cure: str = "") -> None:
        super().__init__(message, cure=cure)
        self.event = event


class TransportError(PipelineError):
    """The connection failed. `type` is the word that `error` events use."""

    type = "transport_error"


class ConnectFailed(TransportError):
    """Refused, unreachable, or the name was not found."""

    type = "connect_failed"


class TLSFailed(TransportError):
    """The certificate was not accepted, or the handshake broke."""

    type = "tls_failed"


class ConnectTimeout(TransportError):
    """No connection within `timeout.connect`."""

    type = "connect_timeout"


class FirstByteTimeout(TransportError):
    """The request was sent and no response came within `timeout.first_byte`."""

    type = "first_byte_timeout"


class IdleTimeout(TransportError):
    """The body was silent for `timeout.idle`."""

    type = "idle_timeout"


class TotalTimeout(TransportError):
    """The attempt was not over within `timeout.total`."""

    type = "total_timeout"


class Disconnected(TransportError):
    """The peer closed the connection before the response was complete."""

    type = "disconnected"


class BadResponse(TransportError):
    """What came is not HTTP, or its transfer coding is broken."""

    type = "bad_response"


class LimitExceeded(TransportError):
    """Headers or a body are larger than allowed."""

    type = "limit_exceeded"


class NotRecorded(TransportError):
    """A cassette answers in the network's place, and this request is not the one it has."""

    type = "not_recorded"


class FrameTooLarge(TransportError):
    """One frame is larger than allowed: the peer may never end it."""

    type = "frame_too_large"
