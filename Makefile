# Every task of the project; each target does all the set-up that it needs.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PEERS := .venv-bench
PEERS_READY := $(PEERS)/.ready
COMPILE := uv pip compile --universal --generate-hashes --no-emit-index-url --no-annotate --no-header \
  --python-version 3.11
ARGS ?=

.PHONY: help check test report lab soak bench clean format lock notebooks-test

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if v >= (3, 11) else f"Python 3.11 or newer is needed; {sys.executable} is {v[0]}.{v[1]}. Name another: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation -e .
	@touch $@

check: $(READY) ## Format, lint, types, layers, notebooks, dependencies
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/nbstripout --verify --keep-id notebooks/*.ipynb
	$(BIN)/python -m pytest -q tests/docs

test: $(READY) ## All tests, on the embedded engines
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

report: $(READY) ## Run the notebooks and write reports/index.html
	$(BIN)/workbench report $(ARGS)

lab: $(READY) ## Open the notebooks in JupyterLab
	$(BIN)/jupyter lab --ip=127.0.0.1 notebooks

$(PEERS_READY): requirements-bench.lock
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-bench.lock
	@touch $@

soak: $(READY) ## Long trials: 200 fault schedules, 50 kills of a migration, a killed backfill, 20,000 orders under faults
	WORKBENCH_SOAK_SCHEDULES=200 WORKBENCH_SOAK_KILLS=50 $(BIN)/python -m pytest -n 2 --timeout 7200 \
	  tests/migration/test_fault_schedules.py tests/migration/test_killed_rehearsal.py
	WORKBENCH_SOAK_USERS=1000 $(BIN)/python -m pytest --timeout 3600 tests/migration/test_killed_backfill.py
	WORKBENCH_SOAK_ORDERS=20000 $(BIN)/python -m pytest --timeout 14400 tests/orders/test_order_trial.py -k go_wrong

bench: $(READY) $(PEERS_READY) ## Ratios against named peers and limits
	@set -e; for bench in benchmarks/bench_*.py; do $(BIN)/python $$bench; done

format: $(READY) ## Format the code and strip the notebooks
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/nbstripout --keep-id notebooks/*.ipynb

lock: ## Resolve the dependencies anew; needs uv
	$(COMPILE) --extra dev pyproject.toml -o requirements.lock
	$(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["bench"], sep="\n")' \
	  | $(COMPILE) - -o requirements-bench.lock

clean: ## Remove the environment, caches and reports
	rm -rf $(VENV) $(PEERS) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find reports -mindepth 1 ! -name README.md ! -name .gitkeep -delete
