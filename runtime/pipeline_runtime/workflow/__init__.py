"""YAML to models, templates, and what a step asks of a provider."""
