PYTHON ?= python3
BIN := .venv/bin
GPU := $(shell nvidia-smi -L >/dev/null 2>&1 && echo yes)
RESOLVE := uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 --no-header --no-annotate pyproject.toml
LOCK := requirements$(if $(GPU),-gpu).lock
SIDE_BY_SIDE := --numprocesses=2 --dist=loadfile
DEMO := data/01_raw/demo
# Nothing here runs long enough to be worth optimising for.
ON_JAX := KERAS_BACKEND=jax JAX_PLATFORMS=cpu XLA_FLAGS=--xla_backend_optimization_level=0
LEARNING := tests/networks tests/training tests/imaging/test_augmentation.py

# MLflow's own commands report what they are used for to its makers, unless they are told not to; the package tells it by itself.
export MLFLOW_DISABLE_TELEMETRY := true

.PHONY: help run demo viz mlflow test test-slow quality docs package format lock clean

help: ## show these lines
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# A stamp is written last: an installation that broke off is done again.
.venv/run.stamp: $(LOCK) pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r $(LOCK)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

.venv/dev.stamp: requirements-dev.lock .venv/run.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	touch $@

run: .venv/run.stamp ## install, then segment the embedded phantom cohort
	$(BIN)/kedro run --pipeline=segmentation

demo: .venv/run.stamp ## after `make run`: what its model finds on phantoms that it never saw
	$(BIN)/python -m tumourflow.inference.demo $(DEMO)
	$(BIN)/kedro run --pipeline=inference --params=input=$(DEMO),modality=brain,inference.models=phantoms-segmentation@champion
	@echo Open the report: $$(ls -d data/08_reporting/inference/report.html/*/report.html | tail -n 1)

viz: .venv/run.stamp ## show the lineage in a browser (ENV=lgg for another cohort)
	$(BIN)/kedro viz run $(if $(ENV),--env=$(ENV))

mlflow: .venv/run.stamp ## show and compare the tracked runs in a browser
	$(BIN)/mlflow ui --backend-store-uri $(or $(MLFLOW_TRACKING_URI),sqlite:///mlflow.db)

test: quality ## all tests but the slow ones, doctests, lint, types and import contracts; what learns also on JAX
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)
	$(ON_JAX) $(BIN)/python -m pytest $(SIDE_BY_SIDE) $(LEARNING)

test-slow: .venv/dev.stamp ## the tests that take minutes
	$(BIN)/python -m pytest -m slow
	$(ON_JAX) $(BIN)/python -m pytest -m slow tests/networks

quality: .venv/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: .venv/dev.stamp ## build the documentation site into build/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

package: .venv/run.stamp ## build a wheel, and an archive of conf/, into dist/
	# What an earlier wheel was built from would be in this one.
	rm -rf build/lib build/bdist.*
	$(BIN)/kedro package
	# Kedro leaves out only *.yml of conf/local, where secrets may stand in files of any name.
	tar --exclude='conf/local/*' -czf dist/conf-tumourflow.tar.gz conf

format: .venv/dev.stamp ## format and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: ## resolve the lock files anew (needs uv)
	# One resolution for all extras, so that the three files agree.
	all=$$(mktemp) && \
	  $(RESOLVE) --extra dev --extra gpu -o $$all && \
	  $(RESOLVE) -c $$all -o requirements.lock && \
	  $(RESOLVE) -c $$all --extra dev -o requirements-dev.lock && \
	  $(RESOLVE) -c $$all --extra gpu -o requirements-gpu.lock; \
	  rm -f $$all

clean: ## remove the environment and caches, never data
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache build
