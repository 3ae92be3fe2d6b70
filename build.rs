//! Gives the C library its soname: plain cargo sets none.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let is_elf = std::env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|family| family == "unix")
        && std::env::var("CARGO_CFG_TARGET_VENDOR").is_ok_and(|vendor| vendor != "apple");
    let major = std::env::var("CARGO_PKG_VERSION_MAJOR").expect("cargo sets it");
    if is_elf {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libtailspot.so.{major}");
    }
}
