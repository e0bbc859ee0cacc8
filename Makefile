# Attendant. `make run` shows the box answering a call; `make test` proves that it does.
# Everything is set up in .venv on first use; nothing outside this folder is touched.

VENV := .venv
BIN := $(VENV)/bin
# Human speech and texts, for training and for the tests that use them.
DATA ?= $(or $(ATTENDANT_DATA),../shared/data)
# The first of these that is 3.11 or newer and can make a virtual environment.
PYTHONS ?= python3 python3.13 python3.12 python3.11

.PHONY: run demo test bench bench-speech rehearse doctor picture clean
.PHONY: train-voice train-recogniser train-words train-turns

run: $(VENV)/.ready  ## start exchange, speech and call, place a demonstration call, stay up
	@$(BIN)/appliance run

demo: $(VENV)/.ready  ## the demonstration call alone; exit status 0 only if it was understood
	@$(BIN)/appliance demo

# What needs no quiet machine runs in two halves side by side; real calls run alone after them.
HALF := tests/audio tests/bench tests/dialogue tests/models tests/rtp tests/sip tests/speech
REAL := tests/interop

test: $(VENV)/.ready-test  ## linters, types, unit tests, whole calls, calls from real peers
	@log=$$(mktemp); status=0; \
	$(BIN)/python -m pytest -q $(HALF) >$$log 2>&1 & half=$$!; \
	$(BIN)/python -m pytest -q tests $(HALF:%=--ignore=%) $(REAL:%=--ignore=%) || status=$$?; \
	wait $$half || status=$$?; cat $$log; rm -f $$log; \
	[ $$status -eq 0 ] || exit $$status; \
	$(BIN)/python -m pytest -q $(REAL)

bench: $(VENV)/.ready-test  ## print every figure that README quotes
	@$(BIN)/python -m tests.bench

bench-speech: $(VENV)/.ready-train  ## how well it hears and takes turns, on human recordings
	@$(BIN)/python -m tests.bench ears requests reject endpoints bargein

rehearse: $(VENV)/.ready-test  ## the example dialogues' conversations, by voice through real SIP calls
	@$(BIN)/python -m tests.interop.telephone

doctor: $(VENV)/.ready  ## what is missing on this machine, in plain words
	@$(BIN)/appliance doctor

picture: $(VENV)/.ready  ## draw the picture in README
	@$(BIN)/python tests/picture/draw.py

# Which voice (en-rms, en-slt, de-rms) and which language (en, de) the training targets make.
VOICE ?= en-rms
LANGUAGE ?= en

train-voice: $(VENV)/.ready-train  ## train a starter voice again, VOICE=en-slt (about an hour)
	@$(BIN)/python -m models.train.voice --voice $(VOICE) --texts $(DATA)/text \
	  --work build/voice-$(VOICE) --minutes 50

train-recogniser: $(VENV)/.ready-train  ## train a starter recogniser again, LANGUAGE=de (hours)
	@$(BIN)/python -m models.train.stt all --language $(LANGUAGE) --data $(DATA) \
	  --work build/stt-$(LANGUAGE) --hours-wall 3
	@$(MAKE) --no-print-directory train-words

train-words: $(VENV)/.ready-train  ## build the word graph of a recogniser again (seconds)
	@$(BIN)/python -m models.train.lm --language $(LANGUAGE) --data $(DATA) \
	  --work build/stt-$(LANGUAGE)

train-turns: $(VENV)/.ready-train  ## train what judges pauses again (half an hour)
	@$(BIN)/python -m models.train.turns --data $(DATA) --work build/turns --packs models/packs

$(VENV)/.ready: pyproject.toml
	@set -e; found=; for p in $(PYTHONS); do \
	  if $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	  then found=$$p; break; fi; done; \
	if [ -z "$$found" ]; then \
	  echo "Attendant needs Python 3.11 or newer with venv: apt install python3 python3-venv" >&2; \
	  exit 1; fi; \
	echo "Setting up $(VENV) with $$($$found --version) (once; about 150 MB are fetched)"; \
	[ -x $(BIN)/python ] || $$found -m venv $(VENV); \
	$(BIN)/python -m pip install -q --disable-pip-version-check -e .
	@touch $@

$(VENV)/.ready-test: $(VENV)/.ready
	@$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[test,line-test]'
	@touch $@

$(VENV)/.ready-train: $(VENV)/.ready
	@$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[train]'
	@touch $@

clean:  ## remove the environment and everything built
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
