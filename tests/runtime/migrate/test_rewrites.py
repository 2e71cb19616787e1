"""What each legacy key becomes, as text: before and after, to the byte."""

from __future__ import annotations

import pytest

from helpers_migrate import migrated

CASES = {
    "the guide's example": (
        """\
- id: draft_report
  type: llm
  provider: claude
  async_stream: true
  async_handler: Pipeline.AsyncStreaming.ConsoleHandler
""",
        """\
- id: draft_report
  type: llm
  provider: claude
  stream: true
  stream_handler: Pipeline.Streaming.ConsoleHandler
""",
    ),
    "false, quotes, comments, order": (
        """\
steps:
  - "async_stream": false # no stream
    id: a
    'async_handler': "Pipeline.AsyncStreaming.DebugHandler"   # all of it
    prompt: x
""",
        """\
steps:
  - "stream": false # no stream
    id: a
    'stream_handler': "Pipeline.Streaming.DebugHandler"   # all of it
    prompt: x
""",
    ),
    "options under today's key that only the old handler took": (
        """\
steps:
- id: a
  async_handler: file
  stream_handler_opts: {format: json}
""",
        """\
steps:
- id: a
  stream_handler: file
  stream_handler_opts: {path: "streams/{run}/{step}.txt", format: jsonl}
""",
    ),
    "options and what stays in them": (
        """\
workflow:
  name: x
  steps:
    - name: a
      type: claude
      claude_options:
        # streams
        async_streaming: true   # yes
        stream_handler: "console"
        stream_buffer_size: 50  # small

        # other
        max_turns: 10
      prompt: p
""",
        """\
workflow:
  name: x
  steps:
    - name: a
      type: claude
      stream: true   # yes
      stream_handler: "console"
      claude_options:
        # streams
        # small

        # other
        max_turns: 10
      prompt: p
""",
    ),
    "options that go wholly": (
        """\
steps:
  - name: a
    prompt: |
      text
    claude_options:
      # must not become text
      async_streaming: true
      stream_handler: file
      stream_file_path: >-
        ./out/
        a.txt
  - name: b
    claude_options:   # why
      async_streaming: false
""",
        """\
steps:
  - name: a
    prompt: |
      text
    stream: true
    stream_handler: file
    stream_handler_opts:
      path: >-
        ./out/
        a.txt
      # must not become text
  - name: b
    stream: false   # why
""",
    ),
    "console": (
        """\
steps:
  - name: a
    claude_options:
      async_streaming: true
      stream_handler: console
      stream_console_config:   # looks
        show_timestamps: true  # when
        color_output: false
        # not today
        show_progress: true
        show_header: true
        show_stats: true
        show_tool_use: true
        # the end
      max_turns: 1
""",
        """\
steps:
  - name: a
    stream: true
    stream_handler: console
    stream_handler_opts:   # looks
      timestamps: true  # when
      colour: false
      # not today
      header: true
      summary: true
      tools: true
    claude_options:
        # the end
      max_turns: 1
""",
    ),
    "file": (
        """\
steps:
  - name: a
    claude_options:
      async_streaming: true
      stream_handler: "file"
      stream_file_path: './logs/{{session_id}}.jsonl'
      stream_file_format: json
      stream_file_rotation:
        enabled: true
        max_size_mb: 10 # each
        max_files: 3
        compress: true
      verbose: true
""",
        """\
steps:
  - name: a
    stream: true
    stream_handler: "file"
    stream_handler_opts:
      path: "./logs/{run}.jsonl"
      format: jsonl
      max_size: 10MiB # each
      keep: 3
      compress: true
    claude_options:
      verbose: true
""",
    ),
    "buffer": (
        """\
steps:
  - name: a
    claude_options:
      async_streaming: true
      stream_handler: buffer
      stream_buffer_config: {max_size: 100, circular: false, deduplication: true, collect_stats: true}
""",
        """\
steps:
  - name: a
    stream: true
    stream_handler: buffer
    stream_handler_opts: {max_events: 100, when_full: stop, deduplicate: true}
""",
    ),
    "callback": (
        """\
steps:
  - name: a
    claude_options:
      async_streaming: true
      stream_handler: callback
      stream_callback_config:
        filter_types: [text, tool_use, result]
        rate_limit: 10
        async_callback: true
        error_strategy: continue
  - name: b
    claude_options:
      async_streaming: true
      stream_handler: callback
      stream_handler_opts: {module: my_app.streams, function: on_message}
""",
        """\
steps:
  - name: a
    stream: true
    stream_handler: callback
    stream_handler_opts:
      callback: logging:info
      kinds: [delta, done]
      lanes: [text, tool_input]
      rate_limit: 10
      over_limit: skip
      thread: true
      on_error: continue
  - name: b
    stream: true
    stream_handler: callback
    stream_handler_opts: {callback: my_app.streams:on_message}
""",
    ),
    "braces": (
        """\
steps:
  - {id: a, async_stream: true, async_handler: ConsoleHandler}
  - { "name": "b", "claude_options": { "async_streaming": true, "stream_handler":"simple" } }
  - {name: c, claude_options: {max_turns: 1, async_streaming: true, stream_buffer_size: 5}}
  - {name: d, claude_options: {
      async_streaming: true,  # on
      stream_handler: "console",
      max_turns: 1
    }}
""",
        """\
steps:
  - {id: a, stream: true, stream_handler: console}
  - { "name": "b", "stream": true, "stream_handler": "simple" }
  - {name: c, stream: true, claude_options: {max_turns: 1}}
  - {name: d, stream: true, stream_handler: "console", claude_options: {
      # on
      max_turns: 1
    }}
""",
    ),
    "first in an item": (
        """\
steps:
  - claude_options:
      stream_buffer_size: 3
      async_streaming: true   # x
    name: a
  - claude_options:
      stream_buffer_size: 3
    name: b
""",
        """\
steps:
  - stream: true   # x
    name: a
  - claude_options: {}
    name: b
""",
    ),
    "anchors, aliases and merges": (
        """\
x-stream: &stream
  async_streaming: true   # shared
  stream_handler: "console"
x-base: &base
  type: claude
  claude_options: &opts
    async_streaming: true
    max_turns: 5
steps:
  - name: a
    claude_options:
      <<: *stream
      max_turns: 3
  - <<: *base
    name: b
  - name: c
    claude_options: *opts
  - name: d
    claude_options: &o
      async_streaming: true
      stream_handler: debug
  - name: e
    claude_options: *o
""",
        """\
x-stream: &stream {}
  # shared
x-base: &base
  type: claude
  stream: true
  claude_options: &opts
    max_turns: 5
steps:
  - name: a
    stream: true
    stream_handler: "console"
    claude_options:
      <<: *stream
      max_turns: 3
  - <<: *base
    name: b
  - name: c
    stream: true
    claude_options: *opts
  - name: d
    stream: true
    stream_handler: debug
    claude_options: &o {}
  - name: e
    stream: true
    stream_handler: debug
    claude_options: *o
""",
    ),
    "templates of the first dialect": (
        """\
.t: &t
  async_stream: &on true
  async_handler: Pipeline.AsyncStreaming.SimpleMessageHandler
steps:
  - <<: *t
    id: a
  - id: b
    async_stream: *on
""",
        """\
.t: &t
  stream: &on true
  stream_handler: Pipeline.Streaming.SimpleHandler
steps:
  - <<: *t
    id: a
  - id: b
    stream: *on
""",
    ),
    "own options that kept merged ones away": (
        """\
x: &base
  type: claude
  claude_options:
    async_streaming: true
    stream_handler: file
    stream_file_path: a
steps:
  - <<: *base
    name: a
    claude_options:
      max_turns: 1
  - <<: *base
    name: b
    claude_options:
      async_streaming: true
  - <<: *base
    name: c
""",
        """\
x: &base
  type: claude
  stream: true
  stream_handler: file
  stream_handler_opts:
    path: a
steps:
  - <<: *base
    name: a
    stream: false
    claude_options:
      max_turns: 1
  - <<: *base
    name: b
    stream: true
    stream_handler: console
    stream_handler_opts: {}
  - <<: *base
    name: c
""",
    ),
    "defaults give a handler its options in a list": (
        """\
workflow:
  defaults:
    claude_options:
      async_streaming: true
      stream_handler: "file"
      stream_file_path: "./a.jsonl"  # here
      verbose: true
  steps:
    - name: a
      claude_options: {async_streaming: false}
    - name: loop
      type: for_loop
      steps:
        - name: inner
          parallel_tasks:
            - id: deep
              claude_options: {async_streaming: true, stream_handler: buffer}
""",
        """\
workflow:
  defaults:
    stream: true
    stream_handler:
      - handler: "file"
        opts:
          path: "./a.jsonl"  # here
    claude_options:
      verbose: true
  steps:
    - name: a
      stream: false
    - name: loop
      type: for_loop
      steps:
        - name: inner
          parallel_tasks:
            - id: deep
              stream: true
              stream_handler: buffer
""",
    ),
    "defaults of the first dialect": (
        """\
defaults:
  async_stream: true
  async_handler: Pipeline.AsyncStreaming.FileHandler
  provider: claude
steps: [{id: a, prompt: x}]
""",
        """\
defaults:
  stream: true
  stream_handler:
    - handler: Pipeline.Streaming.FileHandler
      opts:
        path: "streams/{run}/{step}.txt"
  provider: claude
steps: [{id: a, prompt: x}]
""",
    ),
    "keys of the second dialect in the step itself": (
        """\
steps:
  - id: a
    async_streaming: true
    stream_file_path: "./x.jsonl" # path
    stream_file_format: jsonl
    stream_buffer_size: 10
    prompt: hi
  - id: b
    async_stream: yes
    async_handler: Pipeline.AsyncStreaming.ConsoleHandler
    stream_handler_opts:
      show_timestamps: true
""",
        """\
steps:
  - id: a
    stream: true
    stream_handler: file
    stream_handler_opts:
      path: "./x.jsonl" # path
      format: jsonl
    prompt: hi
  - id: b
    stream: true
    stream_handler: Pipeline.Streaming.ConsoleHandler
    stream_handler_opts:
      timestamps: true
""",
    ),
    "somebody's own handler": (
        """\
steps:
  - name: a
    claude_options:
      async_streaming: true
      stream_handler: my_pkg.handlers:Mine
      stream_handler_opts:
        limit: 5   # five
        deep:
          - x
  - name: b
    async_stream: true
    async_handler: [Pipeline.AsyncStreaming.ConsoleHandler, my_pkg.handlers:Mine]
""",
        """\
steps:
  - name: a
    stream: true
    stream_handler: my_pkg.handlers:Mine
    stream_handler_opts:
      limit: 5   # five
      deep:
        - x
  - name: b
    stream: true
    stream_handler: [Pipeline.Streaming.ConsoleHandler, my_pkg.handlers:Mine]
""",
    ),
    "several documents, and one that is no workflow": (
        """\
# one
---
steps:
  - id: a
    async_stream: true
---
service: {async_stream: true}
...
---
steps:
  - id: b
    async_stream: false
""",
        """\
# one
---
steps:
  - id: a
    stream: true
---
service: {async_stream: true}
...
---
steps:
  - id: b
    stream: false
""",
    ),
    "data and texts are nobody's keys": (
        """\
steps:
  - id: a
    params: {async_stream: true}
    prompt: "async_stream: true"
    ? async_stream
    : true
""",
        """\
steps:
  - id: a
    params: {async_stream: true}
    prompt: "async_stream: true"
    ? stream
    : true
""",
    ),
    "keys of the file itself": (
        """\
workflow:
  name: x
  async_streaming: true  # all
  async_handler: Pipeline.AsyncStreaming.ConsoleHandler
  steps:
    - name: a
      type: claude
""",
        """\
workflow:
  name: x
  defaults:
    stream: true  # all
    stream_handler: Pipeline.Streaming.ConsoleHandler
  steps:
    - name: a
      type: claude
""",
    ),
    "keys of a file that has defaults": (
        """\
async_stream: true
stream_buffer_size: 4
defaults:
    # d
    provider: claude
async_handler: file
stream_file_path: >-
  ./a
  b
steps: [{id: a, prompt: x}]
""",
        """\
defaults:
    # d
    stream: true
    stream_handler:
      - handler: file
        opts:
          path: >-
            ./a
            b
    provider: claude
steps: [{id: a, prompt: x}]
""",
    ),
    "keys of a file in braces": (
        """\
{"async_stream": false, "stream_buffer_size": 4, "steps": [{"id": "a"}]}
""",
        """\
{"defaults": {"stream": false}, "steps": [{"id": "a"}]}
""",
    ),
    "options of the file itself": (
        """\
name: x
claude_options:
  async_streaming: true
  stream_handler: file
  stream_file_path: |-
    x
  verbose: true
steps: [{id: a, prompt: x}]
""",
        """\
name: x
defaults:
  stream: true
  stream_handler:
    - handler: file
      opts:
        path: |-
          x
claude_options:
  verbose: true
steps: [{id: a, prompt: x}]
""",
    ),
    "both keys, saying the same": (
        """\
steps:
  - id: a
    stream: true
    async_stream: true # same
    stream_handler: console
    async_handler: Pipeline.AsyncStreaming.ConsoleHandler
""",
        """\
steps:
  - id: a
    stream: true
    # same
    stream_handler: console
""",
    ),
}


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=list(CASES))
def test_a_legacy_file_becomes_todays(before, after):
    assert migrated(before) == after


@pytest.mark.parametrize("line_break", ["\r\n", "\r"], ids=["CRLF", "CR"])
@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=list(CASES))
def test_line_ends_stay(before, after, line_break):
    assert migrated(before.replace("\n", line_break)) == after.replace("\n", line_break)


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=list(CASES))
def test_a_byte_order_mark_stays_and_a_final_line_break_is_not_added(before, after):
    assert migrated("\ufeff" + before.removesuffix("\n")) == "\ufeff" + after.removesuffix("\n")


def test_each_line_keeps_its_own_end():
    before = "steps:\r\n- id: a\n  claude_options:\r\n    async_streaming: true\n    max_turns: 1\r\n"
    assert (
        migrated(before) == "steps:\r\n- id: a\n  stream: true\r\n  claude_options:\r\n    max_turns: 1\r\n"
    )


def test_a_file_of_today_is_left_as_it_is():
    text = "steps:\n- {id: a, stream: true, stream_handler: console, stream_handler_opts: {colour: true}}\n"
    assert migrated(text) == text
