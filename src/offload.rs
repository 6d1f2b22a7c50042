//! Work that would keep an executor waiting, on a thread of its own.

use crate::error::{Error, Result};
use crate::guard;

/// Runs `work` on a thread of its own; where there are none (the browser), here. The thread ends by itself where the future is dropped.
///
/// # Errors
/// Those of `work`; [`Error::Defect`] where it panics or no thread can be started.
#[cfg(not(target_family = "wasm"))]
pub async fn offload<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let (sender, receiver) = futures_channel::oneshot::channel();
    let body = move || {
        let _ = sender.send(guard::run(work));
    };
    thread("moue", body)?;
    receiver.await.unwrap_or_else(|_| Err(Error::Defect("a thread ended without an answer".into())))
}

/// As natively, on the only thread there is.
///
/// # Errors
/// Those of `work`.
#[cfg(target_family = "wasm")]
pub async fn offload<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    guard::run(work)
}

/// Starts a thread that nobody joins.
///
/// # Errors
/// [`Error::Defect`] where the system gives none.
pub fn thread(name: &str, body: impl FnOnce() + Send + 'static) -> Result<()> {
    let started = std::thread::Builder::new().name(name.to_owned()).spawn(body);
    started.map(drop).map_err(|error| Error::Defect(format!("the system gives no thread: {error}")))
}
