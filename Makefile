# Two commands are the whole set-up: `make html` and `make test`.
.DEFAULT_GOAL := help

PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
BUILD := $(BIN)/python tools/build.py
# An interpreter that was named is the one .venv must have.
EXACT := $(if $(filter file,$(origin PYTHON)),,--exact)

.PHONY: help
help:  ## show this help
	@echo "make TARGET, where TARGET is one of"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' \
	    $(MAKEFILE_LIST)
	@echo "PYTHON=python3.13 make html chooses the interpreter."

# Both return at once when nothing has changed, without a network.
.PHONY: site-packages test-packages
site-packages:
	@$(PYTHON) tools/setup_venv.py requirements.txt $(EXACT)
test-packages:
	@$(PYTHON) tools/setup_venv.py tests/requirements.txt $(EXACT)

.PHONY: html livehtml pdf latexpdf epub anki
html: site-packages  ## build the site into build/html
	@$(BUILD) html

livehtml: site-packages  ## build, serve and rebuild on every change (PORT=8000)
	$(BIN)/sphinx-autobuild -n --port $(PORT) --ignore "*/build/*" \
	    -d build/live/doctrees . build/live/html

pdf: site-packages  ## build the book into build/pdf
	@$(BUILD) pdf

latexpdf: pdf  ## the name Sphinx users type for pdf

epub: site-packages  ## build the e-book into build/epub
	@$(BUILD) epub

anki: site-packages  ## build the Anki deck into build/anki
	@$(BUILD) anki

.PHONY: linkcheck lint figures experiments test bench clean
linkcheck: site-packages  ## visit every outside link
	$(BIN)/sphinx-build -q -b linkcheck -d build/linkcheck/doctrees \
	    . build/linkcheck

lint: site-packages  ## check the style of pages and programs
	$(BIN)/doc8 -q docs index.rst
	$(BIN)/sphinx-lint --enable all --disable line-too-long \
	    --disable default-role docs index.rst README.md
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

figures: test-packages  ## draw every figure again
	$(BIN)/python -m figures

experiments: test-packages  ## run the experiments that figures show again
	$(BIN)/python -m figures.experiments

# A file's tests share what they build, so a file stays with one process;
# the longest file comes first by its name.
test: test-packages  ## run all tests
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

bench: test-packages  ## measure the builds against their peers
	$(BIN)/python -m tools.bench

clean:  ## remove what was built (.venv stays)
	rm -rf build
