# Log Lake on this machine. `make` alone says what there is; the work is done by cli/.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?=
RAW ?=
KEEP ?=
SIZE ?=
ARGS ?=
export PYTHON RAW KEEP SIZE

# Any Python can run the bootstrap: it finds 3.11 itself, or says how to get it.
ANY := $(shell command -v python3 || command -v python3.11 || command -v python)
BOOTSTRAP = @test -n "$(ANY)" || { echo "loglake: there is no Python here. Install Python 3.11." >&2; exit 2; }; \
	"$(ANY)" cli/bootstrap.py
BIN := .venv/bin

.PHONY: help
help:
	@echo "Log Lake: raw logs of AWS in, answers to who did what in Session Manager out."
	@echo
	@echo "  make run                      a lake on this machine, a sample company's logs through it, and what they say"
	@echo "  make run RAW=path             the same with your own CloudTrail and Firehose files: a file or any tree of them"
	@echo "  make run RAW=path KEEP=everything     the same, with the event filters off"
	@echo "  make down                     stop the lake that make run left running"
	@echo "  make test                     lint (of the templates as well), types and all tests"
	@echo "  make bench                    speed, side by side with others, to docs/benchmarks.md; SIZE=4: four times as much"
	@echo "  make package                  dist/: the zips and scripts that Glue and Lambda are given"
	@echo "  make deploy                   the lake in AWS: shows what would change, asks, does it (ARGS='--profile lake')"
	@echo "  make generated                what is made of declarations, made anew: templates, runbook, tables of the guides"
	@echo "  make lock                     requirements.lock and the linter's, of what pip would install today"
	@echo "  make clean                    stop the lake; remove the environment, the lake's state and all caches"
	@echo
	@echo "Needs Python 3.11 and nothing else: no Java, no Docker, no AWS account. PYTHON=path names one that is not found."
	@echo "Runs on Linux (x86-64; arm64 with JAVA_HOME at a Java 17) and macOS. Only make deploy speaks to real AWS."
	@echo "Afterwards: $(BIN)/loglake --help"

.PHONY: run
run:
	$(BOOTSTRAP) run
	@$(BIN)/loglake demo --raw "$$RAW" --keep "$${KEEP:-filtered}"

.PHONY: test
test:
	$(BOOTSTRAP) test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m infra.lint
	$(BIN)/python -m pytest --numprocesses 2

.PHONY: package
package:
	$(BOOTSTRAP) run
	$(BIN)/python -m infra.artefacts dist
	@echo "They are the parameters of infra/templates/lake.yaml that make deploy fills. AddAPart's handler is"
	@echo "addapart.handler.handler (Python 3.13, arm64). A Glue $$($(BIN)/python -m infra.glue_modules version) job gets the jobs' zip as --extra-py-files, and"
	@echo "  --additional-python-modules  $$($(BIN)/python -m infra.glue_modules)"

.PHONY: deploy
deploy:
	$(BOOTSTRAP) run
	@$(BIN)/loglake deploy --aws $(ARGS)

# In order: the root and the documents are made of the other templates.
.PHONY: generated
generated:
	for one in schemas.history schemas.docs sql.docs; do $(BIN)/python -m $$one || exit 1; done
	for one in catalog consumer inline source grants root runbook deploy_guide permissions_guide; do $(BIN)/python -m infra.$$one || exit 1; done

.PHONY: bench
bench:
	$(BOOTSTRAP) bench
	@$(BIN)/python -m bench --size "$${SIZE:-1}"

.PHONY: lock
lock:
	$(BOOTSTRAP) test
	$(BIN)/python -m infra.requirements

.PHONY: down
down:
	@if [ -x $(BIN)/loglake ]; then $(BIN)/loglake down; else echo "There is no environment, so no lake."; fi

.PHONY: clean
clean: down
	rm -rf .venv .venv-checkov .venv-bench .loglake dist build *.egg-info spark-warehouse
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
