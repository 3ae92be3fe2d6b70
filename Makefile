# The one entry point. Cargo does the work: a Rust toolchain (with rustfmt and clippy) and a C compiler, its linker, are
# enough. The tests of the C library also want a C++ compiler, clang, valgrind, pkg-config, and CMake or Python to get
# it; those of Python's package CPython 3.9, 3.11 and 3.13, with what pip fetches. They say what they skip without.
# With CI set in the environment nothing is skipped but cargo cinstall (make test-cinstall): what is missing is
# installed, or fails. The lock files may not change.

LOCKED := $(if $(CI),--locked)
ifdef CI # Nothing is compiled twice there.
export CARGO_INCREMENTAL := 0
endif
TARGET := $(or $(CARGO_TARGET_DIR),target)
# The race against other crates is a workspace of its own, so that they stay out of ours; so are the fuzzer, whose
# targets make check compiles, and Python's module. The first two have our profiles, and share what cargo has built.
PEERS := $(LOCKED) --manifest-path benches/peers/Cargo.toml --target-dir $(TARGET)
FUZZ := $(LOCKED) --manifest-path fuzz/Cargo.toml --target-dir $(TARGET)
FAST := $(LOCKED) --manifest-path python/fast/Cargo.toml --target-dir $(TARGET)/python
CLIPPY := cargo clippy $(LOCKED)

# The environment of the tests of Python's package that has its peer. Its library is that of `cargo test`, with debug
# assertions: make bench installs a release build first.
RACER := target/python-venvs/3.11/bin/python

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MSRV := $(shell sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
VERSION := $(shell sed -n 's/^version = "\([0-9.]*\).*/\1/p' Cargo.toml)
# The C library has a target folder of its own: its paths are remapped.
LIBRARY := $(TARGET)/libraries/capi
BUILT := $(LIBRARY)/$(CARGO_BUILD_TARGET)/release
# The messages of panics name source files: not by where they are on this machine.
REMAP = --remap-path-prefix=$(or $(CARGO_HOME),$(HOME)/.cargo)=cargo

# Tools that cargo builds, each in a folder of its own version.
CBINDGEN_VERSION := 0.29.4
CBINDGEN := $(TARGET)/tools/cbindgen-$(CBINDGEN_VERSION)
HEADER := $(CBINDGEN)/bin/cbindgen --quiet --config cbindgen.toml --crate tailspot-capi --output include/tailspot.h
CARGO_C_VERSION := 0.10.18+cargo-0.92.0
CARGO_C := $(TARGET)/tools/cargo-c-$(CARGO_C_VERSION)
# What the tests want and this machine lacks, as names of Debian packages.
HAS = $(shell command -v $(1) 2>/dev/null)
MISSING := $(strip $(if $(CI),$(foreach tool,g++ clang valgrind pkg-config,$(if $(call HAS,$(tool)),,$(tool)))))

# Words and phrases that have a better one: see CONTRIBUTING.md.
RETIRED := ledger|settles?|fall_due|falls? due|owed|owes|desk|fleet|twin|doors?|has against|nothing to tell|for ever|told|alarmed|parcels?
RETIRED := $(RETIRED)|taken off|in no tail|is no (array|bytes|error|event|integer|name|number|real|string)|are no (array|numbers)
# What is read for them.
READ := src capi/src include cli/src compat/src compat/README.md python/src python/README.md bindings/node/README.md
READ += bindings/node/index.d.ts bindings/sql/src benches measure examples docs $(wildcard *.md)

.PHONY: help demo test quick check bench lib install header tools test-cinstall msrv test-spark vectors record-api \
	wheels test-sql test-node test-postgres deb test-deb docs links lint-bindings release-check record-public audit advisories sbom

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):[^#]*## /make \1\t/p' Makefile

demo: ## build the program and let it watch this machine's own jitter; leaves tailspot-demo.svg here
	cargo run --release $(LOCKED) -p tailspot-cli -- demo

# Always --workspace: with -p, dependencies have fewer features and are built once more.
test: tools check ## everything that must hold: make check, all tests, benches once
	cargo test --workspace $(LOCKED)
	cargo test --workspace $(LOCKED) --bench '*'
	cargo run --profile test $(PEERS) -- --quick
	$(if $(call HAS,python3),python3 python/run_tests.py,$(if $(CI),false,@echo "skipped: there is no python3 for python/"))

quick: ## while you work, under a minute when warm: format, lints of one feature set, unit tests and the engine's tables
	cargo fmt --all --check
	$(CLIPPY) --workspace --all-targets -- -D warnings
	cargo test --workspace $(LOCKED) --lib --test architecture --test vectors --test bad_input

check: $(CBINDGEN)/bin/cbindgen ## format, lints, documentation and the C header, without running anything
	cargo fmt --all --check
	cargo fmt --manifest-path benches/peers/Cargo.toml --check
	cargo fmt --manifest-path fuzz/Cargo.toml --check
	cargo fmt --manifest-path python/fast/Cargo.toml --check
	cargo fmt --manifest-path bindings/sql/Cargo.toml --all --check
	cargo fmt --manifest-path bindings/node/Cargo.toml --check
	cargo fmt --manifest-path packaging/api/Cargo.toml --check
	$(CLIPPY) --workspace --all-targets --features tailspot/statrs,tailspot-capi/capi -- -D warnings
	$(CLIPPY) -p tailspot --no-default-features -- -D warnings
	cargo clippy $(PEERS) --all-targets -- -D warnings
	CUSTOM_LIBFUZZER_PATH=$(abspath fuzz)/none.a cargo clippy $(FUZZ) -- -D warnings # Its C++ is not compiled.
	cargo clippy $(FAST) -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc $(LOCKED) --workspace --no-deps --document-private-items
	$(HEADER) --verify
	@! grep -rnwE --exclude='*.so' '$(RETIRED)' $(READ)

bench: ## measure: criterion, then the races against libspot and libspot-rs (Python's after make test)
	cargo bench -p tailspot --bench '*' $(LOCKED)
	cargo run --release $(PEERS)
	$(if $(wildcard $(RACER)),$(RACER) -m pip install --quiet --force-reinstall --no-deps ./python)
	$(if $(wildcard $(RACER)),$(RACER) benches/python/speed.py)

lib: $(BUILT)/native-static-libs ## build the C library, shared and static

$(BUILT)/native-static-libs: Cargo.toml Cargo.lock capi/Cargo.toml capi/build.rs \
		$(shell find src capi/src -type d -o -name '[a-z]*.rs')
	@mkdir -p $(@D)
	RUSTFLAGS="$(RUSTFLAGS) $(REMAP)" cargo rustc --release $(LOCKED) -p tailspot-capi --lib \
		--target-dir $(LIBRARY) -- --print native-static-libs=$(abspath $@)
	@touch -c $@

install: lib ## install headers, libraries, pkg-config and CMake files to PREFIX=/usr/local (and DESTDIR, for packagers)
	packaging/install.sh $(VERSION) "$(BUILT)" "$(PREFIX)" "$(LIBDIR)" "$(INCLUDEDIR)" "$(DESTDIR)"

header: $(CBINDGEN)/bin/cbindgen ## write include/tailspot.h from capi/src/
	$(HEADER)

$(CBINDGEN)/bin/cbindgen:
	CARGO_PROFILE_DEV_DEBUG=0 cargo install cbindgen --version $(CBINDGEN_VERSION) --locked --debug --root $(CBINDGEN)

tools:
	$(if $(MISSING),$(call HAS,sudo) sh -c 'apt-get update && apt-get install --yes --no-install-recommends $(MISSING)')

test-cinstall: export PATH := $(abspath $(CARGO_C)/bin):$(PATH)
test-cinstall: ## build cargo-c, which takes many minutes, and test cargo cinstall
	CARGO_PROFILE_DEV_DEBUG=0 cargo install cargo-c --version $(CARGO_C_VERSION) --locked --debug --root $(CARGO_C)
	cargo cinstall --version
	cargo test --workspace $(LOCKED) --test install cinstall

msrv: ## compile the workspace with the oldest Rust that it supports (rustup fetches it)
	rustup toolchain install $(MSRV) --profile minimal
	cargo +$(MSRV) check --workspace --locked --target-dir $(TARGET)/msrv

test-spark: ## test on Spark itself (456 MB to download, needs Java 17), with queries that are killed
	python3 python/run_tests.py spark spark_queries

vectors: ## write tests/vectors/ anew: what the engine and the reference detector answer side by side
	TAILSPOT_WRITE_VECTORS=1 cargo test $(LOCKED) -p tailspot --test vectors side_by_side

record-api: ## record what the examples use of the Python package, by record_api (CPython 3.9)
	python3 python/record_api.py

# Packages, and bindings that are workspaces of their own. What they build and download takes minutes: none is part of
# make test. docs/releases.md says what each leaves where.
MDBOOK_VERSION := 0.5.4
MDBOOK := $(TARGET)/tools/mdbook-$(MDBOOK_VERSION)
DENY_VERSION := 0.20.2
DENY := $(TARGET)/tools/cargo-deny-$(DENY_VERSION)
# For each lock file of what is shipped: what cargo-deny is to check follows.
DENIED = for manifest in Cargo.toml python/fast/Cargo.toml bindings/sql/Cargo.toml bindings/node/Cargo.toml; do \
	$(DENY)/bin/cargo-deny --manifest-path $$manifest --config deny.toml check
CYCLONEDX_VERSION := 0.5.9
CYCLONEDX := $(TARGET)/tools/cargo-cyclonedx-$(CYCLONEDX_VERSION)

wheels: ## build and test the wheel for old Linux systems, with library, program and fast module, and the sdist
	python3 python/make_wheels.py

test-columnar: ## lint and test the program with Parquet and Arrow IPC, whose crates take minutes to build
	$(CLIPPY) -p tailspot-cli --features columnar --all-targets -- -D warnings
	cargo test $(LOCKED) --profile dev -p tailspot-cli --features columnar --test program columnar::

test-sql: ## build and test the extensions of DuckDB and SQLite (needs the program sqlite3)
	python3 bindings/sql/run_tests.py

test-node: ## build, test and pack the npm package (needs Node 18 and npm)
	node bindings/node/make.cjs $(TARGET)/node

test-postgres: ## run docs/postgresql.md against Debian's PostgreSQL with PL/Python, after make wheels
	python3 packaging/test_postgres.py $(wildcard target/wheels/*.whl)

deb: ## build the Debian packages and ask lintian about them (needs debhelper and lintian)
	packaging/deb.sh $(VERSION) $(TARGET)

test-deb: ## install the Debian packages here, use them and purge them (root, after make deb)
	packaging/test_deb.sh $(TARGET)

docs: $(MDBOOK)/bin/mdbook ## make the site of docs/, with search; every link is checked
	python3 packaging/book.py $(MDBOOK)/bin/mdbook $(TARGET)

links: ## check every link of every page
	python3 packaging/book.py --links

$(MDBOOK)/bin/mdbook:
	cargo install mdbook --version $(MDBOOK_VERSION) --locked --debug --no-default-features --features search --root $(MDBOOK)

lint-bindings: ## clippy on the extensions of DuckDB and SQLite, on Node's module and on the tool of record-public
	cargo clippy $(LOCKED) --manifest-path bindings/sql/Cargo.toml --target-dir $(TARGET)/sql --workspace --all-targets -- -D warnings
	cargo clippy $(LOCKED) --manifest-path bindings/node/Cargo.toml --target-dir $(TARGET)/node -- -D warnings
	cargo clippy $(LOCKED) --manifest-path packaging/api/Cargo.toml --target-dir $(TARGET)/public-api -- -D warnings

release-check: links lint-bindings audit ## before a release: versions, licences, public API and ABI, archives, a library that builds the same twice
	python3 packaging/public_api.py $(TARGET)
	python3 packaging/release_check.py $(TARGET)

record-public: ## record the public API of the crate and the ABI of the header, which make release-check compares with
	python3 packaging/public_api.py $(TARGET) --record

sbom: $(CYCLONEDX)/bin/cargo-cyclonedx ## list what the library, the program and the bindings are made of, by cargo-cyclonedx
	python3 packaging/sbom.py $(CYCLONEDX)/bin/cargo-cyclonedx $(TARGET)

$(CYCLONEDX)/bin/cargo-cyclonedx:
	cargo install cargo-cyclonedx --version $(CYCLONEDX_VERSION) --locked --debug --root $(CYCLONEDX)

audit: $(DENY)/bin/cargo-deny ## ask cargo-deny about the licences and sources of all dependencies
	$(DENIED) licenses bans sources || exit 1; done

advisories: $(DENY)/bin/cargo-deny ## ask cargo-deny about known faults of dependencies (fetches RustSec's list)
	$(DENIED) advisories || exit 1; done

$(DENY)/bin/cargo-deny:
	cargo install cargo-deny --version $(DENY_VERSION) --locked --debug --root $(DENY)
