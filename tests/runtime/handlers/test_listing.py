"""What `handlers` lists."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from helpers_handlers import install
from pipeline_runtime.handlers import list_handlers, load_handler
from pipeline_runtime.handlers.finding import BUILT_INS, GUIDE_NAMES


def test_the_built_ins_are_listed_with_their_names_in_the_guide():
    known = list_handlers()[: len(BUILT_INS)]
    assert [one.name for one in known] == ["console", "simple", "file", "buffer", "callback", "debug"]
    assert {also: one.name for one in known for also in one.also} == GUIDE_NAMES
    for one in known:
        assert one.source == "built in"
        assert one.error is None
        assert one.says.endswith(".")
        assert all(option.says for option in one.options), one.name


@pytest.mark.parametrize("name", [name for name in (*BUILT_INS, *GUIDE_NAMES) if "all" not in name.lower()])
def test_every_name_loads(name: str, tmp_path: Path) -> None:
    opts = {"path": str(tmp_path / "x")} if "file" in name.lower() else {}
    assert load_handler(name, opts).made == "class"


def test_installed_ones_follow_and_broken_ones_do_not_hide_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "sample_handlers", raising=False)
    values = {
        "counting": "sample_handlers:Counting",
        "console": "sample_handlers:Counting",
        "plain": "sample_handlers:handle_event",
    }
    install(tmp_path, torn="sample_broken:x", **values, **{"a.b": "sample_handlers:Counting"})
    known = {one.name: one for one in list_handlers()[len(BUILT_INS) :]}
    assert list(known) == ["a.b", "console", "counting", "plain", "torn"]
    assert {one.source for one in known.values()} == {"acme-handlers 2.5"}
    assert [option.name for option in known["counting"].options] == ["start"]
    assert known["plain"].options == ()
    assert "RuntimeError: not today" in (known["torn"].error or "")
    assert "hides it" in (known["console"].error or "")
    assert "read as a path" in (known["a.b"].error or "")
    assert all(one.cure for one in known.values() if one.error)
