"""The one small language of filters, search and breakpoints: `type:delta lane:thinking gap>500ms /regex/`.

`docs/expressions.md` describes it. From text to an answer:

    matcher = parse_expression("type:delta gap>500ms").matcher()
    hits = [event for event in events if matcher.feed(event)]
"""

from __future__ import annotations

from pipeline_runtime.expression.completion import Candidate, complete
from pipeline_runtime.expression.describing import describe
from pipeline_runtime.expression.error import ExpressionError
from pipeline_runtime.expression.expression import Expression, Matcher, parse_expression
from pipeline_runtime.expression.facts import Facts
from pipeline_runtime.expression.matching import word_test

__all__ = [
    "Candidate",
    "Expression",
    "ExpressionError",
    "Facts",
    "Matcher",
    "complete",
    "describe",
    "parse_expression",
    "word_test",
]
