# Hybrid Sync, from one place. Each command makes the environment that it needs.

.DEFAULT_GOAL := help
BIN := .venv/bin

.PHONY: help setup requirements format check test demo ui peers bench clean

help:  ## List the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-14s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:  ## Make .venv with the pinned packages, install the ODBC drivers
	@scripts/setup

requirements: setup  ## Write requirements.txt from requirements.in (UV_ARGS=--upgrade moves the pins)
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links \
		--no-annotate --custom-compile-command "make requirements" $(UV_ARGS) requirements.in -o requirements.txt

format: setup  ## Format the code, mend what the linter can mend
	@$(BIN)/ruff check --fix --quiet
	@$(BIN)/ruff format

check: setup  ## Format (with CI=true: only compare), lint, check types and layers
	@$(BIN)/ruff format $(if $(filter true,$(CI)),--check)
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@PYTHONPATH=plugins $(BIN)/lint-imports --no-logo --no-cache

test:  ## Run every test (PYTEST_ARGS="tests/unit -n 0" chooses)
	@scripts/setup --tests
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

demo: setup  ## Show the sync on two databases made for it
	@$(BIN)/python -m demo

ui: setup  ## Open the Airflow UI over the demo's databases, until Ctrl-C
	@$(BIN)/python -m demo.ui

peers: setup  ## Tell one small story to this package, dlt, target-postgres and Sling, and compare
	@PYTHONPATH=plugins $(BIN)/python -m peers

bench: setup  ## Measure speed and memory against the floor and peers (BENCH_ARGS="--rows 100000 --repeat 1" looks quickly)
	@PYTHONPATH=plugins $(BIN)/python -m bench $(BENCH_ARGS)

clean:  ## Remove .venv, the demo's databases and every cache
	rm -rf .venv .venv-peers .demo build logs .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +
