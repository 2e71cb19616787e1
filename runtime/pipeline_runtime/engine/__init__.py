"""A run: the steps of a workflow, walked in order, and everything that happens told to whoever subscribes."""
