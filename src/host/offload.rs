//! Work that would keep an executor waiting, on a thread of its own.

use std::sync::{Mutex, PoisonError};

use super::guard;
use crate::error::{Error, Result};

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

/// Threads that look through or copy memory at most: beside an H200, 38 MB went up in 3.9 to 7 ms by one, 1.9 by four, 1.6 by eight, 1.5 by twelve.
pub const COPIERS: usize = 8;

/// `work` on every part, by `most` threads at most; the results in the order of the parts. Where there are no threads the calling one does all of it.
pub fn shared<T: Send, R: Send>(parts: Vec<T>, most: usize, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(parts.len()).min(most);
    let queue = Mutex::new(parts.into_iter().enumerate());
    let done = Mutex::new(Vec::new());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let labour = || {
        while let Some((index, part)) = next() {
            let result = work(part);
            done.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            let _ = std::thread::Builder::new().spawn_scoped(scope, labour);
        }
        labour();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::shared;

    #[test]
    fn results_come_in_the_order_of_the_parts() {
        assert_eq!(
            shared((0..100).collect(), 3, |part: usize| part * part),
            (0..100).map(|part| part * part).collect::<Vec<_>>()
        );
        assert!(shared(Vec::<u8>::new(), 3, |part| part).is_empty());
    }
}
