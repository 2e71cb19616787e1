"""`python -m pipeline_runtime`: the headless front end."""

from __future__ import annotations

import sys

from pipeline_runtime.cli import main

if __name__ == "__main__":
    sys.exit(main())
