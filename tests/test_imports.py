"""Who imports whom, in the source and in a running process."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

import pipeline_runtime

REPOSITORY = Path(__file__).resolve().parent.parent
UI = REPOSITORY / "tui" / "pipeline_tui"
RUNTIME = REPOSITORY / "runtime" / "pipeline_runtime"
PUBLIC_MODULES = {
    "pipeline_runtime.cli": {"COMMANDS", "main", "parse"},
    "pipeline_runtime.compare": None,
    "pipeline_runtime.debugging": None,
    "pipeline_runtime.curl": None,
    "pipeline_runtime.errors": None,
    "pipeline_runtime.events": None,
    "pipeline_runtime.expression": None,
    "pipeline_runtime.expression.syntax": None,
    "pipeline_runtime.faults": {"complete_fault", "parse_run_fault", "told"},
    "pipeline_runtime.library": None,
    "pipeline_runtime.library.exporting": None,
    "pipeline_runtime.library.quantities": {"show_size"},
    "pipeline_runtime.migrate.audit": {"FileAudit", "audit_paths", "undo_audit", "write_audit"},
    "pipeline_runtime.migrate.findings": {"Finding"},
    "pipeline_runtime.paths": None,
    "pipeline_runtime.pieces": {"compact"},
    "pipeline_runtime.ports": None,
    "pipeline_runtime.providers": None,
    "pipeline_runtime.replay": None,
    "pipeline_runtime.replay.faulted": {"FaultedReplay"},
    "pipeline_runtime.metrics": {"Gaps", "Meter"},
    "pipeline_runtime.runlog.bodies": {"Chunk", "RawBodies"},
    "pipeline_runtime.runlog.following": {"LogFollower"},
    "pipeline_runtime.runlog.index": None,
    "pipeline_runtime.runlog.summaries": None,
    "pipeline_runtime.sanitise": None,
    "pipeline_runtime.secrets": None,
    "pipeline_runtime.simulator": None,
    "pipeline_runtime.terminals": {"takes_osc52"},
    "pipeline_runtime.wording": {"counted"},
    "pipeline_runtime.tap": {"BaseUrl", "TapRun", "TapServer", "base_urls", "read_upstreams"},
    "pipeline_runtime.workflow": None,
    "pipeline_runtime.workflow.models": None,
}
"""What the UI may import; `None`: every name without an underscore. docs/architecture.md lists the modules."""

LOADED = "import sys, json; {}; sys.stderr.write(json.dumps(sorted({{name.partition('.')[0] for name in sys.modules}})))"


def loaded_by(program: str) -> set[str]:
    """The top-level packages that a process has loaded after `program`."""
    done = subprocess.run([sys.executable, "-c", LOADED.format(program)], capture_output=True, check=True)
    return set(json.loads(done.stderr.splitlines()[-1]))


def imports(path: Path) -> list[tuple[str, str]]:
    """Module and name of every import in a file, those for type checkers and inside of functions included."""
    found: list[tuple[str, str]] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            found += [(node.module or "", alias.name) for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
    return found


def test_importing_the_runtime_loads_nothing_heavy():
    heavy = {
        "textual",
        "rich",
        "httpx",
        "pydantic",
        "ruamel",
        "jinja2",
        "starlette",
        "uvicorn",
        "asyncio",
        "msgspec",
    }
    assert loaded_by("import pipeline_runtime") & heavy == set()


def test_event_types_need_only_msgspec():
    heavy = {"textual", "rich", "httpx", "pydantic", "ruamel", "jinja2", "starlette", "uvicorn", "asyncio"}
    assert loaded_by("from pipeline_runtime import Delta, Done") & heavy == set()


def test_reading_a_workflow_loads_no_http_and_no_ui():
    program = "from pipeline_runtime import load_workflow; load_workflow(r'%s')" % (
        REPOSITORY / "workflows/draft.yaml"
    )
    assert loaded_by(program) & {"textual", "rich", "httpx", "starlette", "uvicorn"} == set()


@pytest.mark.streaming
def test_a_headless_run_loads_no_ui():
    program = "from pipeline_runtime.cli import main; assert main(['run', 'fallback', '--json']) == 0"
    loaded = loaded_by(program)
    assert loaded & {"textual", "rich", "pipeline_tui"} == set()
    assert {"httpx", "starlette"} <= loaded


@pytest.mark.parametrize("path", sorted(UI.rglob("*.py")), ids=lambda path: path.relative_to(UI).as_posix())
def test_the_ui_imports_public_names_only(path):
    for module, name in imports(path):
        if module == "pipeline_runtime":
            assert name in {*pipeline_runtime.__all__, "__version__", "cli"}, name
        elif module.startswith("pipeline_runtime."):
            assert module in PUBLIC_MODULES, f"{module} is private to the runtime"
            allowed = PUBLIC_MODULES[module]
            assert not name.startswith("_")
            assert allowed is None or name in allowed, name


def test_the_architecture_page_lists_the_public_modules():
    page = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")
    (rule,) = re.findall(r"public names of the runtime only: (.*?)\n7\.", page, re.DOTALL)
    told = set(re.findall(r"`([\w.]+)`", rule)) - {"pipeline_runtime"}
    assert told == {name.removeprefix("pipeline_runtime.") for name in PUBLIC_MODULES}


def test_every_public_module_is_there():
    files = [RUNTIME.parent / name.replace(".", "/") for name in PUBLIC_MODULES]
    assert [
        file for file in files if not (file.with_suffix(".py").is_file() or (file / "__init__.py").is_file())
    ] == []


@pytest.mark.parametrize(
    "path", sorted(RUNTIME.rglob("*.py")), ids=lambda path: path.relative_to(RUNTIME).as_posix()
)
def test_the_runtime_never_names_the_ui(path):
    assert [
        module for module, _ in imports(path) if module.split(".")[0] in {"textual", "rich", "pipeline_tui"}
    ] == []


def test_no_module_needs_itself():
    """No import cycle at run time (those for type checkers do not count)."""
    graph = grimp.build_graph(
        "pipeline_runtime", "pipeline_tui", exclude_type_checking_imports=True, cache_dir=None
    )
    cycles = []
    for module in sorted(graph.modules):
        for imported in graph.find_modules_directly_imported_by(module):
            chain = graph.find_shortest_chain(imported, module)
            if chain:
                cycles.append(chain)
    assert cycles == []
