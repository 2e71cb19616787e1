"""Elixir sources: every legacy use is told with its place, and nothing in strings and comments."""

from __future__ import annotations

import pytest

from pipeline_runtime.errors import WorkflowError
from pipeline_runtime.migrate.code_elixir import migrate
from pipeline_runtime.migrate.code_elixir_tokens import tokenize

LEGACY = '''\
defmodule MyApp.Draft do
  @moduledoc """
  Uses Pipeline.AsyncStreaming and {:chunk, data}; "quotes" and #{inspect({:chunk, 1})} too.
  """
  @behaviour Pipeline.AsyncStreaming.Handler
  alias Pipeline.{AsyncStreaming, LLM}
  alias Pipeline.AsyncStreaming.FileHandler, as: Old

  # Pipeline.AsyncStreaming.invoke!(ctx)
  def run(ctx) do
    Pipeline.AsyncStreaming.invoke!(prompt: ctx.prompt, handler: Pipeline.AsyncStreaming.ConsoleHandler)
    AsyncStreaming.invoke!(prompt: "{:chunk, no}", handler: Old)
  end

  def handle({:chunk, data}), do: IO.write(data)
  def handle({:complete, %{text: text}}), do: {:ok, text}
  def on_chunk(chunk), do: ~s({:chunk, #{chunk}})

  def step, do: %{async_stream: true, "async_handler" => "console", label: "async_stream"}
  def regex, do: ~r/{:chunk, "/ <> ~S"""
  {:complete, x} \\" #{
  """
  def char, do: [?", ?#, {:done, ?\\"}]
  @tag :async_streaming
end
'''


def told(text: str) -> list[tuple[int, int, str, str]]:
    return [(one.line, one.column, one.what, one.becomes) for one in migrate(text, "a.ex").findings]


def test_every_use_with_its_place_and_what_it_becomes():
    invoke = "Pipeline.LLM.invoke!(ctx, …, stream: true, on_event: &Handler.handle_event/1)"
    delta = "{:delta, %{content: …}}"
    assert told(LEGACY) == [
        (3, 75, "{:chunk, 1}", delta),
        (5, 14, "Pipeline.AsyncStreaming.Handler", "Pipeline.Streaming.Handler"),
        (6, 19, "Pipeline.AsyncStreaming", "Pipeline.Streaming"),
        (7, 9, "Pipeline.AsyncStreaming.FileHandler", "Pipeline.Streaming.FileHandler"),
        (11, 5, "Pipeline.AsyncStreaming.invoke!", invoke),
        (11, 66, "Pipeline.AsyncStreaming.ConsoleHandler", "Pipeline.Streaming.ConsoleHandler"),
        (12, 5, "AsyncStreaming.invoke!", invoke),
        (12, 61, "Old", "Pipeline.Streaming.FileHandler"),
        (15, 14, "{:chunk, data}", delta),
        (16, 14, "{:complete, %{text: text}}", "{:done, response}"),
        (17, 7, "on_chunk", "handle_event/1"),
        (19, 19, "async_stream:", "stream:"),
        (19, 39, '"async_handler"', '"stream_handler"'),
        (24, 8, ":async_streaming", ":streaming"),
    ]


def test_nothing_is_rewritten_and_each_names_its_section():
    result = migrate(LEGACY, "a.ex")
    assert result.after == result.before == LEGACY
    assert not any(one.fixable for one in result.findings)
    assert {one.section.partition(".")[0] for one in result.findings} == {"2", "3", "4", "5"}


def test_complete_means_other_things_where_nothing_streams():
    text = "def handle_info({:complete, job}), do: job\n"
    assert told(text) == []
    assert [one[2] for one in told("# of a stream\n" + text)] == ["{:complete, job}"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_whatever_ends_them(end):
    text = end.join(["# a", 's = "x', 'y"', "f({:chunk, 1})", ""])
    assert [one[:2] for one in told(text)] == [(4, 3)]


def test_a_string_that_is_never_closed_is_told_with_its_line():
    with pytest.raises(WorkflowError, match="never closed") as caught:
        migrate('x = {:chunk, 1}\ny = "open\n#{ {:chunk, 2} ', "a.ex")
    assert caught.value.line == 2


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("a?b", ["a?", "b"]),
        ("f ?a", ["f"]),
        ("x ? 1", ["x", "?"]),
        ("A.B.c!", ["A.B", ".", "c!"]),
        ('~w[a "b]c d', ["d"]),
        ("~S(a \\) #{b) c", ["c"]),
        ("~s(a #{f(%{b: 1})} ) c", ["f", "(", "%", "{", "b:", "}", ")", "c"]),
        ('"a\\"b" <> c', ['a\\"b', "<", ">", "c"]),
        ("a::b :c", ["a", "b", ":c"]),
        ("'''\n a ' b\n ''' c", ["\n a ' b", "c"]),
    ],
)
def test_tokens(text, texts):
    assert [one.text.rstrip() if one.kind == "string" else one.text for one in tokenize(text)] == texts
