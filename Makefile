# make run sets everything up and opens the terminal; make test sets up and passes the tests.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP_QUIET := --disable-pip-version-check --quiet
JOBS ?= auto
# Without compiled files every worker would compile all tests anew, 9 s each.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run demo setup test test-long check style types suite bench screenshots clean

run: $(VENV)/.ready
	@$(BIN)/kit

demo: $(VENV)/.ready
	@$(BIN)/kit --demo

setup: $(VENV)/.ready-tests

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "K.I.T. needs Python 3.11 or newer: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up $(VENV) (once, about a minute)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.ready: pyproject.toml constraints.txt $(VENV)/bin/python
	@echo "Installing what K.I.T. needs into $(VENV)"
	@$(BIN)/python -m pip install $(PIP_QUIET) -c constraints.txt -e .
	@touch $@

$(VENV)/.ready-tests: pyproject.toml constraints.txt $(VENV)/bin/python
	@echo "Installing what K.I.T. and its tests need into $(VENV)"
	@$(BIN)/python -m pip install $(PIP_QUIET) -c constraints.txt -e '.[redis,discord,metatrader,charts,web,test]'
	@touch $@ $(VENV)/.ready

check: style types

style: $(VENV)/.ready-tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-cache

types: $(VENV)/.ready-tests
	$(BIN)/mypy

suite: $(VENV)/.ready-tests
	$(BIN)/pytest -n $(JOBS) --dist worksteal -m "not long"

# The types are checked beside the tests, which leave a core free whenever they wait.
test: style
	@$(MAKE) --no-print-directory -j 2 types suite

test-long: $(VENV)/.ready-tests
	$(BIN)/pytest -n $(JOBS) -m long --timeout 1800

bench: $(VENV)/.ready-tests
	@missed=0; for file in benchmarks/bench_*.py; do \
	  name=$$(basename $$file .py); echo "== $$name"; \
	  $(BIN)/python -m benchmarks.$$name || missed=1; done; exit $$missed

screenshots: $(VENV)/.ready-tests
	$(BIN)/python -m benchmarks.screenshots

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
