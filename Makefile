# `make run` and `make test` need Python 3.11 or newer and make; everything else is installed into .venv from the lock.
PYTHON ?= python3
BIN := .venv/bin
QAPM := $(BIN)/qapm

.PHONY: run test lint format lock env docs bench clean dagster hooks
.DEFAULT_GOAL := help

help: ## list what make can do
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

env: .venv/.stamp ## make the environment from the lock (done once; again only when the lock changes)

.venv/.stamp: requirements.lock requirements-bootstrap.lock pyproject.toml
	@echo "Making the environment in .venv (about a minute, once)"
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else "qapm needs Python 3.11, 3.12 or 3.13; set PYTHON=/path/to/python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bootstrap.lock
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock requirements-bootstrap.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch .venv/.stamp

run: env ## make a synthetic authority and take it all the way to published datasets
	@$(QAPM) demo

test: env ## lint, then every test
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/python -m pytest -n 2 --dist loadgroup
