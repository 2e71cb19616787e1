"""The Textual front end of pipeline-tui."""
