//! moue's own finder, which threads take in turns and wait for until the device is open.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};
use crate::face;

/// A place for one finder. Clones are the same place.
#[derive(Clone, Default)]
pub(super) struct Lender {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
enum State {
    /// The device is being opened.
    #[default]
    Opening,
    Here(Box<face::Finder>),
    Lent,
    /// There is none, and why.
    None(Error),
}

impl Lender {
    /// The finder, or why there is none: what waits goes on.
    pub fn give(&self, finder: Result<face::Finder>) {
        *self.state() = finder.map_or_else(State::None, |finder| State::Here(Box::new(finder)));
        self.shared.changed.notify_all();
    }

    /// The finder, once nobody else has it.
    pub fn lend(&self) -> Result<Lent> {
        let mut state = self.state();
        loop {
            match std::mem::replace(&mut *state, State::Lent) {
                State::Here(finder) => return Ok(Lent { finder: Some(finder), home: self.clone() }),
                State::None(error) => {
                    *state = State::None(error.clone());
                    return Err(error);
                }
                other => {
                    *state = other;
                    state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A finder that goes home when it is dropped, whatever becomes of the work.
pub(super) struct Lent {
    finder: Option<Box<face::Finder>>,
    home: Lender,
}

impl Lent {
    /// The finder itself.
    pub fn get(&mut self) -> Result<&mut face::Finder> {
        self.finder.as_deref_mut().ok_or_else(|| Error::Defect("a finder that is not there".into()))
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(finder) = self.finder.take() {
            *self.home.state() = State::Here(finder);
            self.home.shared.changed.notify_one();
        }
    }
}

/// Gives up where a finder that was to come does not: what waits for it must not wait for ever.
pub(super) struct Promise(pub Lender);

impl Drop for Promise {
    fn drop(&mut self) {
        let opening = matches!(*self.0.state(), State::Opening);
        if opening {
            self.0.give(Err(Error::Defect("the device was not opened".into())));
        }
    }
}
