//! Device errors arrive in callbacks; here they wait until the call that caused them can return them.

use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Error, Result};

#[derive(Debug, Clone)]
enum Failure {
    OutOfMemory,
    Refused(String),
}

#[derive(Debug, Default)]
struct State {
    first: Option<Failure>,
    lost: Option<String>,
}

/// The failures of one device.
#[derive(Debug)]
pub(super) struct Failures {
    adapter: String,
    state: Arc<Mutex<State>>,
}

impl Failures {
    pub fn watch(device: &wgpu::Device, adapter: &str) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        device.on_uncaptured_error(Arc::new(move |error| {
            let failure = match error {
                wgpu::Error::OutOfMemory { .. } => Failure::OutOfMemory,
                wgpu::Error::Validation { description, .. } | wgpu::Error::Internal { description, .. } => {
                    Failure::Refused(description)
                }
            };
            shared.lock().unwrap_or_else(PoisonError::into_inner).first.get_or_insert(failure);
        }));
        let shared = Arc::clone(&state);
        device.set_device_lost_callback(move |reason, message| {
            let text = if message.is_empty() { format!("{reason:?}").to_lowercase() } else { message };
            shared.lock().unwrap_or_else(PoisonError::into_inner).lost.get_or_insert(text);
        });
        Self { adapter: adapter.to_owned(), state }
    }

    /// A lost device stays lost; other failures are told once.
    pub fn take(&self, doing: &str) -> Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let adapter = self.adapter.clone();
        if let Some(reason) = &state.lost {
            return Err(Error::DeviceLost { adapter, reason: reason.clone() });
        }
        match state.first.take() {
            None => Ok(()),
            Some(Failure::OutOfMemory) => Err(Error::OutOfMemory { adapter, doing: doing.to_owned() }),
            Some(Failure::Refused(reason)) => Err(Error::Device { adapter, reason: format!("{doing}: {reason}") }),
        }
    }
}
