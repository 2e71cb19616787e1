"""A real loopback HTTP server that speaks every protocol: the embedded default."""
