# Each target sets up what it needs: a virtual environment in .venv, made with Python >= 3.11 and its venv module.

ifndef PYTHON
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
	&& { command -v "$$p"; break; }; done)
endif
BIN := .venv/bin
READY := .venv/.ready

.PHONY: help demo test check check-mail bench format clean

help:
	@echo "make demo    send a sample issue on this machine, with nothing configured"
	@echo "make test    run all tests"
	@echo "make check   everything that must pass before a change goes in: style, types, all tests"
	@echo "make check-mail  rendered mail before other people's checkers; takes npm and SpamAssassin where they are"
	@echo "make bench   how fast, how large; prints ratios"
	@echo "make format  put the code into its form"
	@echo "make clean   remove what was built"

demo: $(READY)
	$(BIN)/mailer demo

test: $(READY)
	$(BIN)/pytest

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest

check-mail: $(READY)
	@if command -v npm >/dev/null 2>&1; then \
		npm install --prefix tests/mailcheck --no-package-lock --no-audit --no-fund --loglevel=error; \
	else \
		echo "npm is missing: what it brings (caniemail, html-validate, axe-core) will be SKIPPED." >&2; \
	fi
	$(BIN)/python -m tests.mailcheck

bench: $(READY)
	$(BIN)/python -m tests.benchmarks

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis tests/mailcheck/node_modules

# Made again when the dependencies change. A .venv that somebody made by hand is used as it is.
$(READY): pyproject.toml
	@test -x $(BIN)/python || { \
		"$(PYTHON)" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
			echo "Python 3.11 or newer with venv is needed; python3 here is: $$(python3 --version 2>&1)." >&2; \
			echo "Install it (Debian: apt-get install python3-venv) or name one: make PYTHON=/path/to/python3.12 test" >&2; \
			exit 1; }; \
		"$(PYTHON)" -m venv .venv; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
