# Every target does its own set-up; only Python 3.11 or newer with venv, make and git are needed.
SHELL := /bin/sh
BIN := .venv/bin
ARGS ?=
SEEDS ?= 20

.PHONY: demo test lint bench chaos simulate setup lock clean

demo: setup
	@$(BIN)/deskhand demo $(ARGS)

test: lint
	@$(BIN)/pytest -n 2 --dist loadfile $(ARGS)

lint: setup
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/mypy

bench: setup
	@$(BIN)/python -m tests.bench $(ARGS)

# SHORT=1 takes minutes instead of an hour; KILLS=1000, REPLIES=10000 and ONLY=D1,R4 are understood.
chaos: setup
	@$(BIN)/python -m tests.chaos $(ARGS)

simulate: setup
	@SEEDS=$(SEEDS) $(BIN)/python -m tests.chaos.simulate

setup: .venv/.ready

.venv/.ready: requirements-dev.lock pyproject.toml
	@PYTHON=$$(./.ci/python) && \
	echo "Setting up .venv with $$PYTHON: about a minute, once." && \
	"$$PYTHON" -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --only-binary :all: -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--no-deps --no-build-isolation --editable .
	@touch $@

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
