# Everything one does with a clone. `make` alone lists it; each target sets up what it needs.
.DEFAULT_GOAL := help
.PHONY: help setup demo test slow torture check format packages clean
SHELL := /bin/sh

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PEOPLE ?= 2000
TESTS ?= tests
CASES ?=
WORKERS ?= 4
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n $(WORKERS)

help:  ## list what one can do here
	@awk 'BEGIN {FS = ":.*## "; print "What one can do here:\n"} /^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\nAfterwards: %s --help\n' "$(BIN)/mailings"

setup: $(READY)  ## Python environment in .venv, pinned by constraints.txt

$(READY): pyproject.toml constraints.txt
	@python=$$(sh .ci/python) || exit 1; \
	  test -x $(BIN)/python || { echo "Making $(VENV) with $$python"; "$$python" -m venv $(VENV); }
	@echo "Installing the pinned packages into $(VENV); the first time this takes a minute or two"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(READY)  ## a whole mailing on invented people: Excel list in, newsletters in a mail folder out (PEOPLE=2000)
	@$(BIN)/mailings demo --people $(PEOPLE)

packages:  ## what some tests use beside Python: Postfix, PostgreSQL, Chromium, Prism
	@sh .ci/packages

# what is compiled is kept, whatever a container says: 9 s for each worker, and half a second for each of hundreds of processes
test: $(READY) packages  ## the tests, on SQLite and PostgreSQL (TESTS=tests/audience for all of some, WORKERS=4)
	@$(if $(filter tests,$(TESTS)),EXAMPLES=some $(PYTEST) -m "not slow" tests,$(PYTEST) $(TESTS))

slow: $(READY) packages  ## what takes longer: whole installations, every page of the docs followed, every law with all its examples
	@$(PYTEST) -m "slow or hypothesis" tests

torture: $(READY) packages  ## kills a sender at every point, twice, on every transport; a table of what was left (CASES="--once")
	@$(BIN)/python -m tests.torture $(CASES)

check: $(READY)  ## style, types, import contracts, docstrings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/interrogate --quiet cli deployments flows mailings tasks tests web

format: $(READY)  ## put the code in the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## remove .venv, caches and the demo; mail and databases under var/ stay
	rm -rf $(VENV) var/demo build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
