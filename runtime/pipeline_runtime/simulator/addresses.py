"""Where each protocol is spoken: what a client is given as its base URL."""

from __future__ import annotations

BASE_PATHS = {
    "anthropic": "",
    "openai-chat": "/v1",
    "openai-responses": "/v1",
    "gemini": "/v1beta",
    "ollama": "",
}
"""By protocol: what follows the server's root, and the scenario's key, in a base URL."""
