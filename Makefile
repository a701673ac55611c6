# The two commands: `make demo` and `make test`. Both install what is missing by themselves and can be run again.

SHELL := /bin/sh
CARGO ?= cargo

.PHONY: help demo test lint deny fuzz bench release docs

help:
	@echo "make demo    real releases from a provider to repositories that dnf and apt install from; leaves demo/"
	@echo "make test    installs what the tests need and runs every test"
	@echo "make lint    formatting, clippy and rustdoc, each without a warning"
	@echo "make deny    what the program is made of, by deny.toml: cargo-deny, which it installs below target/"
	@echo "make fuzz    gives every parser inputs for SECONDS each (600 unless set), and says how many"
	@echo "make bench   times our commands beside what is used instead, and writes docs/performance/; takes an hour"
	@echo "make release builds target/release/nsrw without this machine's paths in it, and its bill of materials"
	@echo "make docs    renders docs/*.md from the tables in the code, and the crates' documentation"

demo:
	@scripts/install-packages demo
	$(CARGO) build -p jobs -p nsrw-tests --bins
	$(CARGO) run -q -p nsrw-tests --bin demo -- demo

test:
	@scripts/install-packages test
	@scripts/install-python test >/dev/null
	$(CARGO) build --workspace --bins
	@if $(CARGO) nextest --version >/dev/null 2>&1; then \
		echo "$(CARGO) nextest run --workspace --no-fail-fast"; $(CARGO) nextest run --workspace --no-fail-fast; \
	else \
		echo "$(CARGO) test --workspace --no-fail-fast --lib --bins --tests"; $(CARGO) test --workspace --no-fail-fast --lib --bins --tests; \
	fi
	$(CARGO) run -q -p nsrw-tests --bin on-databases -- $(CARGO) test -q -p egi-store --lib
	$(CARGO) test --workspace --doc
	CARGO=$(CARGO) scripts/fuzz 5

lint:
	$(CARGO) fmt --all --check
	$(CARGO) fmt --manifest-path fuzz/Cargo.toml --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps

deny:
	CARGO=$(CARGO) scripts/deny

SECONDS ?= 600

fuzz:
	CARGO=$(CARGO) scripts/fuzz $(SECONDS)

bench:
	@scripts/install-packages bench
	@scripts/install-python bench >/dev/null
	$(CARGO) build --release -p jobs -p nsrw-tests --bins
	scripts/bench

# The paths of this machine are left out of the program, and what is built is what Cargo.lock pins.
CARGO_HOME ?= $(HOME)/.cargo
REMAP = --remap-path-prefix=$(CURDIR)=/nsrw --remap-path-prefix=$(CARGO_HOME)=/cargo

release:
	RUSTFLAGS="$(REMAP)" $(CARGO) build --release --locked -p jobs
	scripts/sbom >target/release/nsrw.cdx.json

docs:
	$(CARGO) build -p jobs
	$(CARGO) run -q -p jobs -- render transitions > docs/transitions.md
	$(CARGO) run -q -p jobs -- render metrics > docs/metrics.md
	$(CARGO) run -q -p jobs -- render facts > docs/facts.md
	$(CARGO) run -q -p jobs -- render rt-setup > docs/rt-setup.md
	$(CARGO) run -q -p jobs -- render doctor > docs/doctor.md
	$(CARGO) run -q -p jobs -- render roles > docs/roles.md
	$(CARGO) doc --workspace --no-deps
