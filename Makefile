# Two commands: `make demo` shows what oxmark does, `make test` checks everything.
# Each builds .venv from constraints.txt first, if needed. Python 3.11 or later, make, the package registries.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test soak lint browser docs images builtin bench bench-peers clean

demo: $(READY)
	$(BIN)/oxmark demo

test: lint browser
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

# Thousands of cases instead of hundreds: requests that the description allows and forbids, altered pictures and
# model files, large pictures side by side. Minutes.
soak: $(READY)
	$(BIN)/python -m pytest --soak tests/soak

# The tests of the report open it in a browser and read Korean in it. Installed here where that is allowed.
browser:
	@if which chromium chromium-browser google-chrome 2>/dev/null | grep -q . && fc-list :lang=ko | grep -q .; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		export DEBIAN_FRONTEND=noninteractive; apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-nanum fontconfig; \
	else echo "The tests need Chromium and a Korean font: sudo apt-get install chromium fonts-nanum fontconfig" >&2; \
		exit 1; fi

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python tools/cli_reference.py --check

# docs/cli.md from the commands' own help.
docs: $(READY)
	$(BIN)/python tools/cli_reference.py

# The pictures of the README, made by the program.
images: $(READY)
	$(BIN)/python tools/readme_images.py

# The built-in O/X model, from drawn pictures alone.
builtin: $(READY)
	$(BIN)/python tools/builtin_model.py

# Figures, printed with their conditions; speed also as JSON in benchmarks/results. An hour and more, with nothing
# else running; `make bench-peers` first, once, for the peers. `.venv/bin/python benchmarks/bench.py --help` tells how
# to measure a part of it in minutes.
bench: $(READY)
	$(BIN)/python benchmarks/bench.py
	$(BIN)/python benchmarks/real_marks.py
	$(BIN)/python benchmarks/service.py
	$(BIN)/python benchmarks/cluster.py

# Keras, scikit-learn and features learned from ImageNet, in an environment of their own (benchmarks/peers.txt).
bench-peers: .venv-peers/.ready

.venv-peers/.ready: benchmarks/peers.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check --requirement benchmarks/peers.txt
	touch $@

clean:
	rm -rf $(VENV) .venv-peers build demo demo-* .mypy_cache .ruff_cache .pytest_cache .hypothesis

# The newest lock wins: a changed constraints.txt or pyproject.toml installs again.
$(READY): constraints.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11) and "oxmark needs Python 3.11 or later; run: make PYTHON=python3.11 ...")'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
		--editable '.[dev]'
	touch $(READY)
