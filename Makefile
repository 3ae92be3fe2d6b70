# The one entry point. Cargo does the work, so nothing but a Rust toolchain (with rustfmt and clippy) is needed.
# With CI set in the environment the lock files may not change. Nothing is ever skipped: what is missing fails.

LOCKED := $(if $(CI),--locked)
# The race against other crates is a workspace of its own, so that they stay out of ours.
PEERS := $(LOCKED) --manifest-path benches/peers/Cargo.toml --target-dir $(or $(CARGO_TARGET_DIR),target)/peers
CLIPPY := cargo clippy $(LOCKED)

.PHONY: help demo test check bench

help: ## list these commands
	@sed -n 's/^\([a-z]*\):[^#]*## /make \1\t/p' Makefile

demo: ## build the program and let it watch this machine's own jitter; leaves tailspot-demo.svg here
	cargo run --release $(LOCKED) -p tailspot-cli -- demo

test: check ## everything that must hold: make check, all tests, benches once
	cargo test --workspace $(LOCKED)
	cargo bench -p tailspot --bench '*' $(LOCKED) -- --test
	cargo run --release $(PEERS) -- --quick

check: ## format, lints and documentation, without running anything
	cargo fmt --all --check
	cargo fmt --manifest-path benches/peers/Cargo.toml --check
	$(CLIPPY) --workspace --all-targets -- -D warnings
	$(CLIPPY) --workspace --all-targets --all-features -- -D warnings
	$(CLIPPY) -p tailspot --no-default-features -- -D warnings
	cargo clippy $(PEERS) --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc $(LOCKED) --workspace --no-deps --document-private-items

bench: ## measure: criterion, then the race against libspot and libspot-rs
	cargo bench -p tailspot --bench '*' $(LOCKED)
	cargo run --release $(PEERS)
