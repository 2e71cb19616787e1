"""One call to a model: open, fall back, retry, time out, cancel, and tell it all as events."""
