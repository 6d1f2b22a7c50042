//! Checks every shader with naga and writes the typed table of its interface; finds the face model of the `rustface` package.

#[path = "build/shaders.rs"]
mod shaders;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    if let Err(error) = shaders::main() {
        println!("cargo::error={}", error.replace('\n', " | "));
    }
}
