"""What endpoints can do, learned from their own words, per endpoint and request shape."""
