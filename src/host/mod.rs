//! What the machine gives, natively and in the browser: time, threads, and panics that become errors.

mod clock;
pub mod guard;
pub mod offload;

pub use clock::Clock;
