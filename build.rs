//! Checks every shader with naga and writes the typed table of its interface; finds the face model of the `rustface` package.

#[path = "build/expand.rs"]
mod expand;
#[path = "build/seetaface.rs"]
mod seetaface;
#[path = "build/shaders.rs"]
mod shaders;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    for result in [shaders::main(), seetaface::main()] {
        if let Err(error) = result {
            println!("cargo::error={}", error.replace('\n', " | "));
        }
    }
}
