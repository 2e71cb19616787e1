"""Python handlers as the legacy system had them, and what `migrate` says of them."""

from __future__ import annotations

from textwrap import dedent

from pipeline_runtime.migrate.code_python import migrate

CLASS = '''\
"""A handler; AsyncStreaming ("chunk", x) in a docstring is no use of it."""

import sys  # for stdout


class Printer:
    """Prints."""

    def __init__(self, mark=""):
        self.seen = []  # of this run
        self.mark = mark

    # each chunk
    def on_chunk(self, chunk):
        self.seen.append(  chunk  )   # odd blanks stay

    def on_complete(self, result):
        self.seen.append((result["text"], result.get('tokens'), result.finish_reason))
'''
MATCH = """\
def handle(event):
    match event:
        case ("chunk", data):  # new text
            OUT.write(data)
        case ("complete", result):
            OUT.write(f"|{result['finish_reason']}")
        case _:
            pass
"""
UNPACKED = """\
async def handle(event):
    kind, data = event  # a pair
    if kind == "chunk":
        OUT.write(data)
    elif kind == "complete":
        OUT.write("|" + data["finish_reason"])
"""
PARTS = """\
def handle(kind, data):
    if kind == "chunk": OUT.write(data)
    elif kind == "complete": OUT.write("|" + data.finish_reason)
"""
DICTS = """\
def handle(message):
    if message["type"] == "chunk":
        OUT.write(message["content"])
    elif message["type"] == "complete":
        OUT.write("|" + message["result"]["finish_reason"])
"""
INDEXED = """\
class Handler:
    def handle_event(self, event):
        if event[0] == "chunk":
            OUT.write(event[1])
        if event[0] == "complete":
            OUT.write("|" + event[1].get("finish_reason", "?"))
"""
SHAPES = {"match": MATCH, "unpacked": UNPACKED, "parts": PARTS, "dicts": DICTS, "indexed": INDEXED}


def rewritten(text: str) -> str:
    """What a source becomes; all of it, and a second run must find nothing."""
    result = migrate(text, "a.py")
    assert [str(one) for one in result.findings if not one.fixable] == []
    assert result.changed
    again = migrate(result.after, "a.py")
    assert ([str(one) for one in again.findings], again.after) == ([], result.after)
    return result.after


def left(text: str) -> list[tuple[int, str]]:
    """Line and reason of all findings; nothing may change."""
    text = dedent(text)
    result = migrate(text, "a.py")
    assert result.after == text
    assert not any(one.fixable for one in result.findings)
    return [(one.line, one.why.removeprefix("left alone: ").partition(";")[0]) for one in result.findings]
