"""Any legacy file: what is not legacy stays byte for byte, a second run changes nothing, the result says the same."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from pipeline_runtime.errors import WorkflowError
from pipeline_runtime.migrate.keys import IN_OPTIONS, STEP_KEYS
from pipeline_runtime.migrate.yaml_text import migrate

HANDLERS = {
    "console": ("stream_console_config", {"show_timestamps": ("timestamps", "true"), "show_stats": ("summary", "false")}),
    "buffer": ("stream_buffer_config", {"max_size": ("max_events", "7"), "deduplication": ("deduplicate", "true")}),
    "simple": ("stream_handler_opts", {"show_timestamps": ("timestamps", "false")}),
    "debug": (None, {}),
}  # fmt: skip


@dataclass
class Made:
    """A step, its lines that are not legacy, and what it must come to."""

    lines: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    expected: dict = field(default_factory=dict)


@st.composite
def _noise(draw, indent: int, tag: str) -> str:
    pad = " " * indent
    kind = draw(st.sampled_from(["plain", "quoted", "list", "block", "comment", "blank", "anchor"]))
    return {
        "plain": f"{pad}k{tag}: some text  # c{tag}",
        "quoted": f"{pad}\"k{tag}\": 'async_stream: true'",
        "list": f"{pad}k{tag}: [a, {{b: c}}]",
        "block": f"{pad}k{tag}: |-\n{pad}  stream_handler: no key\n\n{pad}    deeper {tag}",
        "comment": f"{pad}# async_stream: true {tag}",
        "blank": f"{pad}# {tag}\n",
        "anchor": f"{pad}k{tag}: &n{tag} [1,  2]",
    }[kind]


@st.composite
def _step(draw, number: int, indent: int) -> Made:
    made = Made()
    pad = " " * indent
    flag = draw(st.booleans())
    handler = draw(st.sampled_from([None, *HANDLERS]))
    made.expected["stream"] = flag
    quote = draw(st.sampled_from(["", '"', "'"]))
    comment = draw(st.sampled_from(["", "  # why"]))
    first = f"{' ' * (indent - 2)}- id: s{number}"
    made.lines.append(first)
    made.kept.append(first)
    inside = draw(st.booleans())
    deep = pad + "  " if inside else pad
    key = "async_streaming" if inside else "async_stream"
    legacy = [[f"{deep}{quote}{key}{quote}: {str(flag).lower()}{comment}"]]
    if handler is not None:
        made.expected["stream_handler"] = handler
        legacy.append([f"{deep}{'stream_handler' if inside else 'async_handler'}: {quote}{handler}{quote}"])
        config, options = HANDLERS[handler]
        chosen = draw(st.lists(st.sampled_from(list(options)), unique=True)) if options and inside else []
        if chosen:
            legacy.append([f"{deep}{config}:", *(f"{deep}  {name}: {options[name][1]}" for name in chosen)])
            made.expected["stream_handler_opts"] = {
                options[name][0]: json.loads(options[name][1]) for name in chosen
            }
    if inside and draw(st.booleans()):
        legacy.append([f"{deep}stream_buffer_size: {draw(st.integers(1, 99))}{comment}"])
    counter = iter(range(1000))
    if inside:
        _add_noise(draw, made, indent, f"{number}x{next(counter)}")
        made.lines.append(f"{pad}claude_options:")
    for group in draw(st.permutations(legacy)):
        made.lines += group
        if draw(st.booleans()):
            _add_noise(draw, made, len(deep), f"{number}x{next(counter)}")
    last = f"{pad}prompt: p{number}"
    made.lines.append(last)
    made.kept.append(last)
    return made


def _add_noise(draw, made: Made, indent: int, tag: str) -> None:
    line = draw(_noise(indent, tag))
    made.lines.append(line)
    made.kept.append(line)


@st.composite
def _files(draw) -> tuple[str, list[Made], str]:
    indent = draw(st.sampled_from([4, 6]))
    steps = [draw(_step(number, indent)) for number in range(draw(st.integers(1, 4)))]
    head = draw(st.sampled_from(["steps:", "# a file\nworkflow:\n name: x\n steps:"]))
    line_break = draw(st.sampled_from(["\n", "\r\n"]))
    text = "\n".join([head, *(line for one in steps for line in one.lines)]) + draw(
        st.sampled_from(["", "\n"])
    )
    mark = draw(st.sampled_from(["", "\ufeff"]))
    return mark + text.replace("\n", line_break), steps, line_break


def _steps_of(text: str) -> list[dict]:
    data = YAML(typ="safe", pure=True).load(text)
    return (data.get("workflow") or data)["steps"]


@settings(max_examples=300, deadline=None)
@given(_files())
def test_any_legacy_file(file):
    before, steps, line_break = file
    result = migrate(before, "flow.yaml")
    assert all(one.fixable for one in result.findings), result.findings
    after = result.after

    again = migrate(after, "flow.yaml")
    assert (again.after, again.findings) == (after, ())

    place = 0
    for kept in (line for one in steps for line in one.kept):
        raw = kept.replace("\n", line_break)
        place = after.find(raw, place)
        assert place >= 0, f"{raw!r} is not in its place in\n{after}"
        place += len(raw)
    assert after.startswith("\ufeff") == before.startswith("\ufeff")
    assert after.endswith("\n") == before.endswith("\n")
    assert before.count("# why") == after.count("# why")

    for made, data in zip(steps, _steps_of(after), strict=True):
        streaming = {key: data[key] for key in data if key.startswith("stream")}
        assert streaming == made.expected
        assert not STEP_KEYS & data.keys()
        assert not IN_OPTIONS & (data.get("claude_options") or {}).keys()


@settings(max_examples=200, deadline=None)
@given(_files(), st.data())
def test_a_damaged_file_never_raises_anything_else(file, data):
    before, _, _ = file
    at = data.draw(st.integers(0, len(before)))
    damage = data.draw(
        st.sampled_from(["{", "}", "- ", ": ", "\t", "&a ", "*a", "#", "'", '"', "\n", "? ", "<<: *a", "|"])
    )
    text = before[:at] + damage + before[at:]
    try:
        result = migrate(text, "flow.yaml")
    except WorkflowError:
        return
    again = migrate(result.after, "flow.yaml")
    assert again.after == result.after
