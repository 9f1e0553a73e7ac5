# Two commands for a newcomer: make demo, make test. On a machine without make, README.md gives the plain commands.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
TABLE ?= data
WILD ?=
AUDIO ?=
MINUTES ?= 10

.PHONY: setup setup-dev system demo run test torture check bench evaluate screenshots models clean

setup: $(VENV)/.installed
setup-dev: $(VENV)/.installed-dev build/wheels/.fetched

$(VENV)/.installed: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --upgrade pip
	$(RUN) -m pip install --quiet -r requirements.txt
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.txt
	$(RUN) -m pip install --quiet -r requirements-dev.txt
	touch $@

# The package whose weights the pretrained network has; a test converts it again.
build/wheels/.fetched: $(VENV)/.installed
	mkdir -p build/wheels
	$(RUN) -m pip download --quiet --no-deps --dest build/wheels musicnn==0.1.0
	touch $@

system: ## what the tests of windows and pages need: a display server, a browser
	sh tools/install_system_packages.sh

demo: setup
	$(RUN) 03_launch_classifier.py data/samples

run: setup
	$(RUN) 04_interface.py

test: system setup-dev
	$(RUN) -m pytest

torture: system setup-dev ## hundreds of broken files, a fuzzer, faults and load: about half an hour
	$(RUN) tools/torture.py --minutes $(MINUTES)

check: setup-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

bench: setup-dev
	$(RUN) tools/bench.py

# Every protocol for a table; with WILD=folder of other songs also transfer, with AUDIO=folders also degradations.
evaluate: setup
	$(if $(WILD),$(RUN) 00_preprocess_music.py $(WILD) --out build/wild --families musicnn --amplify-to -16 --metadata $(WILD)/clips.csv)
	$(RUN) 02_nn_train_model.py --measure-only --data $(TABLE) --reports build/reports $(if $(WILD),--extra build/wild)
	$(if $(AUDIO),$(RUN) tools/measure_robustness.py $(AUDIO) --reports build/reports)
	$(RUN) tools/train_refusal.py --show

# What is committed under models/, from the tables named here (see README.md, "The shipped models").
MUSIC_TABLE ?= build/gtzan_musicnn
WILD_TABLE ?= build/wild
HAND_TABLE ?= build/seed12_librosa
models: setup
	$(RUN) 02_nn_train_model.py --data $(HAND_TABLE) --out models/librosa12 --notes tools/notes_librosa12.txt
	$(RUN) 02_nn_train_model.py --data $(MUSIC_TABLE) --extra $(WILD_TABLE) --amplify-to -16 --out models/genres \
		--notes tools/notes_genres.txt

screenshots: system setup-dev ## the window's main states, on a display of its own
	$(RUN) tools/screenshots.py $(if $(OUT),--out $(OUT))

clean:
	rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache
