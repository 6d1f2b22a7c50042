//! What belongs to the process that opened it: a device, and the threads that serve it.

use std::mem::ManuallyDrop;

use moue::{Error, Result};

/// Something that a forked process has a copy of, and must not touch: there its threads are none.
pub struct Own<T> {
    process: u32,
    value: ManuallyDrop<T>,
}

impl<T> Own<T> {
    /// This process's.
    pub fn new(value: T) -> Self {
        Self { process: std::process::id(), value: ManuallyDrop::new(value) }
    }

    /// The value.
    ///
    /// # Errors
    /// [`Error::Defect`] in another process: Python opens another one there.
    pub fn get(&self) -> Result<&T> {
        if self.process == std::process::id() {
            return Ok(&self.value);
        }
        Err(Error::Defect("a device of another process".into()))
    }
}

impl<T> Drop for Own<T> {
    fn drop(&mut self) {
        if self.process == std::process::id() {
            // SAFETY: it is dropped once, here, and not used after it.
            #[allow(unsafe_code)]
            unsafe {
                ManuallyDrop::drop(&mut self.value);
            }
        }
    }
}
