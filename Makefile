# adgen: `make demo` shows the main job, `make test` runs the tests. Both keep their environment in .venv.

PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo demo-once serve test test-long check screenshots format

demo: $(VENV)/.runtime            ## demo brand, fine-tune, generate, screen, fill the queue, serve
	@$(PY) manage.py demo

demo-once: $(VENV)/.runtime       ## the same without serving
	@$(PY) manage.py demo --once

serve: $(VENV)/.runtime           ## the dashboard and a worker, nothing else
	@$(PY) manage.py serve

test: $(VENV)/.dev                ## services the tests need, then the tests
	@.ci/services
	@$(PY) -m pytest -n auto --dist loadgroup $(ARGS)

test-long: $(VENV)/.dev           ## the tests that take long: kills, crashes, whole queues
	@.ci/services
	@$(PY) -m pytest -n auto --dist loadgroup -m long $(ARGS)

check: $(VENV)/.dev               ## lint, types, layering, migrations, deployment settings
	@.ci/check

screenshots: $(VENV)/.dev        ## the pictures of the docs, made anew
	@.ci/services
	@$(PY) -m pytest --quiet tests/browser/screenshots.py

format: $(VENV)/.dev
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("adgen needs Python 3.11 or newer") if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.txt constraints.txt | $(VENV)/bin/python
	@echo "Installing adgen and what it needs into $(VENV) ..."
	@$(VENV)/bin/pip install --quiet --requirement requirements.txt
	@touch $@

$(VENV)/.dev: requirements.txt requirements-dev.txt constraints.txt | $(VENV)/bin/python
	@echo "Installing adgen and its test tools into $(VENV) ..."
	@$(VENV)/bin/pip install --quiet --requirement requirements-dev.txt
	@touch $@ $(VENV)/.runtime
