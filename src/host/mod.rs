//! What the machine gives, natively and in the browser: time, threads, and panics that become errors, texts of other programs.

mod clock;
pub mod guard;
pub mod offload;
#[cfg(not(target_family = "wasm"))]
pub mod texts;

pub use clock::Clock;
