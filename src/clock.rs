//! Time that has passed, where there is a clock: the browser's is not the standard library's.

use std::time::Duration;

/// A moment.
#[derive(Debug, Clone, Copy)]
pub struct Clock(#[cfg(not(target_family = "wasm"))] std::time::Instant);

impl Clock {
    /// Now.
    pub fn start() -> Self {
        Self(
            #[cfg(not(target_family = "wasm"))]
            std::time::Instant::now(),
        )
    }

    /// Since then; nothing where there is no clock.
    pub fn elapsed(self) -> Duration {
        #[cfg(not(target_family = "wasm"))]
        return self.0.elapsed();
        #[cfg(target_family = "wasm")]
        Duration::ZERO
    }
}
