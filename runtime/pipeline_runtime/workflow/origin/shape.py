"""Which files are of the guide's origin."""

from __future__ import annotations

from typing import Any


def is_origin(data: dict[str, Any]) -> bool:
    """Whether a file's data has a `workflow:` root, or steps that are named as they were there."""
    if isinstance(data.get("workflow"), dict):
        return "steps" not in data
    steps = data.get("steps")
    if not isinstance(steps, list) or not steps:
        return False
    return all(isinstance(step, dict) and _is_origin_step(step) for step in steps)


def _is_origin_step(step: dict[str, Any]) -> bool:
    return "name" in step and "id" not in step and isinstance(step.get("type"), str) and step["type"] != "llm"
