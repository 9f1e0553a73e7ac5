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
SONGS ?=
WILD ?=
AUDIO ?=
MINUTES ?= 10

.PHONY: help setup setup-dev lock system demo run test test-screen test-sound wheel-test torture check bench scale evaluate models screenshots clean always

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

ALONE := env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL # tests run make themselves
TIMED := $(addprefix tests/window/test_,responsiveness.py songs.py batch.py)# which nothing may disturb
SCREEN := tests/window tests/engine tests/program tests/plots/test_catalogue.py
test: system setup-dev ## run all tests (LATEST=1: with the newest version of every package)
	$(ALONE) $(RUN) -m pytest $(TIMED)
	$(MAKE) --no-print-directory --jobs=2 --output-sync=target test-screen test-sound

test-screen: ## the half of the tests that waits: with a display, or of whole programs
	$(ALONE) $(RUN) -m pytest --durations=8 $(SCREEN) $(addprefix --ignore=,$(TIMED))

test-sound: ## the other half, which runs beside it
	$(ALONE) $(RUN) -m pytest --durations=8 $(addprefix --ignore=,$(SCREEN))

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

scale: setup-dev ## scan 10,000 and 100,000 small files with a classifier that answers at once: ten minutes
	$(RUN) tools/scale.py

# What the shipped models reach, in one table. SONGS=folder of songs with clips.csv; WILD and AUDIO are folders that train
# too (those named wild, gtzan and gtzan_short beside SONGS if not given); TABLE=table of GTZAN for its own protocols.
# Without SONGS: every protocol for the model of TABLE.
evaluate: setup ## measure the models: TABLE=folder of a table, SONGS=folder of songs
ifneq ($(SONGS),)
	$(RUN) tools/evaluate.py --songs $(SONGS) $(if $(filter-out data,$(TABLE)),--gtzan $(TABLE)) $(if $(WILD),--wild $(WILD)) \
		$(if $(AUDIO),--audio $(AUDIO))
else
	$(if $(WILD),$(RUN) 00_preprocess_music.py $(WILD) --out build/wild --families musicnn --metadata $(WILD)/clips.csv)
	$(RUN) 02_nn_train_model.py --measure-only --data $(TABLE) --reports build/reports $(if $(WILD),--extra build/wild)
	$(if $(AUDIO),$(RUN) tools/measure_robustness.py $(AUDIO) --reports build/reports)
endif
	$(RUN) tools/train_refusal.py --show

# What is committed under models/, from the tables named here (see README.md, "The shipped models"). `make evaluate` makes
# those of songs. gtzan10 is kept as it is: its weights are those of the table of 30 s clips.
SONG_TABLES ?= build/evaluate
HAND_TABLE ?= build/seed12_librosa
THIRTEEN := blues classical country disco electronic folk hiphop jazz metal pop reggae rnb rock
models: setup ## train the shipped models again
	mkdir -p build/models
	$(RUN) 02_nn_train_model.py --data $(HAND_TABLE) --out build/models/librosa12 --notes tools/notes_librosa12.txt --force
	$(RUN) 02_nn_train_model.py --data $(SONG_TABLES)/songs --extra $(SONG_TABLES)/wild --extra $(SONG_TABLES)/gtzan \
		--extra $(SONG_TABLES)/gtzan_short --genres $(THIRTEEN) --repeats 3 --out build/models/genres \
		--notes tools/notes_genres.txt --force
	cp build/models/librosa12.* build/models/genres.* models/
	$(RUN) -c 'from pathlib import Path; from musicgenre.inference.card import PROGRAM_MODELS; \
		from musicgenre.training.model_page import describe_models; \
		Path("models/README.md").write_text(describe_models(Path("models"), PROGRAM_MODELS), encoding="utf-8")'

screenshots: system setup-dev ## take pictures of the window's main states, on a display of its own
	$(RUN) tools/screenshots.py $(if $(OUT),--out $(OUT))

clean: ## remove the environments and everything that was built
	rm -rf .venv .venv-latest build .pytest_cache .mypy_cache .ruff_cache
