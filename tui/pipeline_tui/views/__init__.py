"""Pure view models: what a screen shows, derived from events. No Textual in here."""
