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
from pipeline_runtime.simulator.addresses import BASE_PATHS
from pipeline_runtime.simulator.background import Backgrounds
from pipeline_runtime.simulator.catalogue import catalogue_routes
from pipeline_runtime.simulator.playing import Player
from pipeline_runtime.simulator.registry import DEFAULT
from pipeline_runtime.simulator.responding import fail, respond
from pipeline_runtime.simulator.routes import RETRIEVERS, SPEAKERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

    from pipeline_runtime.simulator.books import Books
    from pipeline_runtime.simulator.registry import Registry
    from pipeline_runtime.simulator.routes import Speaker
    from pipeline_runtime.simulator.script import Reply


class _Endpoint:
    """One path of one protocol, as an ASGI application."""

    def __init__(
        self,
        speaker: Speaker,
        registry: Registry,
        books: Books,
        backgrounds: Backgrounds,
        *,
        cut: Callable[[Scope], None],
        time_scale: float,
    ) -> None:
        self._speaker = speaker
        self._registry = registry
        self._backgrounds = backgrounds
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
        dialect, now = self._speaker(scope), int(time.time())
        if scope["method"] != "POST":
            return fail(dialect, 405, "Method not allowed: send a POST.", now=now)
        try:
            scenario = self._registry.get(key)
        except InputError as error:
            return fail(dialect, 404, f"{error.message}: {error.cure}", now=now)
        except WorkflowError as error:
            return fail(dialect, 500, f"scenario {key!r} cannot be loaded: {error}", now=now)
        reply = respond(dialect, scenario, body, number=self._books.count(key), now=now)
        if reply.lasting is not None:
            self._backgrounds.keep(key, reply.lasting)
        return reply


class _Retrieval:
    """One path under which background responses are read again, as an ASGI application."""

    def __init__(
        self,
        speaker: Speaker,
        books: Books,
        backgrounds: Backgrounds,
        *,
        cut: Callable[[Scope], None],
        time_scale: float,
    ) -> None:
        self._speaker = speaker
        self._books = books
        self._backgrounds = backgrounds
        self._cut = cut
        self._time_scale = time_scale

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from what is kept."""
        dialect, params = self._speaker(scope), scope["path_params"]
        if scope["method"] != "GET":
            reply = fail(dialect, 405, "Method not allowed: send a GET.", now=int(time.time()))
        else:
            key, query = params.get("scenario", DEFAULT), scope["query_string"].decode("latin-1")
            reply = self._backgrounds.retrieve(dialect, key, params["response"], query)
        with self._books.response():
            await Player(reply, cut=self._cut, time_scale=self._time_scale)(scope, receive, send)


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

    backgrounds = Backgrounds(time_scale)

    def endpoint(speaker: Speaker) -> _Endpoint:
        return _Endpoint(speaker, registry, books, backgrounds, cut=cut, time_scale=time_scale)

    def retrieval(speaker: Speaker) -> _Retrieval:
        return _Retrieval(speaker, books, backgrounds, cut=cut, time_scale=time_scale)

    return Starlette(
        routes=[
            Route("/", index),
            *catalogue_routes(),
            *(
                Route(prefix + path, endpoint(speaker))
                for prefix in ("", "/{scenario}")
                for path, speaker in SPEAKERS
            ),
            *(
                Route(prefix + path, retrieval(speaker))
                for prefix in ("", "/{scenario}")
                for path, speaker in RETRIEVERS
            ),
        ]
    )


def _entry(registry: Registry, name: str, base: str) -> dict[str, str]:
    try:
        description = registry.get(name).description
    except WorkflowError as error:
        description = f"cannot be loaded: {error}"
    urls = {protocol: f"{base}/{name}{path}" for protocol, path in BASE_PATHS.items()}
    return {"name": name, "description": description} | urls
