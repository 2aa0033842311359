# Everything a person or CI does here. Needs Python 3.11 or newer with venv, and either Pulumi or Go.
# For a Neo4j behind each emulated instance: Java 17 or newer, and Maven or NEO4J_HOME.
# For the tests of Azure's protocol: Node.js 18 or newer with npm.
#
#   PYTHON=python3.13 make setup     another interpreter
#   AURA_ENGINE=path make test       only an installed Pulumi (build: only one of our own)
#   TESTS=tests/unit make test       a part of the tests; coverage is then shown, not judged
#   TEST_WORKERS=8 make test         more cores than CI has

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ENSURE := $(BIN)/python tools/engine/ensure.py
TEST_WORKERS ?= 2
TESTS ?=
export TEST_WORKERS

.DEFAULT_GOAL := help
.PHONY: help setup engine neo4j azurite age up down test check fix bench mutation lock clean
.DELETE_ON_ERROR:

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup: $(STAMP) ## install everything that is pinned in constraints/ into .venv

$(STAMP): pyproject.toml constraints/all.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "$(PYTHON) is " + sys.version.split()[0] + ": Python 3.11 or newer is needed, for instance PYTHON=python3.13 make setup")'
	@$(PYTHON) tools/check_pins.py
	@echo "installing pinned packages into $(VENV): a minute or so, when none are cached"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r constraints/all.txt
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

engine: ## find the Pulumi engine or build it: minutes, once
	@$(PYTHON) tools/engine/ensure.py

neo4j: ## find Neo4j or bring it: once
	@$(PYTHON) tools/neo4j/ensure.py

azurite: ## find Azurite, a blob server for the tests, or bring it: once
	@$(PYTHON) tools/azurite/ensure.py

age: ## find the age program or, as root, install it: for the tests of encryption only
	@command -v age >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
		&& { apt-get install -qq -y age || { apt-get update -qq && apt-get install -qq -y age; }; } >/dev/null 2>&1; } \
		|| { echo "there is no age program and it could not be installed: its tests are skipped"; exit 1; }
	@command -v age

up: setup ## the demo: a local Aura, production, a snapshot, staging from it
	@$(ENSURE) --run $(BIN)/python stacks/demo.py up

down: setup ## take the demo down again
	@$(ENSURE) --run $(BIN)/python stacks/demo.py down

test: setup engine neo4j azurite ## all tests, with the real engine, real databases and object stores; fails below 90 % coverage (domain, planning: 100 %)
	@$(BIN)/python tools/run_tests.py $(TESTS)

check: setup ## formatting, lint, types, import contracts, pins
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	MYPYPATH=tools/engine $(BIN)/mypy tools/engine tools/*.py
	MYPYPATH=tools/engine:tools/neo4j $(BIN)/mypy tools/neo4j
	MYPYPATH=tools/engine $(BIN)/mypy tools/azurite
	$(BIN)/lint-imports --no-logo
	$(BIN)/python tools/check_pins.py

fix: setup ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## the benchmarks' table
	@$(BIN)/python tests/bench/run.py

mutation: setup ## change the code that decides and see tests fail; MODULES="planning.guards" for a part
	@$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r constraints/mutation.txt
	@$(BIN)/python tools/mutation.py $(MODULES)

lock: ## compute constraints/ anew from pyproject.toml; UPGRADE=1 takes newer versions
	@PYTHON=$(PYTHON) sh tools/lock.sh

clean: ## remove .venv and caches; never .pulumi-local, which may hold the state of real instances
	rm -rf $(VENV) build dist htmlcov .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache \
		.hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
