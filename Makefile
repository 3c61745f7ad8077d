PYTHON ?= python3
OTHER ?= python3.13
VENV ?= .venv
CONSTRAINTS ?= constraints.txt
EXTRAS ?= dev
PYTEST ?=
DATA ?=

BIN := $(VENV)/bin
READY := $(VENV)/.ready
OLDEST := VENV=.venv-min CONSTRAINTS=constraints-min.txt EXTRAS=test
FAST := PYTEST='-m "not slow" $(PYTEST)'

.PHONY: help study env env-min env-other test test-min test-other test-new coverage \
	lint bench docs check-site check-packages clean

help:  ## Show the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

study: $(READY)  ## Run the main job on the embedded data (DATA=folder: on real records)
	$(BIN)/python examples/first_steps/plot_event_nature_study.py $(if $(DATA),--data "$(DATA)")

test: $(READY)  ## Run all tests (PYTEST="..." passes options on)
	$(BIN)/python -m pytest -n auto --dist worksteal $(PYTEST)

test-min:  ## Run the fast tests with the oldest supported packages
	$(MAKE) test $(OLDEST) $(FAST)

test-other:  ## Run the fast tests with another interpreter (OTHER=python3.13)
	$(MAKE) test VENV=.venv-other PYTHON="$(OTHER)" EXTRAS=test $(FAST)

test-new:  ## Run the fast tests with the newest packages, pinned or not
	$(MAKE) test VENV=.venv-new CONSTRAINTS=/dev/null EXTRAS=test $(FAST)

# Left out are two tests of processes that end by force: the measurement writes to the
# full disk of one, and slows the other so that most kills come too early.
coverage: $(READY)  ## Run nearly all tests and print which part of the code they run
	mkdir -p build
	$(MAKE) test PYTEST='--cov --cov-report=term $(PYTEST) \
		--deselect tests/test_atomic.py::test_a_full_disk_leaves_the_old_files \
		--deselect tests/test_seismic_archive.py::test_killed_imports_lose_nothing'

lint: $(READY)  ## Check style, format, spelling and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/codespell
	$(BIN)/pyright

bench: $(READY)  ## Time what must be fast; draw all runs in results/bench/trend.html
	missed=0; for bench in benchmarks/bench_*.py; do \
		$(BIN)/python $$bench || missed=1; done; \
	$(BIN)/python benchmarks/trend_page.py; exit $$missed

docs: $(READY)  ## Build the site into docs/_build/html, examples included
	$(BIN)/python -m sphinx -W --keep-going -j auto -b html docs docs/_build/html

check-site: $(READY)  ## Check links, search and pages of the built site in Chromium
	$(BIN)/python docs/check_site.py docs/_build/html \
		$(if $(SCREENSHOTS),--screenshots "$(SCREENSHOTS)")

check-packages: env env-min  ## Build wheel and sdist into dist/, install and use them
	.ci/check_packages $(if $(FRESH),--fresh)

clean:  ## Remove what the other targets made, the environments included
	rm -rf .venv .venv-min .venv-other .venv-new results build dist docs/_build \
		docs/gallery docs/api/generated docs/sg_execution_times.rst
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

env: $(READY)  ## Make the environment of the other targets

env-min:
	$(MAKE) env $(OLDEST)

env-other:
	$(MAKE) env VENV=.venv-other PYTHON="$(OTHER)" EXTRAS=test

$(READY): pyproject.toml $(CONSTRAINTS)
	@"$(PYTHON)" -c 'import sys; sys.version_info >= (3, 11) or sys.exit( \
		"Python 3.11 or later is needed: make PYTHON=python3.11 ...")'
	"$(PYTHON)" -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		-c $(CONSTRAINTS) -e '.[$(EXTRAS)]'
	@touch $@
