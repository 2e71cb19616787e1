"""Options: what is told of them, and what is said when one does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pytest

from pipeline_runtime.errors import HandlerLoadError
from pipeline_runtime.handlers.loading import load_handler
from pipeline_runtime.handlers.options import OptionError, options_of, size_option

if TYPE_CHECKING:
    from decimal import Decimal
    from typing import TextIO


class Odd:
    """Takes all kinds.

    Args:
        count: How many
            there are.
        mode: Which way.
    """

    def __init__(
        self,
        count: int,
        mode: Literal["fast", "slow"] = "fast",
        *,
        names: list[str] | None = None,
        price: Decimal | None = None,
        share: float = 0.5,
        stream: TextIO | None = None,
        loud: bool = False,
        anything=None,
    ) -> None:
        self.given = {
            "count": count,
            "mode": mode,
            "names": names,
            "price": price,
            "share": share,
            "loud": loud,
        }
        self.anything = anything
        self.stream = stream

    def handle_event(self, event: object) -> None:
        pass


def test_what_is_told_of_options():
    told = {one.name: one for one in options_of(Odd)}
    assert [
        (one.name, one.type, one.required, one.default) for one in told.values() if one.name != "stream"
    ] == [
        ("count", "integer", True, None),
        ("mode", "fast or slow", False, "fast"),
        ("names", "list of text", False, None),
        ("price", "Decimal | None", False, None),
        ("share", "number", False, 0.5),
        ("loud", "true or false", False, False),
        ("anything", "any", False, None),
    ]
    assert told["count"].says == "How many there are."
    assert told["mode"].says == "Which way."


def test_options_that_only_code_can_give_are_not_listed():
    from pipeline_runtime.handlers.console import ConsoleHandler

    assert "stream" not in {one.name for one in options_of(ConsoleHandler)}


def test_right_options_arrive():
    opts = {
        "count": 3,
        "mode": "slow",
        "names": ["a"],
        "share": 1,
        "loud": True,
        "price": "any",
        "anything": [1],
    }
    made = load_handler(Odd, opts).target
    assert made.given == {
        "count": 3,
        "mode": "slow",
        "names": ["a"],
        "share": 1,
        "loud": True,
        "price": "any",
    }
    assert made.anything == [1]


@pytest.mark.parametrize(
    ("opts", "message", "cure"),
    [
        ({"cuont": 1}, "option `cuont`: there is no such option", "did you mean `count`?"),
        ({}, "option `count`: it is missing", "give `count` in stream_handler_opts"),
        ({"count": "3"}, "option `count`: expected `int`, got `str`", "give integer"),
        ({"count": True}, "option `count`: expected `int`, got `bool`", "give integer"),
        ({"count": 1, "mode": "fats"}, "option `mode`: `fats` is not known", "did you mean `fast`?"),
        ({"count": 1, "mode": 5}, "option `mode`", "give fast or slow"),
        ({"count": 1, "names": "a"}, "option `names`", "give list of text"),
        ({"count": 1, "loud": "yes"}, "option `loud`: expected `bool`, got `str`", "give true or false"),
    ],
)
def test_wrong_options_are_named(opts: dict[str, Any], message: str, cure: str) -> None:
    with pytest.raises(HandlerLoadError) as caught:
        load_handler(Odd, opts)
    assert caught.value.message.startswith(f"handler 'Odd': {message}")
    assert caught.value.cure == cure


@pytest.mark.parametrize(
    ("given", "size"),
    [(5, 5), ("5", 5), ("10MB", 10_000_000), ("512 KiB", 524_288), ("1.5k", 1500), ("2g", 2_000_000_000)],
)
def test_sizes(given: int | str, size: int) -> None:
    assert size_option("max_size", given) == size


@pytest.mark.parametrize("given", [0, -1, "", "much", "10 miles", "0.5", "1e3", "٣MB"])
def test_what_is_no_size(given: int | str) -> None:
    with pytest.raises(OptionError, match="is no size"):
        size_option("max_size", given)


@pytest.mark.parametrize(
    ("name", "opts", "message"),
    [
        ("file", {}, "`path`: it is missing"),
        ("file", {"path": " "}, "`path`: it is empty"),
        ("file", {"path": "a/{stpe}.txt"}, "`path`: `{stpe}` is not known"),
        ("file", {"path": "a", "max_size": "big"}, "`max_size`: `big` is no size"),
        ("file", {"path": "a", "mode": "atomic", "max_size": 9}, "an atomic file is not rotated"),
        ("file", {"path": "a", "keep": -1}, "`keep`: -1 is too small"),
        ("file", {"path": "a", "flush_every": -0.1}, "`flush_every`: -0.1 is too small"),
        ("file", {"path": "a.txt", "kinds": ["delta"]}, "`kinds`: a text file has no events"),
        ("file", {"path": "a.jsonl", "kinds": ["dleta"]}, "there is no event kind 'dleta'"),
        ("buffer", {"max_events": 0}, "`max_events`: 0 is too small"),
        ("buffer", {"when_full": "rign"}, "`when_full`: `rign` is not known"),
        ("buffer", {"hand_over": "os:sep"}, "`hand_over`: `os:sep` is no function"),
        ("buffer", {"hand_over": "no_such_thing:x"}, "cannot import 'no_such_thing'"),
        ("callback", {}, "`callback`: it is missing"),
        ("callback", {"callback": "os:sep"}, "`callback`: `os:sep` is no function"),
        ("callback", {"callback": "os:getcwd"}, "`callback`: `os:getcwd` does not take one event"),
        ("callback", {"callback": "os:fspath", "lanes": ["txet"]}, "`lanes`: there is no lane `txet`"),
        ("callback", {"callback": "os:fspath", "rate_limit": 0}, "`rate_limit`: 0 is no rate"),
        ("callback", {"callback": "os:fspath", "error_callback": "os:getcwd"}, "an exception and an event"),
        ("debug", {"width": 3}, "`width`: 3 is too small"),
        ("console", {"colour": "red"}, "`colour`: expected `bool"),
    ],
)
def test_wrong_options_of_the_built_ins(name: str, opts: dict[str, Any], message: str) -> None:
    with pytest.raises(HandlerLoadError) as caught:
        load_handler(name, opts)
    assert message in caught.value.message
    assert caught.value.cure
