# Everything a newcomer needs is `make song` and `make test`.
PYTHON ?= python3
VENV := .venv
# pip takes torch's CPU build where a constraint or a local file offers it; nothing here needs CUDA.
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)

.PHONY: song test bench install install-dev docs clean

song: install  ## compose, perform, mix and master a track; print its path
	@$(BIN)/dusktape make

install: $(VENV)/.base

install-dev: $(VENV)/.dev

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "dusktape needs Python 3.11 or newer; call make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.base: $(VENV)/.python pyproject.toml
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.base constraints.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt torch
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,train,evaluate,audio,stream]'
	@touch $@

test: install-dev  ## lint, types, layers, tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest --numprocesses logical --dist loadfile

bench: install-dev  ## measure speed and memory; writes docs/benchmarks.md
	$(BIN)/python -m bench

DOCS_RECIPE ?= rainy
DOCS_SEED ?= 11

docs: install-dev  ## write the reference pages, and the README's picture and sound
	$(BIN)/python tools/reference.py
	$(BIN)/python tools/words.py
	@mkdir -p build
	$(BIN)/dusktape make $(DOCS_RECIPE) --seed $(DOCS_SEED) --bundle build/readme --force
	$(BIN)/python tools/pictures.py build/readme docs/pictures/track.png --readme
	$(BIN)/python tools/hear.py build/readme docs/hear.mp3

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache
