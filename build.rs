//! Checks every shader with naga and writes the typed table of its interface.

#[path = "build/expand.rs"]
mod expand;
#[path = "build/shaders.rs"]
mod shaders;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    if let Err(error) = shaders::main() {
        println!("cargo::error={}", error.replace('\n', " | "));
    }
}
