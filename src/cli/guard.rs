//! A panic becomes a sentence: decoders and drivers are not ours, and one bad picture must not end a run.

use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    static MESSAGE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Keeps the message of a guarded panic for [`run`] instead of printing it; panics elsewhere print as before.
pub fn install() {
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if DEPTH.get() == 0 {
            previous(info);
        } else {
            MESSAGE.set(info.to_string().replace('\n', " "));
        }
    }));
}

/// Runs `work`; a panic in it is the error, in words.
pub fn run<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    DEPTH.set(DEPTH.get() + 1);
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    DEPTH.set(DEPTH.get() - 1);
    done.map_err(|_| format!("a defect in moue or in a library it uses, please report it: {}", MESSAGE.take()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_one_line_and_what_follows_goes_on() {
        install();
        let said = run(|| -> () { panic!("two\nlines") }).unwrap_err();
        assert!(said.contains("two lines") && !said.contains('\n'), "{said}");
        assert_eq!(run(|| 7), Ok(7));
    }
}
