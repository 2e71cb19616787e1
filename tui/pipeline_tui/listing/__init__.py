"""What the Workflows screen shows, without Textual: places, rows, the filter, words for times."""
