"""Looks at the machine, the workflow and what was recorded: everything that is not pure is here."""
