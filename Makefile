# Every target sets itself up: Python packages in .venv, programs in the user's cache.

FIRMWARE ?= esp-at
ENGINE ?=
WIRING ?= pico
PYTHON ?= python3
BIN := .venv/bin
PIP = $(BIN)/pip install -qq --disable-pip-version-check

# What pyright reads in the place of CPython's library: the release that the tests run.
BOARDS := rp2 stm32
STUBS := 1.25.0.post3
STDLIB_STUBS := 1.29.0.post2

.PHONY: help demo pico device-test bench test lint mutants clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/.demo ## MicroPython, a simulated module and a broker: [FIRMWARE=nonos] [ENGINE=packets]
	@$(BIN)/python tools/demo.py --firmware $(FIRMWARE) --engine "$(ENGINE)"

pico: .venv/.test ## an emulated Pico, a simulated module and a broker: [FIRMWARE=nonos] [ARGS=--log]
	@mkdir -p build
	@PYTHONPATH=tools $(BIN)/python -m pico --console pty:build/pico --firmware $(FIRMWARE) $(ARGS)

device-test: .venv/.test ## the scripts of tests_device on a board: PORT=/dev/ttyACM0 [WIRING=pico] [TESTS=...]
	@$(BIN)/python tools/device_test.py $(PORT) $(TESTS) --wiring $(WIRING) $(ARGS)

bench: .venv/.test ## figures in simulated time, beside their budgets: [NAMES=...], all take ten minutes and more
	@$(BIN)/python -m bench $(NAMES)

test: ## all tests, with the time of each stage
	@$(PYTHON) tools/check.py test

lint: ## ruff and pyright
	@$(PYTHON) tools/check.py lint

mutants: .venv/.test ## break the code one line at a time: a test must notice each
	@$(BIN)/python tools/mutants.py

clean: ## remove what the targets above made here
	rm -rf .venv build *.egg-info simulator/*.egg-info .hypothesis .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One environment; each stamp adds an extra of pyproject.toml to it.
.venv/bin/pip:
	@echo "setting up .venv ..." >&2
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "$(PYTHON) -m venv does not work here:" \
	  "install it (on Debian: apt-get install python3-venv)" >&2; exit 1; }

.venv/.demo .venv/.test: .venv/.%: pyproject.toml | .venv/bin/pip
	@echo "installing Python packages for $* ..." >&2
	@$(PIP) --editable '.[$*]'
	@touch $@

.venv/.lint: pyproject.toml Makefile | .venv/.test
	@echo "installing linters ..." >&2
	@$(PIP) --editable '.[lint]'
	@rm -rf build/typings-*
	@for board in $(BOARDS); do $(PIP) --no-user --target build/typings-$$board \
	  micropython-$$board-stubs==$(STUBS) micropython-stdlib-stubs==$(STDLIB_STUBS) || exit 1; done
	@touch $@
