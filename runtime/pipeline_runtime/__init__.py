"""The shared streaming runtime of pipeline-tui: headless, typed, and never reaching for a UI.

Names are imported on first use, so that `import pipeline_runtime` stays cheap.
"""

__version__ = "0.1.0"
