"""`python -m runtime` in a checkout: puts the runtime on the path and starts its headless front end."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from pipeline_runtime.cli import main

sys.exit(main())
