//! What a newcomer types: `cargo xtask test`.
fn main() {}
