//! How a subcommand ends.

use std::io;

use crate::error::{Error, plain};

/// What a subcommand returns.
pub type Outcome = Result<Status, Failure>;

/// It ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Every input was read and answered.
    Complete,
    /// Some input could not be read, or a comparison failed.
    Incomplete,
}

impl Status {
    /// [`Status::Incomplete`] where anything failed.
    pub fn of(failures: usize) -> Self {
        if failures == 0 { Self::Complete } else { Self::Incomplete }
    }
}

/// It did not run to its end.
#[derive(Debug)]
pub enum Failure {
    /// Misuse, or nothing could run: the sentence to print.
    Refused(String),
    /// Whoever read stdout has gone; not worth a word.
    PipeClosed,
}

impl Failure {
    /// A refusal that names the flag or the argument.
    pub fn at(flag: &str, reason: impl std::fmt::Display) -> Self {
        Self::Refused(format!("{flag}: {reason}"))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Refused(error.to_string())
    }
}

/// Only writes to stdout are converted: files carry their path in an [`Error::Io`].
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe { Self::PipeClosed } else { Self::at("stdout", plain(&error)) }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        io::Error::from(error).into()
    }
}
