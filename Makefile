# Everything a user or a developer does here. Needs Python 3.11 or newer and make; `make` alone tells what there is.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# Most tests wait for servers and terminals half of their time: two for each core.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(2 * (os.cpu_count() or 1))')

.DEFAULT_GOAL := help
.PHONY: help run test conformance lint types contracts format screenshots wheel check bench clean

help:
	@echo 'make run           open pipeline-tui on the bundled workflows      ARGS="path/to/workflows --debug"'
	@echo 'make test          run the whole test suite in parallel            ARGS="-m streaming"'
	@echo 'make conformance   what every recorded stream comes to, beside the SDKs   ARGS="gemini/"'
	@echo 'make bench         what everything costs, beside its peers           ARGS="--rows runtime,panes16 --rounds 3"'
	@echo 'make check         all that CI does: tests, lint, types, contracts, the built wheel'
	@echo 'make lint types contracts format screenshots wheel clean     one of these alone'
	@echo 'PYTHON=python3.13 make run    with a Python of your choice'

run: $(VENV)/.run
	@$(BIN)/python -m pipeline_tui $(ARGS)

test: $(VENV)/.test
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

conformance: $(VENV)/.test
	@PYTHONPATH=tests $(BIN)/python -m conformance.table $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy
	$(BIN)/pyright

contracts: $(VENV)/.dev
	$(BIN)/lint-imports

format: $(VENV)/.dev
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

screenshots: $(VENV)/.run
	$(BIN)/python -m pipeline_tui.screenshots $(ARGS)

wheel: $(VENV)/.dev
	rm -rf dist
	$(BIN)/python -m build --outdir dist .

check:
	.ci/run

bench: $(VENV)/.test
	@PYTHONPATH=tests:runtime:tui $(BIN)/python -m bench.main $(ARGS)

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

# Each stamp means: this group is installed, from this pyproject.toml. With them a second call does not start pip.

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "pipeline-tui needs Python 3.11 or newer, and '$(PYTHON)' is $$($(PYTHON) --version 2>&1 || true)." >&2; \
	  echo "Install one, or name it: PYTHON=python3.13 make $(MAKECMDGOALS)" >&2; exit 1; }
	@echo 'Making $(VENV): once, a minute or two.'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/.run: pyproject.toml | $(VENV)/.made
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.test: pyproject.toml | $(VENV)/.made
	@echo 'Installing what the tests need.'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --group test
	@touch $@ $(VENV)/.run

$(VENV)/.dev: pyproject.toml | $(VENV)/.made
	@echo 'Installing what developers need.'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --group dev
	@touch $@ $(VENV)/.test $(VENV)/.run
