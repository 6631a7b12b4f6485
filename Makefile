# `make` lists what can be done. Needs Python 3.11; on Debian, as root, everything else is installed when asked for.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.NOTPARALLEL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
FLASK := $(BIN)/flask --app wsgi
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard volunteer/translations/*/LC_MESSAGES/*.po))
export PORT ?= 8000

.PHONY: help install run demo test check soak bench lock messages prepare

help: ## list what can be done
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' Makefile | while IFS=$$'\t' read -r target text; do printf 'make %-10s %s\n' "$$target" "$$text"; done

install: .venv/.installed $(CATALOGUES) ## set up .venv from the lock and compile the translations

run: install ## serve http://127.0.0.1:PORT (8000) with a demo team (VOLUNTEER_DEMO=0: without); Ctrl-C stops all
	@.ci/serve

demo: install ## bring the tables up to date and fill an empty database with the demo team
	@$(FLASK) db upgrade
	@$(FLASK) demo --if-empty

test: prepare .venv/.installed-tests $(CATALOGUES) ## run all tests on SQLite and on PostgreSQL (within 6 minutes)
	@$(BIN)/python tests/run

check: .venv/.installed-tests ## check style, types and the order of the rooms
	@$(BIN)/ruff check . tests/run
	@$(BIN)/ruff format --check . tests/run
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/pytest -q tests/test_architecture.py

soak: prepare .venv/.installed-tests $(CATALOGUES) ## run the long races and crashes, on both databases
	@$(BIN)/python tests/run -m soak

bench: prepare .venv/.installed-tests $(CATALOGUES) ## measure what pages, feeds and sign-ups cost (LARGE=1: in a large database too)
	@$(BIN)/python -m tests.bench $(if $(LARGE),--large)

lock: .venv/.installed-tests ## renew both locks from pyproject.toml (UPGRADE=--upgrade: take newer versions too)
	@test -x .venv/lock/bin/uv || { $(PYTHON) -m venv .venv/lock; .venv/lock/bin/pip install --quiet uv; }
	@export UV_CUSTOM_COMPILE_COMMAND='make lock' UV_NO_PROGRESS=1; \
	uv="$$PWD/.venv/lock/bin/uv pip compile --quiet --generate-hashes --no-header --python-version 3.11 $(UPGRADE)"; \
	$$uv pyproject.toml -o requirements.txt >/dev/null; \
	$$uv pyproject.toml --extra test -c requirements.txt -o tests/requirements.txt >/dev/null

messages: .venv/.installed ## collect the sentences to translate into volunteer/translations
	@pot=$$(mktemp); trap 'rm -f "$$pot"' EXIT; \
	$(BIN)/pybabel -q extract -F volunteer/translations/babel.cfg -k '_l _n:1,2 Refused ColumnMissing Sentence' --sort-output --no-location \
		-o "$$pot" volunteer templates; \
	for catalogue in volunteer/translations/*/LC_MESSAGES/messages.po; do \
		$(BIN)/pybabel -q update --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --no-wrap \
			-i "$$pot" -l "$$(basename "$${catalogue%/LC_MESSAGES/*}")" -o "$$catalogue"; \
	done

prepare:
	@PYTHON=$(PYTHON) tests/prepare

.venv/.installed: requirements.txt | $(BIN)/pip
	@echo 'Installing what requirements.txt lists ...'
	@$(PIP_INSTALL) -r requirements.txt
	@touch $@

.venv/.installed-tests: tests/requirements.txt .venv/.installed
	@echo 'Installing what tests/requirements.txt lists ...'
	@$(PIP_INSTALL) -r tests/requirements.txt
	@touch $@

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name it: make PYTHON=python3.11")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
			echo 'Python cannot make a virtual environment here. On Debian: sudo apt-get install python3-venv'; exit 1; \
		fi; \
		echo 'Installing python3-venv ...'; export DEBIAN_FRONTEND=noninteractive; \
		apt-get -qq update; apt-get -qq install -y --no-install-recommends python3-venv >/dev/null; }
	@$(PYTHON) -m venv .venv

%.mo: %.po .venv/.installed
	@$(BIN)/pybabel -q compile -i $< -o $@
