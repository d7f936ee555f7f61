# Two commands do everything on a bare machine with Python 3.11 or newer: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Processes that run tests, each with servers of its own; they often wait, so there are more of them than cores.
JOBS ?= 3
# Real processes on a busy machine: who fails is tried once more, and told of as RERUN, a defect to be mended all the same.
SPREAD := -n $(JOBS) --dist loadfile --no-loadscope-reorder --reruns 1 --rerun-show-tracebacks
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# The product is many processes. Told to keep no compiled code, each would compile all of ours again: a quarter of its start.
unexport PYTHONDONTWRITEBYTECODE
# The requirements name every package, so pip installs them as listed: older pips resolve `coverage[toml]` past its pin.
# The Django plugin of mypy imports the settings; no server is asked for anything.
CHECK_ENV := DJANGO_SECRET_KEY=only-for-static-checks-0123456789abcdef DATABASE_URL=postgresql://localhost/check \
	REDIS_URL=redis://localhost/0 CELERY_BROKER_URL=redis://localhost/1

# A virtual environment that was not made to its end is made anew.
.DELETE_ON_ERROR:
.PHONY: help run test coverage fuzz audit lint type format bench bench-report chaos load check lock schema

help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Pilling needs Python 3.11 or newer: PYTHON=python3.12 make run"; exit 1; }
	@echo "Making the virtual environment …"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.sandbox: requirements-sandbox.txt | $(VENV)/bin/python
	@echo "Installing what the product needs (a minute or two the first time) …"
	@$(BIN)/python -m pip install --no-deps --require-hashes -r requirements-sandbox.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt | $(VENV)/bin/python
	@echo "Installing what the tests need (a minute or two the first time) …"
	@$(BIN)/python -m pip install --no-deps --require-hashes -r requirements-dev.txt
	@touch $@ $(VENV)/.sandbox

run: $(VENV)/.sandbox ## the whole product on this machine, until Ctrl-C (PORT=8000 PILLING_HOME=var)
	@exec $(BIN)/python -m sandbox.run

test: $(VENV)/.dev ## the whole test suite, on embedded servers of its own
	@$(BIN)/python -m pytest $(SPREAD) $(ARGS)

coverage: $(VENV)/.dev ## the whole test suite, and which lines it did not reach
	@$(BIN)/python -m pytest $(SPREAD) --cov --cov-report=term $(ARGS)

lint: $(VENV)/.dev ## ruff, mypy, import rules, migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(CHECK_ENV) $(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run

type: $(VENV)/.dev ## mypy alone
	$(CHECK_ENV) $(BIN)/mypy

format: $(VENV)/.dev ## rewrite to the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev ## the benchmarks, or some: make bench ARGS="replay stampede"
	@$(BIN)/python -m benchmarks $(ARGS)

bench-report: $(VENV)/.dev ## docs/benchmarks.md from the last results; runs the benchmarks that have none
	@$(BIN)/python -m benchmarks --missing --report

chaos: $(VENV)/.dev ## every fault on the real product under load; writes docs/resilience.md (some: make chaos ARGS="cache broker")
	@$(BIN)/python -m chaos $(ARGS)

load: $(VENV)/.dev ## signed-in people at 70 % of capacity for ten minutes; writes docs/load.md (SECONDS=600)
	@$(BIN)/python -m chaos.steady --seconds $(or $(SECONDS),600)

fuzz: $(VENV)/.dev ## schemathesis over the whole schema, signed in and not: make fuzz CASES=10000
	@$(BIN)/python -m config.tests.fuzz --cases $(or $(CASES),10000)

audit: $(VENV)/.dev ## known holes in what we depend on; asks PyPI, and fails for what it cannot find out
	$(BIN)/uv tool run --quiet pip-audit==2.10.1 --strict --require-hashes --disable-pip -r requirements.txt -r requirements-dev.txt

schema: $(VENV)/.dev ## write docs/openapi.yaml
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

check: lint test ## what CI runs

lock: $(VENV)/.dev ## compile requirements*.txt from requirements*.in
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock" requirements.in -o requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock" -c requirements.txt requirements-sandbox.in -o requirements-sandbox.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock" -c requirements.txt requirements-telemetry.in -o requirements-telemetry.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock" -c requirements.txt requirements-dev.in -o requirements-dev.txt
