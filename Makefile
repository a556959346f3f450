# `make run` starts Daybook with its demo data; `make test` builds the same and passes the tests.

PORT ?= 8000
DAYBOOK_DATA ?= daybook-data
VENV := .venv
BIN := $(VENV)/bin

# The first interpreter that is new enough; `make PYTHON=...` chooses another.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)

# Tests that run at once; a file's stay together.
AT_ONCE ?= 2

# For `make torture`: minutes for each store, the seed that everything comes from, and one store instead of both.
MINUTES ?= 1
SEED ?= 1
STORE ?=

# For `make bench-audit`: events of the log that is verified, exported, replayed and rebuilt.
EVENTS ?= 1000000

# Where `make screenshots` leaves its pictures.
SCREENSHOTS ?= docs/screenshots

.PHONY: help install run test test-slow torture screenshots lint lock bench bench-growth bench-audit

help:
	@echo 'make run        start the demo on port $(PORT) (PORT=..., DAYBOOK_DATA=...)'
	@echo 'make test       run the tests, without those that take long'
	@echo 'make test-slow  run those that take long'
	@echo 'make torture    kill, pause, cut off and starve it, then check (MINUTES=1 SEED=1 STORE=sqlite or postgresql)'
	@echo 'make screenshots  take the pictures of the page that the docs show (needs Chromium; SCREENSHOTS=$(SCREENSHOTS))'
	@echo 'make lint       ruff, mypy, import-linter'
	@echo 'make bench      measure Daybook beside its peers (needs wrk)'
	@echo 'make bench-growth  measure long logs and crowded days'
	@echo 'make bench-audit  measure verify, export, replay, rebuild and a long day (EVENTS=$(EVENTS))'
	@echo 'make install    only build $(VENV)'
	@echo 'make lock       pin the requirements anew (needs uv)'

install: $(VENV)/installed

run: $(VENV)/installed
	@DAYBOOK_DATA='$(DAYBOOK_DATA)' exec $(BIN)/daybook serve --demo --port $(PORT)

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest -m 'not slow' -n $(AT_ONCE) --dist loadfile --no-loadscope-reorder --durations=20

test-slow: $(VENV)/installed-dev
	$(BIN)/python -m pytest -m slow -n $(AT_ONCE) --dist loadfile --no-loadscope-reorder --durations=20

torture: $(VENV)/installed-dev
	$(BIN)/python -m tests.torture --minutes $(MINUTES) --seed $(SEED) $(if $(STORE),--store $(STORE))

screenshots: $(VENV)/installed-dev
	$(BIN)/python -m tests.browser.screenshots '$(SCREENSHOTS)'

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/installed-dev
	$(BIN)/python benchmarks/bench.py

bench-growth: $(VENV)/installed-dev
	$(BIN)/python benchmarks/growth.py

bench-audit: $(VENV)/installed-dev
	$(BIN)/python benchmarks/audit.py --events $(EVENTS)

# Everything, the build backend too, is pinned with hashes; nothing is fetched but what these files name.
$(VENV)/installed: requirements/runtime.txt pyproject.toml | $(VENV)/bin/python
	$(call install,runtime)

$(VENV)/installed-dev: requirements/dev.txt pyproject.toml | $(VENV)/bin/python
	$(call install,dev)
	@touch $(VENV)/installed

define install
@echo 'Installing requirements/$(1).txt into $(VENV)'
@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/$(1).txt
@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
@touch $@
endef

$(VENV)/bin/python:
	@test -n '$(PYTHON)' || { echo 'Daybook needs Python 3.11 or newer. Install it, or name it: make PYTHON=/path/to/python3 ...' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo '$(PYTHON) is older than Python 3.11, which Daybook needs.' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo '$(PYTHON) cannot make virtual environments: install its venv package (python3-venv on Debian and Ubuntu).' >&2; exit 1; }
	@echo 'Building $(VENV) with '"$$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)

COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --annotation-style line --no-header

lock:
	$(COMPILE) --upgrade pyproject.toml requirements/build.in --output-file requirements/runtime.txt
	$(COMPILE) --upgrade pyproject.toml requirements/build.in --group dev --constraints requirements/runtime.txt --output-file requirements/dev.txt
