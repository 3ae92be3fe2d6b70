//! Gives the C library its soname: plain cargo sets none.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, wanted: &str| std::env::var(name).is_ok_and(|value| value == wanted);
    let is_elf = is("CARGO_CFG_TARGET_FAMILY", "unix") && !is("CARGO_CFG_TARGET_VENDOR", "apple");
    let has_abi = std::env::var_os("CARGO_FEATURE_CAPI").is_some();
    let major = std::env::var("CARGO_PKG_VERSION_MAJOR").expect("cargo sets it");
    if is_elf && has_abi {
        // Not rustc-cdylib-link-arg, which reaches the shared libraries of packages that use this one.
        println!("cargo::rustc-link-arg=-Wl,-soname,libtailspot.so.{major}");
    }
}
