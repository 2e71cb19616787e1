"""What can end a tapped request beside what can end any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.errors import TransportError
from pipeline_runtime.wording import counted

if TYPE_CHECKING:
    from pipeline_runtime.errors import PipelineError


class ClientGone(TransportError):
    """The program that is tapped closed its connection before the response was complete."""

    type = "client_disconnected"


def client_gone(name: str, sent: int) -> ClientGone:
    """The error; `sent`: how many bytes of the response it had been given."""
    had = f"after {counted(sent, 'byte')} of the response" if sent else "before the response"
    return ClientGone(
        f"the client ({name}) hung up {had}; the upstream was closed",
        cure="look into the client: it had enough, was stopped, or ran into a time limit of its own",
    )


def told(error: PipelineError, kind: str) -> dict[str, str]:
    """An error as the tap answers it to the client; providers' SDKs show `message`."""
    cure = f" ({error.cure})" if error.cure else ""
    return {"type": kind, "message": f"pipeline-tui tap: {error.message}{cure}", "cure": error.cure}
