# From nothing but Python, make and a C compiler: `make run` starts the desk, `make test` proves it.
# The environment lies in $(VENV) and is made from the hash-pinned locks; each stamp in it names the
# lock it was installed from, so that nothing is done twice.

PYTHON ?= python3
VENV ?= .venv
# Test processes beside each other: a test that waits leaves its core to another.
WORKERS ?= 3

BIN := $(VENV)/bin
RUN := $(VENV)/.installed-run
DEV := $(VENV)/.installed-dev
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# What is checked; a room that is not there yet is left out.
SOURCES := $(wildcard actors config messages scripts store supervisor.py)
# Where the long proofs live; what is marked `proof` there is kept out of `make test`.
PROOFS := $(wildcard tests/chaos tests/simulation)

.DEFAULT_GOAL := help
.PHONY: help install run test check proof bench lock clean

help:
	@echo "make install  the environment in $(VENV), from the locks"
	@echo "make run      the desk in sim mode: python supervisor.py (ARGS=... for its options)"
	@echo "make test     the whole test suite but chaos (ARGS=... for pytest)"
	@echo "make check    format, lint, types"
	@echo "make proof    the long proofs: simulator seeds, mutants, chaos"
	@echo "make bench    the figures of this machine"
	@echo "make lock     renew the hash-pinned locks"
	@echo "make clean    remove the environment and caches; var/ stays"

install: $(RUN)

run: $(RUN)
	$(BIN)/python supervisor.py $(ARGS)

test: $(DEV)
	$(BIN)/python -m pytest --ignore=tests/chaos -m "not proof" -n $(WORKERS) --dist loadfile $(ARGS)

check: $(DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(SOURCES)

# pytest's 5 means that no test was selected: no proof is written yet.
proof: $(DEV)
ifeq ($(PROOFS),)
	@echo "no proofs yet: neither tests/chaos nor tests/simulation"
else
	$(BIN)/python -m pytest $(PROOFS) -m proof $(ARGS) \
	  || { code=$$?; test $$code -eq 5 && echo "no proofs yet: nothing is marked proof"; }
endif

bench: $(RUN)
	$(BIN)/btcbot bench $(ARGS)

# The locks hold for every Python and platform that pyproject.toml admits: all hashes of a release
# are listed, and no index, link or path of the machine that made them.
LOCK := build/lock
COMPILE := env -u PIP_FIND_LINKS -u PIP_CONSTRAINT PIP_CONFIG_FILE=/dev/null \
  $(LOCK)/bin/pip-compile --quiet --upgrade --generate-hashes \
  --allow-unsafe --build-deps-for editable --strip-extras --no-header --no-emit-index-url --no-emit-find-links \
  --no-emit-trusted-host --no-emit-options --resolver backtracking
lock: $(BIN)/python
	rm -rf $(LOCK)
	$(BIN)/python -m venv $(LOCK)
	$(LOCK)/bin/python -m pip install --quiet --disable-pip-version-check pip-tools
	$(COMPILE) --output-file requirements.lock pyproject.toml
	$(COMPILE) --constraint requirements.lock --extra dev --output-file requirements-dev.lock pyproject.toml

# The first Python that is new enough, $(PYTHON) before the others.
$(BIN)/python:
	@for python in $(PYTHON) python3.13 python3.12 python3.11; do \
	  $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
	  python=; \
	done; \
	test -n "$$python" || { \
	  echo "btcbot needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; \
	  echo "Install one, or name it: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; }; \
	$$python -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "$$python cannot make an environment; Debian and Ubuntu: apt-get install python3-venv" >&2; \
	  exit 1; }

# The lock pins setuptools too, so that the last step builds from what is already here.
$(RUN): requirements.lock pyproject.toml | $(BIN)/python
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements-dev.lock $(RUN)
	$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +
