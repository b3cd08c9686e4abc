# Chat Orchestrator: `make dev` runs it, `make test` tests it. Needs Python 3.11 or newer and nothing else.

VENV := .venv
BIN := $(VENV)/bin
# The stamp carries the checksum of what was installed, the lock and the names of our packages, and is written last:
# a changed lock, or a setup that was interrupted, has no stamp and is done again.
STAMP := $(VENV)/.setup-$(shell { cat requirements.lock pyproject.toml; LC_ALL=C ls *.py */__init__.py; } 2>/dev/null | cksum | tr ' ' '-')
PYTHONS := $(if $(PYTHON),$(PYTHON),python3.14 python3.13 python3.12 python3.11 python3)
ARGS ?=
# Tests wait more than they compute; each of these processes has servers of its own.
WORKERS ?= 3

.DEFAULT_GOAL := help
.PHONY: help setup dev test check fmt migrate validate-config bench chaos clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(STAMP) ## builds .venv when it is missing or out of date

dev: setup ## runs everything on http://127.0.0.1:8000 (options: ARGS="--port 9000 --data-dir DIR")
	@exec $(BIN)/chat-orchestrator dev $(ARGS)

test: check ## the checks and the whole test suite (options: ARGS="-k name", WORKERS=0)
	@exec $(BIN)/pytest -n $(WORKERS) --dist loadfile $(ARGS)

check: setup ## format, lint, types, architecture
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/pytest -q tests/test_architecture.py

fmt: setup ## formats the code and mends what the linter can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

migrate: setup ## brings the database and Temporal up to date
	@exec $(BIN)/chat-orchestrator migrate $(ARGS)

validate-config: setup ## checks every setting offline
	@exec $(BIN)/chat-orchestrator validate-config $(ARGS)

bench: setup ## measures beside a bare Temporal workflow, about six minutes (options: ARGS="--quick --json FILE")
	@exec $(BIN)/chat-orchestrator bench $(ARGS)

chaos: setup ## breaks everything under load and counts, hours at full scale (options: ARGS="--scale 0.02 --seed 1")
	@exec $(BIN)/python -m tests.chaos $(ARGS)

clean: ## removes .venv and caches; keeps .dev and its data
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis build ./*.egg-info
	find . -name __pycache__ -type d -not -path './.dev/*' -prune -exec rm -rf {} +

$(STAMP):
	@python=; \
	for candidate in $(PYTHONS); do \
		if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			python=$$candidate; break; \
		fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "No Python 3.11 or newer was found as: $(PYTHONS). Install one, or name it: make PYTHON=/path/to/python3" >&2; \
		exit 1; \
	fi; \
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "$$python has no venv module. Install it (Debian, Ubuntu: apt-get install python3-venv), then try again." >&2; \
		exit 1; \
	fi; \
	if ! $(BIN)/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		echo "Making $(VENV) with $$("$$python" --version)"; \
		"$$python" -m venv --clear $(VENV); \
	fi
	@rm -f $(VENV)/.setup-*
	@$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	@touch $@
