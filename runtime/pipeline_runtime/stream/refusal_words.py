"""The words by which servers refuse to stream, refuse `stream_options`, or insist on a stream.

From no-stream.md and from the issues of the projects that met them. `test_refusals.py` and
`test_refusal_words.py` hold them to each form, and to what only looks like one.
"""

from __future__ import annotations

import re

_STREAM = r"(?<![\w-])stream(?:ing)?\b"
"""The word, in quotes or not: neither `upstream` nor `stream_options` nor a header's `-streaming-`."""
_NEAR = r"[^.:;]"
"""What may stand between two words of one clause."""
_NOT = r"not\ (?:yet\ |currently\ )?"

CANNOT_STREAM = re.compile(
    rf"""
    # streaming is not supported; stream=true is not allowed; 'stream' does not support true
    {_STREAM}(?:\W{{0,3}}true)?{_NEAR}{{0,60}}
        (?:{_NOT}(?:support|allow)|does\ ?n.t\ support|unsupported|must\ be\ verified)
    | {_STREAM}.{{0,60}}Supported\ values\ are:\ false
    | verified\ to\ stream
    | does(?:\ not|\ ?n.t)\ support\ streaming | unsupported\ for\ streaming
    | tool\ use\ in\ streaming\ mode | tools\ with\ stream | not\ supported\ in\ the\ streamGenerateContent
    # JSON mode is not supported with stream mode; tools cannot be used with streaming
    | (?:{_NOT}(?:supported|allowed|permitted|available|compatible)\ (?:with|when|for|in|while)
        | cannot\ be\ (?:used|combined)\ with | incompatible\ with)
        \ {_NEAR}{{0,30}}{_STREAM}(?!\W{{0,3}}false)
    # stream must be false; use stream=false
    | {_STREAM}\W{{0,2}}\ ?(?:must|should|has\ to)\ be\ (?:set\ to\ )?\W?(?:false|disabled|off)\b
    | (?:set|use)\ \W?stream\W{{0,2}}(?:\ to\ |=|:\ ?)\W?false
    # unknown parameter: 'stream'; extra inputs are not permitted: body.stream; extraneous key [stream]
    | \b(?:un(?:supported|known|expected)|unrecogni[sz]ed|invalid|extra|extraneous){_NEAR}{{0,40}}
        (?:parameter|argument|field|key|property|option|supplied|permitted|allowed)\W{{1,4}}(?:body\W)?
        stream(?!\w|-|\.\w)
    | \#/stream(?!\w)
    | \u4e0d\u652f\u6301\u6d41\u5f0f  # does not support streaming
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)

CANNOT_STREAM_CODE = re.compile(
    r"(?<![a-z])stream(?:ing)?_?(?:is_?)?(?:not_?(?:yet_?)?(?:supported|allowed)|unsupported)", re.IGNORECASE
)
"""In a `code` or `type`: `streaming_not_supported`."""

OPTION_REFUSED = re.compile(r"stream_options|include_usage", re.IGNORECASE)

MUST_STREAM = re.compile(
    r"""
    Stream\ must\ be\ set\ to\ true | Streaming\ is\ (?:required|strongly\ recommended)
    | only\ supports?\ stream(?:ing)?\b
    | must\ be\ set\ to\ false\ for\ non-streaming
    | (?:not|n.t)\ support(?:ed|s)?\ (?:\w+\ ){0,2}non-?stream
    | non-?stream(?:ing)?\b[^.:;]{0,60}not\ (?:yet\ |currently\ )?(?:support|allow|permit)
    | not\ (?:be\ )?support(?:ed)?\ (?:when|with|if|for)\ \W?stream\W{0,3}false
    | (?:requires?|must\ use|set)\ \W?stream\W{0,3}(?:\ to\ )?\W?true
    | \W?stream\W?\ must\ be\ \W?true
    # supports streaming only; does not support calls without streaming; for calls without streaming
    | [\u4ec5\u53ea]\u652f\u6301\u6d41\u5f0f | \u4e0d\u652f\u6301\u975e\u6d41\u5f0f
    | \u975e\u6d41\u5f0f\u8c03\u7528
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)

UNVERIFIED = re.compile(r"must be verified", re.IGNORECASE)
TOOLS = re.compile(r"tool", re.IGNORECASE)
FORMAT = re.compile(r"response_format|json[ _]schema|json mode|output schema", re.IGNORECASE)
