"""What receives the events of a step."""
