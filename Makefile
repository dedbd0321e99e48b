# `make demo` shows the page on three runs that are being trained; `make quick` runs what a change
# needs, `make test` every check, `make test-integrations` those with real frameworks.
# Each sets everything up by itself; what it installs goes into .venv, .venv-integrations and
# client/node_modules.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NODE := $(BIN)/python scripts/node.py

# Without its bytecode each of the many processes of the tests would compile what it imports.
export PYTHONDONTWRITEBYTECODE =

.PHONY: demo quick test docs test-integrations torture mutations setup python-test client-test browser-test lint types bench screenshots clean

demo: $(VENV)/.usable
	$(BIN)/confusionflow demo

# Types, lint, and the tests that take neither a browser nor seconds.
quick: setup
	$(MAKE) --jobs 2 types lint quick-test client-test

quick-test: setup
	$(BIN)/pytest -q -n 2 --dist worksteal --timeout 300 -m 'not browser and not torture and not slow'

# What takes one core goes side by side; the tests take two themselves.
test: setup
	$(MAKE) --jobs 2 types lint docs client-test
	$(MAKE) python-test browser-test

setup: $(VENV)/.installed

# Reinstalled when the declarations or the client change: the build hook rebuilds the client then.
# The build leaves out the client's linters and tests; its first tool installs them.
SOURCES := pyproject.toml hatch_build.py scripts/node.py constraints.txt \
	$(shell find client -type f -not -path '*/node_modules/*' -not -path '*/coverage/*' 2>/dev/null)

$(VENV)/.installed: $(SOURCES)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable . --group dev
	$(NODE) vitest --version >/dev/null
	touch $@ $(VENV)/.usable

# The package alone, without what its development needs.
$(VENV)/.usable: $(SOURCES)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --constraint constraints.txt --editable .
	touch $@

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(NODE) svelte-check --fail-on-warnings
	$(NODE) eslint --max-warnings 0
	$(NODE) prettier --check .

types: setup
	$(BIN)/mypy

# The docs as a site, in site/; a warning is an error.
docs: setup
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

python-test: setup
	$(BIN)/pytest -n 2 --dist worksteal --timeout 300 --cov --cov-report term:skip-covered \
		-m 'not browser and not torture'

client-test: setup
	$(NODE) vitest run --coverage

browser-test: setup
	$(BIN)/python scripts/browser.py
	$(BIN)/pytest -n 2 --dist worksteal --timeout 300 -p no:randomly -m 'browser and not torture' tests/e2e

# The integrations, with their real frameworks, notebooks, TensorBoard and trackers.
# File by file, so that there is one JupyterLab only.
test-integrations: .venv-integrations/.installed
	.venv-integrations/bin/python scripts/browser.py
	KERAS_BACKEND=torch OMP_NUM_THREADS=1 .venv-integrations/bin/python -m pytest -n 2 --dist loadfile --timeout 600 \
		-W default -m 'not torture' tests/integrations
	PYTHONPATH=$(CURDIR)/.venv-integrations/ultralytics YOLO_CONFIG_DIR=$(CURDIR)/.venv-integrations YOLO_OFFLINE=true \
		OMP_NUM_THREADS=1 .venv-integrations/bin/python -m pytest --timeout 600 -W default -k ultralytics \
		tests/integrations/test_ultralytics.py tests/integrations/test_ultralytics_boxes.py \
		tests/integrations/test_examples.py

.venv-integrations/.installed: pyproject.toml constraints.txt
	test -x .venv-integrations/bin/python || $(PYTHON) -m venv .venv-integrations
	.venv-integrations/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	.venv-integrations/bin/python -m pip install --quiet --constraint constraints.txt --editable . --group integrations
	.venv-integrations/bin/python -m pip install --quiet --constraint constraints.txt --no-deps --upgrade \
		--target .venv-integrations/ultralytics --group ultralytics
	touch $@

# The long runs of what `make test` tries in short.
torture: setup
	$(BIN)/pytest -m torture

# Breaks each promise on purpose, and expects its test to fail.
mutations: setup
	$(BIN)/python -m scripts.mutate

bench: setup
	for script in bench/*.py; do $(BIN)/python -m bench.$$(basename $$script .py); done

screenshots: setup
	$(BIN)/python -m scripts.screenshots

clean:
	rm -rf $(VENV) .venv-integrations client/node_modules site src/confusionflow/server/static
