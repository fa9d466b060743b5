# Everything a person or CI runs. A machine with Python 3.11, 3.12 or 3.13, pip, make and git needs nothing else.
.DEFAULT_GOAL := help
.PHONY: help setup run demo test coverage test-corpus test-python test-pythons smoke lint format types javascript bench lock \
	clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
WORKSPACE ?= workspace
STAMP := $(VENV)/.set-up
COMPILE := --compile-bytecode

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP) ## Set everything up in .venv (a second run starts at once)

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info[:2] <= (3, 13) else \
		"Handpicked needs Python 3.11, 3.12 or 3.13, and %s is %s: name another as in PYTHON=python3.12" \
		% (sys.executable, sys.version.split()[0]))'
	@echo "Set-up, 1 of 3: an environment in $(VENV)"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

# uv installs from the hashed lock, and from nowhere else: torch and torchvision must come from one source. Bytecode is
# compiled here, once: each job is a process of its own, and where Python may write none while it runs, every one of
# them would compile torch anew. For one walk along the path that takes longer than it saves.
$(STAMP): $(UV) requirements.lock pyproject.toml
	@echo "Set-up, 2 of 3: the packages of requirements.lock (about 6 GB; minutes the first time, seconds from uv's cache)"
	$(UV) pip sync --python $(BIN)/python --require-hashes $(COMPILE) requirements.lock
	@echo "Set-up, 3 of 3: Handpicked itself"
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

run: setup ## Open the app (WORKSPACE=folder and PORT=number to choose)
	$(BIN)/handpicked --workspace "$(WORKSPACE)" app $(if $(PORT),--port $(PORT))

demo: setup ## The whole path on sample videos, without a browser
	$(BIN)/handpicked demo --out demo

# Tests start a thousand processes: each would compile our modules anew where the environment lets Python keep none.
test: setup ## Lint, types, and all tests
	$(MAKE) --no-print-directory --jobs 2 lint
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 2 --dist worksteal

coverage: setup ## All tests, and what share of the code they run
	$(BIN)/python -m pytest -n 2 --dist worksteal --cov --cov-report=term

test-python: ## Walk the path once on another Python (PYTHON=python3.13), in an environment of its own
	@version=$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])') && \
		PYTHONDONTWRITEBYTECODE= $(MAKE) --no-print-directory VENV=.venv-python$$version PYTHON=$(PYTHON) COMPILE= smoke

test-pythons: setup ## Do so on every other Python that Handpicked supports and this machine has
	$(BIN)/python -m tests.other_pythons

smoke: setup
	$(BIN)/python -m tests.python_smoke

test-corpus: setup ## Import and measure every reference video beside the checkout (needs ffprobe; many minutes)
	$(BIN)/python -m pytest -m corpus tests/corpus

lint: setup types javascript ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/vulture

types: setup
	$(BIN)/mypy

# Installs its packages into tests/javascript/node_modules, once for each lock. Without Node it says why it did nothing.
javascript: setup ## Check the types, rules and style of the JavaScript (needs Node 20.19 or later; the app does not)
	@$(BIN)/python -m tests.javascript_tools lint

format: setup ## Put the code into the house style
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .
	@$(BIN)/python -m tests.javascript_tools format

bench: setup ## Measure the speed claims
	$(BIN)/python -m benchmarks

lock: $(UV) ## Resolve the dependencies anew into requirements.lock
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--extra offline --extra dev --override overrides.txt --output-file requirements.lock pyproject.toml

clean: ## Remove the environment and caches (workspaces stay)
	rm -rf $(VENV) .venv-python* tests/javascript/node_modules .pytest_cache .ruff_cache .mypy_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
