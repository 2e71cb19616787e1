"""Legacy workflows, and what is legacy in them, to today's."""
