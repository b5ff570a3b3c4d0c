# Everything here works on a Debian machine with python3, make, git and root; without root the tests on real Minions
# are skipped by name.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_DIR ?= $(HOME)/.cache/podctl/demo
# What the sandbox and the tests on real Minions need. fish, csh and busybox are login shells to test with,
# docker-registry and openssl serve images, qemu-user-static and binutils check the arm64 infra program.
PACKAGES := docker.io openssh-server openssh-client iproute2 iptables e2fsprogs util-linux procps busybox fish csh dash sudo \
	docker-registry qemu-user-static binutils binutils-aarch64-linux-gnu
DEMO_PACKAGES := docker.io openssh-server openssh-client iproute2 iptables e2fsprogs util-linux procps busybox curl
WORKERS ?= 3
# Tests start hundreds of podctls: without its compiled files each one reads all sources anew, a quarter of its time.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help
help: ## What can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 22

# ---------------------------------------------------------------------------------------------------- what is needed

.PHONY: venv
venv: $(VENV)/.ready ## A virtual environment with podctl and its development tools
$(VENV)/.ready: pyproject.toml
	@if ! $(PYTHON) -c 'import ensurepip' 2>/dev/null && [ "$$(id -u)" = 0 ]; then \
		$(call install,python3-venv); fi
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

# $(call install,PACKAGES): Debian packages, only those that are missing, no service started by it.
define install
missing=; for p in $(1); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q ' installed' || missing="$$missing $$p"; done; \
if [ -n "$$missing" ]; then echo "installing$$missing"; export DEBIAN_FRONTEND=noninteractive; \
apt-get update -qq && apt-get install -y -qq --no-install-recommends $$missing >/dev/null; fi
endef

.PHONY: packages
packages: ## The Debian packages that the tests on real Minions need (as root; else says so and goes on)
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then $(call install,$(PACKAGES)); \
	else echo "not root on Debian: installing nothing; tests on real Minions are skipped where something is missing"; fi

# ------------------------------------------------------------------------------------------------------------- tests

PYTEST := $(BIN)/python -m pytest --dist worksteal --durations 10 -n $(WORKERS)

# Real daemons on a busy machine: what failed has one more chance, alone, and is named. A skipped test has none.
AGAIN = { echo "AGAIN, one at a time, what failed above:"; \
	PODCTL_TESTS= $(BIN)/python -m pytest --last-failed --last-failed-no-failures none $(1); }

.PHONY: test-long
test-long: venv packages ## The long form of the tests on real Minions: crashes at every point and at 100 random moments (hours)
	PODCTL_LONG=1 $(PYTEST) tests/real

# Lines are counted where that costs little: not where thousands of clusters are made up and placed, and not in the many
# processes of real tests.
AT_LENGTH := $(addprefix tests/core/test_,placement_bars.py placement_exact.py placement_properties.py placement_why.py \
	packing_large.py moving_properties.py)

SEED ?= 1
SCHEDULES ?= 200
CHAOS_WORKERS ?= 2
.PHONY: chaos
chaos: venv packages ## Random schedules with faults, watched from outside, and a report (SEED=1 SCHEDULES=200; about an hour)
	$(BIN)/python tests/real/chaos --seed $(SEED) --schedules $(SCHEDULES) --workers $(CHAOS_WORKERS)
	PODCTL_LONG=1 $(BIN)/python -m pytest tests/real/chaos/test_chaos_points.py

.PHONY: test
test: venv packages lint ## Every test, those on real Minions included, and the linters
	@rm -f .coverage .coverage.*
	$(PYTEST) $(AT_LENGTH) || $(call AGAIN,$(AT_LENGTH))
	$(PYTEST) --cov --cov-report=term:skip-covered tests --ignore tests/real $(addprefix --ignore ,$(AT_LENGTH)) || $(call AGAIN,tests --ignore tests/real)
	$(PYTEST) tests/real || $(call AGAIN,tests/real)

.PHONY: test-fast
test-fast: venv ## The tests that need no docker
	$(PYTEST) tests --ignore tests/real

.PHONY: test-real
test-real: venv packages ## The tests on real Minions
	$(PYTEST) tests/real

.PHONY: lint
lint: venv ## ruff, mypy strict and the layers
	$(BIN)/ruff check podctl tests bench
	$(BIN)/ruff format --check podctl tests bench
	$(BIN)/mypy podctl bench
	$(BIN)/lint-imports

# ------------------------------------------------------------------------------------------------------------- bench

.PHONY: bench-placement
bench-placement: venv ## How good and how fast placement is: a table, a picture, twelve bars (BENCH="--quick", "--seeds 100")
	$(BIN)/python -m bench.placement $(BENCH)

.PHONY: bench-probes
bench-probes: venv packages ## What asking probes costs: 100 Pods on five sandbox Minions (as root; BENCH="--pods 50")
	$(BIN)/python -m bench.probes $(BENCH)

# -------------------------------------------------------------------------------------------------------------- demo

.PHONY: demo
demo: venv ## Three Minions on this machine, Pods on them, and a look around (as root)
	@if [ "$$(id -u)" != 0 ]; then echo "make demo makes network namespaces: run it as root (sudo make demo)"; exit 1; fi
	@$(call install,$(DEMO_PACKAGES))
	@BIN=$(BIN) DEMO_DIR=$(DEMO_DIR) bash examples/demo.sh

.PHONY: demo-down
demo-down: ## Takes the demo's Minions down
	$(BIN)/podctl sandbox down --dir $(DEMO_DIR)
