# Everything a person or CI runs. A machine with Python 3.11 or later, pip, make and git needs nothing else.
.DEFAULT_GOAL := help
.PHONY: help setup run demo test lint format types bench lock clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
WORKSPACE ?= workspace
STAMP := $(VENV)/.set-up

help: ## Show the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(STAMP) ## Set everything up in .venv (a second run starts at once)

$(UV):
	$(PYTHON) -c 'import sys; sys.exit("Handpicked needs Python 3.11 or later" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

# uv installs from the hashed lock, and from nowhere else: torch and torchvision must come from one source. Bytecode is
# compiled here, once: each job is a process of its own, and where Python may write none while it runs, every one of
# them would compile torch anew.
$(STAMP): $(UV) requirements.lock pyproject.toml
	$(UV) pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

run: setup ## Open the app (WORKSPACE=folder to choose one)
	$(BIN)/handpicked --workspace $(WORKSPACE) app

demo: setup ## The whole path on sample videos, without a browser
	$(BIN)/handpicked demo --out demo

test: setup ## Lint, types, and all tests
	$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: setup types ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

format: setup ## Put the code into the house style
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

bench: setup ## Measure the speed claims
	$(BIN)/python -m benchmarks

lock: $(UV) ## Resolve the dependencies anew into requirements.lock
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --all-extras \
		--override overrides.txt --output-file requirements.lock pyproject.toml

clean: ## Remove the environment and caches (workspaces stay)
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
