"""The routes of the simulator: which scenario and which protocol a request is for."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from pipeline_runtime.errors import InputError, WorkflowError
from pipeline_runtime.simulator.anthropic_dialect import AnthropicDialect
from pipeline_runtime.simulator.openai_dialect import OpenAIChatDialect
from pipeline_runtime.simulator.playing import Player
from pipeline_runtime.simulator.registry import DEFAULT
from pipeline_runtime.simulator.responding import fail, respond

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

    from pipeline_runtime.simulator.books import Books
    from pipeline_runtime.simulator.dialect import Dialect
    from pipeline_runtime.simulator.registry import Registry
    from pipeline_runtime.simulator.responding import Reply

_MODEL = "simulator"
_ROUTES: tuple[tuple[str, type[AnthropicDialect | OpenAIChatDialect]], ...] = (
    ("/v1/messages", AnthropicDialect),
    ("/v1/chat/completions", OpenAIChatDialect),
    ("/chat/completions", OpenAIChatDialect),
    ("/{scenario}/v1/messages", AnthropicDialect),
    ("/{scenario}/v1/chat/completions", OpenAIChatDialect),
    ("/{scenario}/chat/completions", OpenAIChatDialect),
)


class _Endpoint:
    """One path of one protocol, as an ASGI application."""

    def __init__(
        self,
        dialect: Dialect,
        registry: Registry,
        books: Books,
        *,
        cut: Callable[[Scope], None],
        time_scale: float,
    ) -> None:
        self._dialect = dialect
        self._registry = registry
        self._books = books
        self._cut = cut
        self._time_scale = time_scale

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the request, answer it by its scenario.

        The answer is made in a thread: a long one takes a while, and other streams must keep their pace.
        """
        try:
            body = await Request(scope, receive).body()
        except ClientDisconnect:
            return
        with self._books.response():
            reply = await asyncio.to_thread(self._reply, scope, body)
            await Player(reply, cut=self._cut, time_scale=self._time_scale)(scope, receive, send)

    def _reply(self, scope: Scope, body: bytes) -> Reply:
        key = scope["path_params"].get("scenario", DEFAULT)
        now = int(time.time())
        if scope["method"] != "POST":
            return fail(self._dialect, 405, "Method not allowed: send a POST.", now=now)
        try:
            scenario = self._registry.get(key)
        except InputError as error:
            return fail(self._dialect, 404, f"{error.message}: {error.cure}", now=now)
        except WorkflowError as error:
            return fail(self._dialect, 500, f"scenario {key!r} cannot be loaded: {error}", now=now)
        return respond(self._dialect, scenario, body, number=self._books.count(key), now=now)


def build_app(
    registry: Registry, books: Books, *, cut: Callable[[Scope], None], time_scale: float
) -> Starlette:
    """The ASGI application.

    Args:
        registry: the scenarios.
        books: where requests and open responses are counted.
        cut: closes the connection of a request's scope.
        time_scale: what all waits are multiplied with; 0: none.
    """

    async def index(request: Request) -> JSONResponse:
        base = f"http://{request.url.netloc}"
        listed = [_entry(registry, name, base) for name in registry.names()]
        return JSONResponse({"scenarios": listed})

    def endpoint(speaks: type[AnthropicDialect | OpenAIChatDialect]) -> _Endpoint:
        return _Endpoint(speaks(), registry, books, cut=cut, time_scale=time_scale)

    return Starlette(
        routes=[
            Route("/", index),
            Route("/v1/models", _models),
            Route("/{scenario}/v1/models", _models),
            *(Route(path, endpoint(speaks)) for path, speaks in _ROUTES),
        ]
    )


def _entry(registry: Registry, name: str, base: str) -> dict[str, str]:
    try:
        description = registry.get(name).description
    except WorkflowError as error:
        description = f"cannot be loaded: {error}"
    return {
        "name": name,
        "description": description,
        "anthropic": f"{base}/{name}",
        "openai-chat": f"{base}/{name}/v1",
    }


async def _models(_: Request) -> JSONResponse:
    """One model, in a shape that holds the fields of both protocols: any model name is accepted."""
    model = {
        "id": _MODEL,
        "type": "model",
        "display_name": "Simulator",
        "created_at": "2026-01-01T00:00:00Z",
        "object": "model",
        "created": 1767225600,
        "owned_by": "pipeline-tui",
    }
    return JSONResponse(
        {"object": "list", "data": [model], "has_more": False, "first_id": _MODEL, "last_id": _MODEL}
    )
