"""`python -m tui` in a checkout: puts both roots on the path and starts the program."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "runtime"), str(ROOT / "tui")]

from pipeline_tui.__main__ import main  # noqa: E402 - needs the path above

sys.exit(main())
