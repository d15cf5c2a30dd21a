# The two commands are `make demo` and `make test`; what they need they set up themselves.
# `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WEB := vms/web
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
PIP := $(BIN)/pip --disable-pip-version-check install -q
# Debian packages whose programs the tests use as real peers and independent judges.
TEST_PACKAGES := chromium ffmpeg postgresql python3-gi gir1.2-gst-rtsp-server-1.0 \
  gir1.2-gst-plugins-base-1.0 gstreamer1.0-tools gstreamer1.0-rtsp gstreamer1.0-plugins-base \
  gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly gstreamer1.0-libav
# The machine's Node, or the one from its PyPI wheel in the virtual environment.
# What Vite asks for.
NODE_FITS := [a, b] = process.versions.node.split("."); process.exit(a > 23 || a == 22 && b > 11 || a == 20 && b > 18 ? 0 : 1)
NODE_PATH := PATH="$(CURDIR)/$(BIN):$$PATH"

.DEFAULT_GOAL := help
.PHONY: help demo test check bench web lock format clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

demo: $(VENV)/.run-ready $(WEB)/dist/index.html  ## simulated cameras, recording, the web application; CAMERA=rtsp://… adds a real one
	@VMS_DEMO_CAMERA="$(CAMERA)" $(BIN)/vms demo

test: $(VENV)/.test-ready $(WEB)/dist/index.html  ## all tests, on real servers and in a real browser; ONLY='tests/unit -k gop' runs some
	@cd $(WEB) && $(NODE_PATH) npm test --silent
	@$(BIN)/pytest $(ONLY)

check: $(VENV)/.test-ready $(WEB)/dist/index.html  ## format, lint, types, import contracts, the web application's build
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd $(WEB) && $(NODE_PATH) npm run check --silent

bench: $(VENV)/.test-ready  ## benchmarks; ONLY=name[,name] runs some; results in bench/out
	@$(BIN)/python -m tests.bench $(ONLY)

web: $(WEB)/dist/index.html  ## build the web application

format: $(VENV)/.test-ready  ## format the Python code and sort its imports
	$(BIN)/ruff check --fix-only -q .
	$(BIN)/ruff format .

lock: $(VENV)/.run-ready  ## pin the newest versions of all dependencies, with hashes
	$(PIP) uv
	$(BIN)/uv pip compile -q --upgrade --generate-hashes --no-emit-index-url --no-header \
	  --no-annotate --python-version 3.11 --group build pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --upgrade --generate-hashes --no-emit-index-url --no-header \
	  --no-annotate --python-version 3.11 --group build --group test --group check \
	  -c requirements.lock pyproject.toml -o requirements-dev.lock
	$(BIN)/uv pip compile -q --upgrade --generate-hashes --no-emit-index-url --no-header \
	  --no-annotate --python-version 3.11 --group pyproject.toml:node -o requirements-node.lock

clean:  ## remove everything that was built (not the archive in var/)
	rm -rf $(VENV) $(WEB)/node_modules $(WEB)/dist bench/out .mypy_cache .ruff_cache .pytest_cache \
	  .import_linter_cache

# Debian splits `venv` off Python: fetch it where it is missing.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Python 3.11 or newer is needed: make PYTHON=python3.11 …'; exit 1; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { rm -rf $(VENV); \
	  echo 'installing python3-venv'; $(SUDO) apt-get update -qq && \
	  $(SUDO) apt-get install -y -qq python3-venv && $(PYTHON) -m venv $(VENV); }

$(VENV)/.run-ready: requirements.lock pyproject.toml | $(BIN)/python
	@echo 'setting up the Python environment'
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test-ready: requirements-dev.lock tests/servers/install $(VENV)/.run-ready
	@$(PIP) --require-hashes -r requirements-dev.lock
	@tests/servers/install $(TEST_PACKAGES)
	@touch $@

$(VENV)/.node-ready: requirements-node.lock | $(VENV)/.run-ready
	@if ! node -e '$(NODE_FITS)' 2>/dev/null || \
	  ! command -v npm >/dev/null; then \
	  echo 'no fitting Node here: taking it from its PyPI wheel'; \
	  $(PIP) --require-hashes -r requirements-node.lock; fi
	@touch $@

$(WEB)/node_modules/.ready: $(WEB)/package.json $(WEB)/package-lock.json $(VENV)/.node-ready
	@echo 'fetching what the web application is built with'
	@cd $(WEB) && $(NODE_PATH) npm ci --silent --no-audit --no-fund
	@touch $@

$(WEB)/dist/index.html: $(WEB)/node_modules/.ready $(WEB)/index.html $(WEB)/vite.config.ts \
  $(shell find $(WEB)/src -type f 2>/dev/null)
	@echo 'building the web application'
	@cd $(WEB) && $(NODE_PATH) npm run build --silent
	@touch $@
