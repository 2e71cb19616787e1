"""From a name to a handler, and what is said when there is none."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from pipeline_runtime.errors import HandlerLoadError
from pipeline_runtime.events import Delta
from pipeline_runtime.handlers.console import ConsoleHandler
from pipeline_runtime.handlers.loading import load_handler

DELTA = Delta("r", "s", 1, 0, 0, "x", "text", 0, 0)


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.delitem(sys.modules, "sample_handlers", raising=False)


@pytest.mark.parametrize(
    ("spec", "who"),
    [
        ("sample_handlers:handle_event", "module"),
        ("sample_handlers.handle_event", "module"),
        ("sample_handlers:Group.Inner", "inner"),
    ],
)
def test_dotted_paths(spec: str, who: str) -> None:
    import sample_handlers  # type: ignore[import-not-found]

    load_handler(spec).handle_event(DELTA)
    assert sample_handlers.calls == [(who, "Delta")]


def test_a_module_with_handle_event(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "sample_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "printing.py").write_text("calls = []\ndef handle_event(event):\n    calls.append(event)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    load_handler("sample_package.printing").handle_event(DELTA)
    assert sys.modules["sample_package.printing"].calls == [DELTA]


@pytest.mark.parametrize("name", ["console", "Pipeline.Streaming.ConsoleHandler"])
def test_built_in_names(name: str) -> None:
    out = io.StringIO()
    handler = load_handler(name, {"stream": out})
    handler.handle_event(DELTA)
    assert out.getvalue() == "x"
    assert type(handler.target) is ConsoleHandler
    assert handler.made == "class"


def test_a_class_is_made_anew_each_time() -> None:
    first, second = (load_handler("sample_handlers:Counting", {"start": start}) for start in (0, 10))
    first.handle_event(DELTA)
    import sample_handlers

    second.handle_event(DELTA)
    assert [count for _, count in sample_handlers.calls] == [1, 11]
    assert sample_handlers.Counting.made == 2
    assert first.kinds == {"delta", "done"}


@pytest.mark.parametrize(
    ("spec", "message", "cure"),
    [
        ("consol", "there is no handler 'consol'", "did you mean 'console'?"),
        (
            "Pipeline.Streaming.ConsolHandler",
            "cannot import",
            "did you mean 'Pipeline.Streaming.ConsoleHandler'?",
        ),
        ("quite_else", "there is no handler", "package.module:name"),
        ("", "there is no handler", "package.module:name"),
        (":x", "there is no handler", ""),
        (".x", "there is no handler", ""),
        ("..x:y", "there is no handler", ""),
        ("a b:c", "there is no handler", ""),
        ("no_such_module_at_all:x", "cannot import 'no_such_module_at_all'", "PYTHONPATH"),
        ("sample_handlers:handle_evnt", "has no 'handle_evnt'", "did you mean 'handle_event'?"),
        ("sample_handlers:Group.Iner", "has no 'Iner'", "did you mean 'Inner'?"),
        ("sample_handlers:qqqq", "has no 'qqqq'", "define it in sample_handlers"),
        ("sample_handlers:two", "does not take one event: it is two(first, second)", "handle_event(event)"),
        (
            "sample_handlers:odd",
            "does not take one event: it is Callable(first, second)",
            "handle_event(event)",
        ),
        ("sample_handlers:number", "is not callable", "handle_event(event)"),
        ("sample_handlers:Silent", "is not callable", "handle_event(event)"),
        ("sample_handlers:Needy", "cannot be made: OSError: no such folder", "__init__"),
        ("sample_handlers:Typo", "there is no event kind 'dleta'", "did you mean 'delta'?"),
        ("sample_handlers:OneWord", "`kinds` is no collection", "kinds ="),
        ("sample_broken:x", "fails when it is imported: RuntimeError: not today", "mend the module"),
    ],
)
def test_what_cannot_be_loaded(spec: str, message: str, cure: str) -> None:
    with pytest.raises(HandlerLoadError) as caught:
        load_handler(spec)
    assert message in caught.value.message
    assert cure in caught.value.cure


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("sample_handlers:Counting", "option `colour`: there is no such option"),
        ("sample_handlers:handle_event", "is no class and no factory, and takes no options"),
    ],
)
def test_options_that_do_not_fit(spec: str, message: str) -> None:
    with pytest.raises(HandlerLoadError) as caught:
        load_handler(spec, {"colour": "red"})
    assert message in caught.value.message
    assert caught.value.cure
