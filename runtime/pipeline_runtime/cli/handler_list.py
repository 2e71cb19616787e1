"""`handlers`: what there is, where it comes from, and what it takes."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import msgspec

from pipeline_runtime.cli.exits import OK
from pipeline_runtime.handlers.listing import describe_handler, list_handlers
from pipeline_runtime.sanitise import sanitise_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline_runtime.handlers.listing import KnownHandler
    from pipeline_runtime.handlers.options import Option


def print_handlers(names: Sequence[str], *, as_json: bool) -> int:
    """Print every handler, or those named (by a path, too) with what each option means.

    Raises:
        HandlerLoadError: There is none of a name, or it cannot be imported.
    """
    known = list_handlers()
    chosen = _chosen(known, names) if names else known
    for one in chosen:
        if as_json:
            sys.stdout.write(msgspec.json.encode(one, enc_hook=str).decode() + "\n")
        else:
            lines = _told(one) if names else _summed_up(one)
            sys.stdout.writelines(f"{sanitise_line(line).rstrip()}\n" for line in lines)
    return OK


def _chosen(known: Sequence[KnownHandler], names: Sequence[str]) -> list[KnownHandler]:
    by_name = {name: one for one in known for name in (one.name, *one.also)}
    return [by_name[name] if name in by_name else describe_handler(name) for name in names]


def _summed_up(one: KnownHandler) -> Iterator[str]:
    yield f"{one.name:<10} {one.source}: {one.says}"
    if one.error is not None:
        yield f"{'':<10} BROKEN: {one.error} ({one.cure})"
    if one.options:
        yield f"{'':<10} {', '.join(_short(option) for option in one.options)}"


def _told(one: KnownHandler) -> Iterator[str]:
    yield f"{one.name}: {one.says}"
    yield f"  from: {one.source} ({one.target})"
    if one.also:
        yield f"  also: {', '.join(one.also)}"
    if one.error is not None:
        yield f"  BROKEN: {one.error} ({one.cure})"
    for option in one.options:
        yield f"  {_short(option)}: {option.type}"
        if option.says:
            yield f"      {option.says}"


def _short(option: Option) -> str:
    if option.required:
        return f"{option.name} (required)"
    if option.default is None:
        return option.name
    return f"{option.name}={json.dumps(option.default, ensure_ascii=False, default=str)}"
