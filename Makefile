# Vigidom. `make help` lists the targets.
.DEFAULT_GOAL := help
.PHONY: help run test walks drills check format migrate bench soak install install-test browser lock
PYTHON ?= python3
BIN := .venv/bin

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/bin/python:
	@echo "Making .venv …"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Vigidom needs Python 3.11 or newer")'
	@$(PYTHON) -m venv .venv >/dev/null 2>&1 || sh webapp/get-venv.sh $(PYTHON)

.venv/.installed: requirements.lock pyproject.toml | .venv/bin/python
	@echo "Installing what Vigidom needs (a minute or two the first time) …"
	@sh webapp/get-packages.sh requirements.lock
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.installed-test: requirements-test.lock .venv/.installed
	@echo "Installing what the tests need …"
	@sh webapp/get-packages.sh requirements-test.lock
	@touch $@

install: .venv/.installed
install-test: .venv/.installed-test

browser:
	@sh tests/browser/get-chromium.sh

run: install ## start everything with an embedded database, Ctrl-C stops it
	@VIGIDOM_FOREGROUND=1 exec $(BIN)/vigidom run

test: install-test browser ## the test suite; walks and drills come beside it
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not walk and not drill"

drills: install-test ## kill processes at every line, move clocks, flood every route
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m drill

walks: install-test browser ## work on the pages of staff in a browser; look at each page with axe, at its sizes and in its languages
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m walk tests/browser

check: install-test ## formatting, lint, types, import directions, migrations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	sh tests/check-migrations.sh

format: install-test ## format and sort imports
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format .

migrate: install ## bring the database to this version's schema
	$(BIN)/vigidom migrate

bench: install-test ## measure, as ratios against a limit measured in the same run
	$(BIN)/python -m bench

soak: install-test ## kill a loaded installation at random for SOAK_MINUTES (2), then count; SOAK_SEED draws again
	@$(BIN)/python -m tests.soak --minutes $(or $(SOAK_MINUTES),2) $(if $(SOAK_SEED),--seed $(SOAK_SEED)) \
	  $(if $(SOAK_DATA_ONLY),--data-only)

lock: install-test ## solve the lock files anew
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-header --no-annotate --extra build pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-header --no-annotate --extra build --extra test -c requirements.lock pyproject.toml -o requirements-test.lock
