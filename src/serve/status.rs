//! Whether the service can answer.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What the worker is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// The device is being opened.
    Opening,
    /// It reads, on the device of this name.
    Ready(String),
    /// The device was lost, and is opened again.
    Lost(String),
    /// It answers what it took, and ends.
    Ending,
}

/// What the worker is doing, and when it last did it.
#[derive(Debug)]
pub struct Status {
    state: Mutex<(Phase, Instant)>,
}

impl Default for Status {
    fn default() -> Self {
        Self { state: Mutex::new((Phase::Opening, Instant::now())) }
    }
}

impl Status {
    /// From now on; an end is for good.
    pub fn set(&self, phase: Phase) {
        let mut state = self.state();
        if state.0 != Phase::Ending {
            *state = (phase, Instant::now());
        }
    }

    /// An answer was given.
    pub fn beat(&self) {
        self.state().1 = Instant::now();
    }

    /// The device that reads; `waiting`: there is something to read.
    ///
    /// # Errors
    /// Why it does not.
    pub fn ready(&self, waiting: bool, deadline: Duration) -> Result<String, String> {
        let (phase, beat) = self.state().clone();
        match phase {
            // What hangs in a driver answers nothing, and says nothing.
            Phase::Ready(_) if waiting && beat.elapsed() > deadline => {
                Err("the device has not answered for longer than the deadline".into())
            }
            Phase::Ready(device) => Ok(device),
            Phase::Opening => Err("the device is being opened".into()),
            Phase::Lost(reason) => Err(format!("the device was lost and is opened again: {reason}")),
            Phase::Ending => Err("the service ends".into()),
        }
    }

    fn state(&self) -> MutexGuard<'_, (Phase, Instant)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
