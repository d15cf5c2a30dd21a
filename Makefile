# The two commands are `make demo` and `make test`; everything they need they set up themselves.
# `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo test check bench lock format clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

lock:  ## pin every dependency with its hashes (needs uv in the environment)
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile -q --upgrade --generate-hashes --no-emit-index-url --no-header --no-annotate \
	  --python-version 3.11 --group build pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --upgrade --generate-hashes --no-emit-index-url --no-header --no-annotate \
	  --python-version 3.11 --group build --group test --group check -c requirements.lock \
	  pyproject.toml -o requirements-dev.lock
