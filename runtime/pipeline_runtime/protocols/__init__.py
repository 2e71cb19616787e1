"""Frames to events, and requests to HTTP messages: one module a wire format, sans-I/O."""
