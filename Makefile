# `make` or `make help` lists what there is.
.DEFAULT_GOAL := help
.PHONY: help run test sure lint types demo bench chaos worker browser screenshots lock setup dev

PYTHON ?= python3
N ?= 200
ONLY ?=
ROUNDS ?= 5

run: ## Start the dashboard on http://127.0.0.1:5000 (PORT=8080 make run for another port)
	@$(PYTHON) run.py

test: ## Check everything: rules, the suite on SQLite and on PostgreSQL, the stories in a browser
	@$(PYTHON) test.py

sure: ## Check the quick things before a commit: lint, types, the suite on SQLite
	@$(PYTHON) test.py --quick

demo: setup ## Import, send and report N=200 people in a throw-away database, without a browser
	@.venv/bin/flask demo --people $(N)

worker: setup ## Scheduler, sender and webhook reading without the web (beside EMBEDDED_WORKER=0 make run)
	@.venv/bin/flask worker

bench: dev ## Print how fast we are beside bare programs: make bench ONLY=sending ROUNDS=5
	@.venv/bin/python -m bench.run $(if $(ONLY),--only $(ONLY)) --rounds $(ROUNDS)

chaos: dev ## Kill the program 50 times in imports and campaigns of 10,000, break its network, and print the figures (40 min)
	@CHAOS=1 .venv/bin/python -m pytest -q -s -p no:cacheprovider tests/promises
	@CHAOS=1 $(PYTHON) test.py --only postgres tests/promises/test_database_crashes.py

browser: ## Only the stories in a real browser
	@$(PYTHON) test.py --only browser

screenshots: dev ## Take a picture of every page, dark and light, wide and narrow, into screenshots/
	@.venv/bin/python -m tests.browser.screenshots

lint: dev ## Only the style of the code
	@.venv/bin/ruff check .

types: dev ## Only the types of the code
	@.venv/bin/mypy core services transports jobs

lock: ## Pin the newest packages that fit requirements*.in, with their hashes (needs uv)
	@for name in requirements requirements-dev; do \
	  uv pip compile $$name.in -o $$name.txt --upgrade --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --no-header --quiet; done

setup: # only the environment in .venv
	@$(PYTHON) run.py --setup-only

dev: # the environment with what checks it
	@$(PYTHON) test.py --setup-only

help: ## List what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
