"""Bytes to frames: incremental, sans-I/O, and nothing is ever dropped."""
