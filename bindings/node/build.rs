//! Lets the linker leave the symbols of Node to the program that loads the module.

fn main() {
    napi_build::setup();
}
