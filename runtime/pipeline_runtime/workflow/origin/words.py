"""The words of the guide's origin, and what becomes of them."""

from __future__ import annotations

CLAUDE_TYPES = frozenset({"claude", "claude_smart", "claude_robust", "claude_session", "claude_extract"})
"""One call to Claude each, with different comforts around it."""
GEMINI_TYPES = frozenset({"gemini"})
SONNET = "claude-sonnet-4-6"
CLAUDE_MODELS = {"sonnet": SONNET, "opus": "claude-opus-4-8", "haiku": "claude-haiku-4-5"}
"""What the short names of the old command line stand for."""
PRESET_MODELS = {"production": "opus", "analysis": "opus"}
"""The presets whose model was not Sonnet."""
GEMINI_MODEL = "gemini-2.5-flash"

TEXT_FIELDS = frozenset({"text", "content", "result", "results", "response", "output"})
"""Names under which the whole answer of a step could be asked for."""
VARIABLE_ROOTS = frozenset({"variables", "vars", "state", "global_vars", "input"})
PLAIN_FORMATS = frozenset({None, "text", "markdown", "json"})
LEGACY_STEP_KEYS = frozenset(
    {
        "async_stream",
        "async_streaming",
        "async_handler",
        "async_stream_handler",
        "async_handler_opts",
        "async_stream_handler_opts",
        "stream_buffer_size",
        "stream_console_config",
        "stream_file_path",
        "stream_file_format",
        "stream_file_rotation",
        "stream_buffer_config",
        "stream_callback_config",
    }
)
LEGACY_OPTION_KEYS = LEGACY_STEP_KEYS | {"stream_handler", "stream_handler_opts"}
"""The same inside of `claude_options`: the last two are today's at a step."""

WITHOUT_EFFECT = frozenset({"version", "metadata", "tags", "author", "description"})
"""They only describe: nothing is lost without them."""
_AGENT = "it steers an agent, and a step is one call to a model"
_TOLD = "every run tells its usage and timing"
OPTION_REASONS = {
    **dict.fromkeys(
        (
            "max_turns",
            "allowed_tools",
            "disallowed_tools",
            "cwd",
            "permission_mode",
            "resume_session",
            "mcp_config",
            "add_dir",
        ),
        _AGENT,
    ),
    **dict.fromkeys(("verbose", "debug_mode", "print", "cost_tracking", "telemetry_enabled"), _TOLD),
    "output_format": "an answer is its text",
    "fallback_model": "no other model is called unasked",
    "max_input_tokens": "a prompt is sent whole",
}
STEP_REASONS = {
    "role": "it only describes",
    "environment_aware": "there are no environments",
    "session_config": "no conversation is kept from call to call",
    "options": "there are no presets",
}
FLOW_REASONS = {
    "workspace_dir": "there is no agent that works in it",
    "checkpoint_enabled": "every run is kept in its run log",
    "checkpoint_dir": "every run is kept in its run log",
    "environment": "there are no environments",
    "claude_output_format": "an answer is its text",
    **dict.fromkeys(
        (
            "agents",
            "enable_context_management",
            "enable_skills",
            "hooks",
            "mcp_servers",
            "memory_config",
            "setting_sources",
        ),
        _AGENT,
    ),
}
PART_REASONS: dict[str, str] = dict.fromkeys(
    ("extract_with", "format", "post_processing", "summary", "max_length"), "the answer is given whole"
)
RETRY_REASONS: dict[str, str] = dict.fromkeys(
    ("backoff_strategy", "retry_conditions", "fallback_action", "circuit_breaker"),
    "what may fare better is tried again, with growing pauses",
)
NO_MEANING = "it has no meaning here"
