# Everything that a person does with this project. State lives in .local, which `make clean` forgets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory --no-builtin-rules

LOCAL := .local
BIN := $(LOCAL)/venv/bin
STAMPS := $(LOCAL)/stamps
OTHER_PYTHONS := 3.12 3.13
# `make test PYTEST_ARGS="-k money"` runs a part of the tests, without the gates of coverage
PYTEST_ARGS ?=

# `make fuzz FUZZ_ARGS="--times 20"` tries more, "--seed 7" the same again
FUZZ_ARGS ?=

.PHONY: help setup demo run test fuzz lint format lock sbom clean test-other-pythons

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMPS)/python $(STAMPS)/azurite ## install everything into .local (a second time: nothing to do)

demo: setup ## push a believable month from Work 365 to ConnectWise, all emulated
	@$(BIN)/python -m tools.demo

run: setup ## keep the emulators and the app up and print their addresses
	@$(BIN)/python -m tools.run

test: $(STAMPS)/everything ## every check; the last line is that of pytest
	@bash tools/side_by_side.sh "$(MAKE) lint" "bash tools/test_on_python.sh $(lastword $(OTHER_PYTHONS))"
	@$(BIN)/python -m pytest $(if $(PYTEST_ARGS),$(PYTEST_ARGS),-n 3 --dist loadfile --no-loadscope-reorder --cov --cov-report= -p tests.coverage_gates)

fuzz: setup ## made-up requests and 10,000 hostile texts through every route, for about an hour
	@$(BIN)/python -m tools.fuzz $(FUZZ_ARGS)

lint: $(STAMPS)/python ## style, types, layers, generated files
	@bash tools/lint.sh

format: $(STAMPS)/python ## let ruff rewrite what it can, and write generated files anew
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/python -m tools.generated

test-other-pythons: $(STAMPS)/python ## the unit tests on the other Python versions that this machine has
	@bash tools/test_on_python.sh $(OTHER_PYTHONS)

lock: $(STAMPS)/python ## resolve requirements*.txt into requirements*.lock (exact versions, hashes)
	@bash tools/lock.sh

sbom: $(STAMPS)/python ## list what the app ships with, versions and hashes, into .local/sbom.json (CycloneDX)
	@bash tools/sbom.sh

clean: ## forget everything that the other commands left behind
	@rm -rf $(LOCAL)
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMPS)/python: requirements-dev.lock tools/setup.sh
	@bash tools/setup.sh python $(LOCAL)/venv
	@mkdir -p $(@D) && touch $@

$(STAMPS)/azurite: emulators/azurite/package.json emulators/azurite/package-lock.json
	@bash tools/setup.sh azurite
	@mkdir -p $(@D) && touch $@

# what the tests need; the parts have little to do with each other, so they are installed side by side
$(STAMPS)/everything: requirements-dev.lock tools/setup.sh emulators/azurite/package-lock.json tests/browser/msal/package-lock.json
	@bash tools/side_by_side.sh "$(MAKE) $(STAMPS)/python" "$(MAKE) $(STAMPS)/azurite $(STAMPS)/browser" \
	  "bash tools/test_on_python.sh --install $(lastword $(OTHER_PYTHONS))"
	@touch $@

# only tests need a browser, so `make demo` and `make run` do without
$(STAMPS)/browser: tests/browser/msal/package.json tests/browser/msal/package-lock.json
	@bash tools/setup.sh browser
	@mkdir -p $(@D) && touch $@
