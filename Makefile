# `make run` and `make test` need Python 3.11 or newer and make; everything else is installed into .venv from the lock.
PYTHON ?= python3
BIN := .venv/bin
QAPM := $(BIN)/qapm

.DEFAULT_GOAL := help
.PHONY: help env run test lint format docs parse dagster bench lock clean

help: ## list what make can do
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

env: .venv/.stamp ## make the environment from the lock (once; again only when the lock changes)

.venv/.stamp: requirements.lock requirements-bootstrap.lock pyproject.toml
	@echo "Making the environment in .venv (about a minute, once)"
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else "qapm needs Python 3.11, 3.12 or 3.13: make PYTHON=/path/to/python3.11 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bootstrap.lock
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock requirements-bootstrap.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch .venv/.stamp

run: env ## make a synthetic authority and take it all the way to published datasets
	@$(QAPM) demo

test: env parse ## lint, then every test (needs nothing else)
	@$(MAKE) --no-print-directory lint
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -rs

# A staging model that is one call of the macro `staged` has no SQL of its own to lint (a third of a second each to open).
lint: env ## ruff and sqlfluff
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --check --quiet .
	@$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar $$(grep -rL 'staged(' --include='*.sql' dbt_project/models)

format: env ## let ruff mend what it can
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

docs: env ## write what is generated: the data dictionary, dbt's source files and the list of licences
	@$(BIN)/python -m orchestration.dictionary
	@$(BIN)/python -m orchestration.licences

# Dagster reads the manifest; it is made here, never at import.
parse: dbt_project/target/manifest.json ## parse the dbt project for Dagster

dbt_project/target/manifest.json: .venv/.stamp $(shell find dbt_project -name '*.sql' -o -name '*.yml' | grep -v target)
	@# what dbt kept of an older version of the project can contradict the new one: parse anew, once
	@cd dbt_project && export DO_NOT_TRACK=1 && (../$(BIN)/dbt parse --quiet --profiles-dir . --log-level-file none \
		|| (rm -f target/partial_parse.msgpack && ../$(BIN)/dbt parse --quiet --profiles-dir . --log-level-file none))
	@touch $@

dagster: env parse ## the whole graph in a browser, on your data folder
	@mkdir -p $${DAGSTER_HOME:-$(CURDIR)/.dagster_home} && cp dagster.yaml $${DAGSTER_HOME:-$(CURDIR)/.dagster_home}/
	@QAPM_HOME=$${QAPM_HOME:-$(CURDIR)/data} DAGSTER_HOME=$${DAGSTER_HOME:-$(CURDIR)/.dagster_home} $(BIN)/dagster dev -m orchestration.definitions

bench: env ## run the benchmarks and print their tables
	@$(BIN)/python -m benchmarks.run

lock: ## compile the lock again after a change of pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --extra dev pyproject.toml -o requirements.lock > /dev/null

clean: ## remove what make made (not the data folder)
	@rm -rf .venv dbt_project/target dbt_project/logs .ruff_cache *.egg-info
