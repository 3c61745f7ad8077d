PYTHON ?= python3
VENV ?= .venv
CONSTRAINTS ?= constraints.txt
EXTRAS ?= all
PYTEST ?=
DATA ?=

BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help study test test-min lint bench docs clean

help:  ## Show the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

study: $(READY)  ## Run the main job on the embedded data (DATA=folder: on real records)
	$(BIN)/python examples/plot_event_nature_study.py $(if $(DATA),--data "$(DATA)")

test: $(READY)  ## Run all tests (PYTEST="..." passes options on)
	$(BIN)/python -m pytest -n auto --dist worksteal $(PYTEST)

test-min:  ## Run the fast tests with the oldest supported packages
	$(MAKE) test VENV=.venv-min CONSTRAINTS=constraints-min.txt EXTRAS=test \
		PYTEST='-m "not slow"'

lint: $(READY)  ## Check style and format
	$(BIN)/ruff check
	$(BIN)/ruff format --check

bench: $(READY)  ## Time what must be fast
	for bench in benchmarks/bench_*.py; do $(BIN)/python $$bench || exit 1; done

docs: $(READY)  ## Build the site into docs/_build/html, examples included
	$(BIN)/python -m sphinx -W --keep-going -j auto -b html docs docs/_build/html

clean:  ## Remove what the other targets made, the environments included
	rm -rf .venv .venv-min results build dist docs/_build docs/gallery \
		docs/api/generated docs/sg_execution_times.rst
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml $(CONSTRAINTS)
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit( \
		"Python 3.11 or later is needed: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		-c $(CONSTRAINTS) -e '.[$(EXTRAS)]'
	@touch $@
