# Two commands for a newcomer: make demo, make test. On a machine without make, README.md gives the plain commands.
# LATEST=1 takes the newest version of every package, in an environment of its own.
PYTHON ?= python3
LATEST ?=
VENV := $(if $(LATEST),.venv-latest,.venv)
PIP_INSTALL := $(if $(LATEST),install --upgrade --upgrade-strategy eager,install -c constraints.txt)
RUN := $(VENV)/bin/python
LOCK := build/lock
CHECK_PYTHON = $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: Python 3.11 or newer is \
needed, and $(PYTHON) is none ($$($(PYTHON) -V 2>&1)); with another one installed: make PYTHON=python3.11 ..." >&2; exit 1; }
TABLE ?= data
WILD ?=
AUDIO ?=
MINUTES ?= 10

.PHONY: help setup setup-dev lock system demo run test wheel-test torture check bench evaluate models screenshots clean always

help: ## list these commands
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name what; do \
		printf '%-20s %s\n' "$$name" "$$what"; done

setup: $(VENV)/.installed ## install what the program needs, in the versions of constraints.txt
setup-dev: $(VENV)/.installed-dev build/wheels/.fetched ## the same, and what the tests need

$(VENV)/.installed: requirements.txt constraints.txt $(if $(LATEST),always)
	@$(CHECK_PYTHON)
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --upgrade pip
	$(RUN) -m pip $(PIP_INSTALL) --quiet -r requirements.txt
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.txt
	$(RUN) -m pip $(PIP_INSTALL) --quiet -r requirements-dev.txt
	touch $@

lock: ## write constraints.txt: the newest versions of all packages; run the tests before you commit it
	@$(CHECK_PYTHON)
	rm -rf $(LOCK)
	$(PYTHON) -m venv $(LOCK)
	$(LOCK)/bin/python -m pip install --quiet --upgrade pip setuptools
	$(LOCK)/bin/python -m pip install --quiet -r requirements-dev.txt
	$(LOCK)/bin/python tools/lock.py constraints.txt
	rm -rf $(LOCK)

# The package whose weights the pretrained network has; a test converts it again.
build/wheels/.fetched: $(VENV)/.installed
	mkdir -p build/wheels
	$(RUN) -m pip download --quiet --no-deps --dest build/wheels musicnn==0.1.0
	touch $@

system: ## install what the tests of windows and pages need: a display server, a browser
	sh tools/install_system_packages.sh

demo: setup ## name the genres of the songs in data/samples
	$(RUN) 03_launch_classifier.py data/samples

run: setup ## show the window
	$(RUN) 04_interface.py

test: system setup-dev ## run all tests (LATEST=1: with the newest version of every package)
	$(RUN) -m pytest

wheel-test: setup-dev ## install the wheel in an empty environment and classify with it
	rm -rf build/wheel build/wheel-env
	$(RUN) -m pip wheel --quiet --no-deps --wheel-dir build/wheel .
	$(PYTHON) -m venv build/wheel-env
	build/wheel-env/bin/python -m pip install --quiet -c constraints.txt build/wheel/*.whl
	cd / && $(CURDIR)/build/wheel-env/bin/python -c \
		"from musicgenre import classify; print(classify('$(CURDIR)/data/samples/metal.ogg').genre)"

torture: system setup-dev ## try hundreds of broken files, a fuzzer, faults and load: about half an hour
	$(RUN) tools/torture.py --minutes $(MINUTES)

check: setup-dev ## lint, format, types, and who may import whom
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-cache

bench: setup-dev ## measure how fast the program is
	$(RUN) tools/bench.py

# Every protocol for a table; with WILD=folder of other songs also transfer, with AUDIO=folders also degradations.
evaluate: setup ## measure the model of the table in TABLE=folder by every protocol
	$(if $(WILD),$(RUN) 00_preprocess_music.py $(WILD) --out build/wild --families musicnn --amplify-to -16 --metadata $(WILD)/clips.csv)
	$(RUN) 02_nn_train_model.py --measure-only --data $(TABLE) --reports build/reports $(if $(WILD),--extra build/wild)
	$(if $(AUDIO),$(RUN) tools/measure_robustness.py $(AUDIO) --reports build/reports)
	$(RUN) tools/train_refusal.py --show

# What is committed under models/, from the tables named here (see README.md, "The shipped models").
MUSIC_TABLE ?= build/gtzan_musicnn
WILD_TABLE ?= build/wild
HAND_TABLE ?= build/seed12_librosa
models: setup ## train the shipped models again
	$(RUN) 02_nn_train_model.py --data $(HAND_TABLE) --out models/librosa12 --notes tools/notes_librosa12.txt
	$(RUN) 02_nn_train_model.py --data $(MUSIC_TABLE) --extra $(WILD_TABLE) --amplify-to -16 --out models/genres \
		--notes tools/notes_genres.txt

screenshots: system setup-dev ## take pictures of the window's main states, on a display of its own
	$(RUN) tools/screenshots.py $(if $(OUT),--out $(OUT))

clean: ## remove the environments and everything that was built
	rm -rf .venv .venv-latest build .pytest_cache .mypy_cache .ruff_cache
