//! A panic becomes an error: decoders, detectors and drivers are not ours, and one bad picture must cost its own answer only.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};

use crate::error::{Error, Result};

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    static MESSAGE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Keeps the message of a guarded panic for [`run`], with the place in the code, instead of printing it; panics elsewhere print as before.
/// The hook belongs to the process: only a program installs it.
#[cfg(any(feature = "cli", test))]
pub fn install() {
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if DEPTH.get() == 0 {
            previous(info);
        } else {
            MESSAGE.set(info.to_string());
        }
    }));
}

/// Runs `work`; a panic in it is [`Error::Defect`].
pub fn run<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    DEPTH.set(DEPTH.get() + 1);
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    DEPTH.set(DEPTH.get() - 1);
    done.unwrap_or_else(|payload| {
        let message = MESSAGE.take();
        let message = if message.is_empty() { said(&*payload) } else { message };
        Err(Error::Defect(message.replace('\n', " ")))
    })
}

fn said(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without words".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_one_line_and_what_follows_goes_on() {
        install();
        let said = run(|| -> Result<()> { panic!("two\nlines") }).unwrap_err().to_string();
        assert!(said.contains("two lines") && !said.contains('\n'), "{said}");
        assert!(matches!(run(|| Ok(7)), Ok(7)));
    }
}
