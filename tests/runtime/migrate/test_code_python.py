"""Python sources: what is found, what is rewritten, what is left alone and why."""

from __future__ import annotations

import pytest

from helpers_code import CLASS, MATCH, PARTS, UNPACKED, left, rewritten
from pipeline_runtime.errors import WorkflowError
from pipeline_runtime.migrate.code_python import migrate


def told(text: str) -> list[tuple[int, int, str, str]]:
    return [(one.line, one.column, one.what, one.becomes) for one in migrate(text, "a.py").findings]


def test_a_class_gets_handle_event_and_keeps_everything_else():
    assert rewritten(CLASS) == CLASS.replace(
        "import sys  # for stdout\n", "import sys  # for stdout\nfrom pipeline_runtime import Delta, Done\n"
    ).replace(
        "    # each chunk\n    def on_chunk",
        "    def handle_event(self, event):\n"
        '        if isinstance(event, Delta) and event.lane == "text":\n'
        "            self._on_delta(event.content)\n"
        "        elif isinstance(event, Done):\n"
        "            self._on_done(event.response)\n\n"
        "    # each chunk\n    def _on_delta",
    ).replace("def on_complete", "def _on_done").replace('result["text"]', "result.text").replace(
        "result.get('tokens')", "(result.usage and result.usage.output)"
    )  # fmt: skip


def test_findings_tell_place_and_section():
    assert told(CLASS) == [
        (14, 9, "Printer.on_chunk", "handle_event(event), which calls _on_delta"),
        (17, 9, "Printer.on_complete", "handle_event(event), which calls _on_done"),
    ]
    assert {one.section for one in migrate(CLASS, "a.py").findings} == {"2. Architectural Changes"}


def test_annotations_async_and_calls_of_its_own():
    text = (
        "class H(object):\n"
        "\tasync def on_chunk(self, chunk: str) -> None:\n\t\tawait put(chunk)\n\n"
        "\tdef on_complete(self, result: dict) -> None:\n\t\tself.on_chunk(result.text)\n"
    )
    assert rewritten(text) == (
        "from pipeline_runtime import Delta, Done, Response\n\n\n"
        "class H(object):\n"
        "\tasync def handle_event(self, event: Delta | Done) -> None:\n"
        '\t\tif isinstance(event, Delta) and event.lane == "text":\n'
        "\t\t\tawait self._on_delta(event.content)\n"
        "\t\telif isinstance(event, Done):\n"
        "\t\t\tself._on_done(event.response)\n\n"
        "\tasync def _on_delta(self, chunk: str) -> None:\n\t\tawait put(chunk)\n\n"
        "\tdef _on_done(self, result: Response) -> None:\n\t\tself._on_delta(result.text)\n"
    )


def test_a_match_becomes_class_patterns():
    assert rewritten(MATCH) == "from pipeline_runtime import Delta, Done\n\n\n" + MATCH.replace(
        '("chunk", data)', 'Delta(content=data, lane="text")'
    ).replace('("complete", result)', "Done(response=result)").replace(
        "result['finish_reason']", "result.finish_reason"
    )


def test_an_unpacked_pair_goes_and_its_comment_stays():
    assert rewritten(UNPACKED) == (
        "from pipeline_runtime import Delta, Done\n\n\n"
        "async def handle(event):\n"
        "    # a pair\n"
        '    if isinstance(event, Delta) and event.lane == "text":\n'
        "        OUT.write(event.content)\n"
        "    elif isinstance(event, Done):\n"
        '        OUT.write("|" + event.response.finish_reason)\n'
    )


def test_arguments_get_todays_names():
    text = (
        "invoke(ctx, async_stream=True, async_handler = show)\n"
        'Step(async_streaming=on, async_handler="Pipeline.AsyncStreaming.ConsoleHandler")\n'
    )
    assert rewritten(text) == (
        "invoke(ctx, stream=True, on_event = show)\n"
        'Step(stream=on, stream_handler="Pipeline.Streaming.ConsoleHandler")\n'
    )


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("#!/usr/bin/env python\n# coding: utf-8\n\n# mine\n", "#!/usr/bin/env python\n# coding: utf-8\n\n{}\n\n\n# mine\n"),
        ('"""Doc."""\n', '"""Doc."""\n{}\n'),
        ("from __future__ import annotations; import a\n", "from __future__ import annotations; import a\n{}\n"),
        ("\ufeff", "\ufeff{}\n\n\n"),
        ("from pipeline_runtime import Done\n", "from pipeline_runtime import Done\nfrom pipeline_runtime import Delta\n"),
        ("from pipeline_runtime import Done, Delta\n", "from pipeline_runtime import Done, Delta\n"),
    ],
)  # fmt: skip
def test_the_import_stands_where_imports_stand(text, after):
    head = after.format("from pipeline_runtime import Delta, Done")
    assert rewritten(text + MATCH).startswith(
        head + "def handle(event):\n    match event:\n        case Delta("
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("class A(Base):\n    def on_chunk(self, c): pass\n", "it inherits from another class"),
        ("class A:\n    def on_chunk(self, c, n): pass\n", "`on_chunk` takes more, or less, than one thing"),
        ("class A:\n    @staticmethod\n    def on_chunk(self, c): pass\n", "`on_chunk` is decorated"),
        ("class A:\n    def on_chunk(self, c): yield c\n", "`on_chunk` is a generator"),
        ("class A:\n    def on_chunk(self, c): pass\nA().on_chunk(1)\n", "line 3 uses `on_chunk`"),
        ("Delta = 3\nclass A:\n    def on_chunk(self, c): pass\n", "`Delta` means something else on line 1"),
    ],
)
def test_classes_that_are_not_simple_are_left_alone(text, reason):
    assert [why for _, why in left(text)] == [reason]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("print(result)", "what happens to the whole result on line 3 cannot be told"),
        ("print(result['cost'])", "a response has no `cost` (line 3)"),
        ("result['text'] = 1", "the result is changed on line 3"),
        ("result = 1", "`result` is bound again on line 3"),
        ("print(result[\n 'text' # c\n ])", "a comment stands where it would be lost"),
    ],
)
def test_results_that_nobody_can_tell_are_left_alone(body, reason):
    text = f"class A:\n    def on_chunk(self, c): pass\n    def on_complete(self, result): {body}\n"
    assert {why for _, why in left(text)} == {reason}


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (
            "            pass",
            "            raise ValueError",
            "the case on line 7 would get other lanes than the text",
        ),
        ("def handle(event)", "def handle(event, more)", "it takes more than an event"),
        ("    match", "    log(event)\n    match", "line 2 uses `event` outside of its branches"),
        ("def handle", "handle(3)\ndef handle", "line 1 calls it"),
        ('("chunk", data):', '("chunk", data) if data:', "line 3 is no plain branch"),
        ('("complete", result)', '("complete", {"text": t})', "its pattern looks into the result"),
    ],
)
def test_functions_that_are_not_simple_are_left_alone(old, new, reason):
    assert {why for _, why in left(MATCH.replace(old, new))} == {reason}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("@on('x')\n" + MATCH, "it is decorated"),
        (MATCH.replace("pass", "pass\n    yield 1"), "it is a generator"),
        (
            PARTS.replace("OUT.write(data)", "OUT.write(event, data)"),
            "`event` means something else on line 2",
        ),
    ],
)
def test_functions_that_look_simple_but_are_not(text, reason):
    assert {why for _, why in left(text)} == {reason}


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("for event in stream:\n    match event:\n        case ('chunk', d): pass\n", [3]),
        ("for kind, d in s:\n    if kind == 'chunk': pass\n    elif kind == 'complete': pass\n", [2, 3]),
        (
            "def f(kind, d):\n    match kind:\n        case 'chunk': pass\n        case 'complete': pass\n",
            [3, 4],
        ),
    ],
)
def test_loops_and_scripts_are_told(text, lines):
    assert left(text) == [(line, "it is no handler of one event") for line in lines]


def test_state_in_the_module_is_told_where_it_changes():
    text = "SEEN = []\ndef handle(event):\n    if event[0] == 'chunk':\n        SEEN.append(event[1])\n"
    assert left(text) == [
        (3, "it keeps state in the module (`SEEN`)"),
        (4, "all runs share it: keep it in a class, which is made anew for every run"),
    ]
    assert left("N = 0\nclass A:\n    def on_chunk(self, c):\n        global N\n        N += 1\n")[1][0] == 4


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("def f(async_stream=False): pass\nf(async_stream=True)\n", [1, 2]),
        ("f(stream=True, async_stream=True)\n", [1]),
        ("x = {'async_stream': True}\nx['async_handler']\nx.get('async_stream')\n", [1, 2, 3]),
        ("from old.async_streaming import AsyncStreaming\nAsyncStreaming.invoke(1)\n", [1, 1, 2]),
        ("def test():\n    feed(('chunk', 'a'))\n    feed(('complete', {}))\n", [2, 3]),
    ],
)
def test_what_somebody_must_change_is_told(text, lines):
    assert [line for line, _ in left(text)] == lines


@pytest.mark.parametrize(
    "text",
    [
        '"""async_stream=True, ("chunk", x), on_chunk"""\n',
        "# AsyncStreaming on_chunk\nx = 'chunk of async_stream'\n",
        "STATES = [('complete', 'Complete'), ('chunk', 'Chunk')]\n",
        "def f(part):\n    if part.type == 'chunk':\n        return 1\n",
        "class Today:\n    def handle_event(self, event): pass\n    def on_chunk(self, c): pass\n",
        "def f(async_handler): pass\n",
        "def f(a, b):\n    return 'chunk' if a == 'chunk' else b\n",
    ],
)
def test_no_false_alarm(text):
    assert told(text) == []


def test_what_is_no_python_is_told_with_its_line():
    with pytest.raises(WorkflowError, match="not Python") as caught:
        migrate("x = 1\ndef on_chunk(:\n", "a.py")
    assert caught.value.line == 2
    for deep in ("(" * 9000, "-" * 90_000, "[" * 150 + "]" * 150, "+".join(["1"] * 9000)):
        with pytest.raises(WorkflowError):
            migrate(f"async_stream = {deep}", "a.py")
