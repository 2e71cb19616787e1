"""Model text made safe and wrapped for a terminal: pure functions, no Textual."""
