# Everything needs Python 3.11 or newer, pip and make; nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 3
BRIEF ?= examples/smart-speaker.yaml

.DEFAULT_GOAL := help
.PHONY: help demo test examples chaos triggers lint bench lock clean

help:
	@echo "make demo   install, then make the example's video (no key, no network)"
	@echo "make test   install, then run all tests"
	@echo "make examples  make all briefs of examples/ at prototype tier"
	@echo "make chaos  kill buyers 200 times, on every ledger, bucket and kind of provider"
	@echo "make triggers  start every deployment by schedule, by REST and by a program"
	@echo "make lint   ruff and mypy"
	@echo "make bench  benchmarks, each beside a named rival or limit"
	@echo "make lock   pin the dependencies again"

# The locks are complete, so nothing is resolved: pip would look for the newest `sqlalchemy[asyncio]`, and refuse it as
# not pinned, where the lock holds an older `sqlalchemy`.
$(VENV)/.runtime: requirements.lock pyproject.toml
	test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.development: requirements-dev.lock pyproject.toml
	test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@ $(VENV)/.runtime

# The official openai package in versions that speak differently to /v1/videos, each in a folder of its own. What they
# need of other packages is the environment's, except what the locks name.
OPENAI := 2.24 2.54 3.54
$(VENV)/openai-%/.installed: requirements-openai-%.lock | $(VENV)/.development
	rm -rf $(@D)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-compile --require-hashes --target $(@D) -r $<
	touch $@

demo: $(VENV)/.runtime
	$(BIN)/callsheet make $(BRIEF) --yes

test: $(VENV)/.development $(OPENAI:%=$(VENV)/openai-%/.installed)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations 20

chaos: $(VENV)/.development
	CALLSHEET_CHAOS=long $(BIN)/python -m pytest tests/chaos tests/flows/test_matrix_killed.py

triggers: $(VENV)/.development
	CALLSHEET_TEST_TRIGGERS=all $(BIN)/python -m pytest tests/deployments/test_end_to_end.py

examples: $(VENV)/.development
	CALLSHEET_TEST_BRIEFS=all $(BIN)/python -m pytest tests/flows/test_examples.py

lint: $(VENV)/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.development
	$(BIN)/python -m benchmarks

# What the openai package shares with the environment that it is tested in.
SHARED := pydantic pydantic-core annotated-types typing-inspection typing-extensions anyio idna h11 httpx httpcore certifi
LOCK := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet

lock:
	uv pip compile $(LOCK) --group build pyproject.toml --output-file requirements.lock
	uv pip compile $(LOCK) --group build --group dev pyproject.toml --output-file requirements-dev.lock
	uv pip compile $(LOCK) benchmarks/requirements.in --output-file requirements-bench.lock
	for version in $(OPENAI); do echo "openai==$$version.0" | \
	    uv pip compile $(LOCK) $(SHARED:%=--no-emit-package %) - --output-file requirements-openai-$$version.lock; done

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
