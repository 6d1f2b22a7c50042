//! The two ground distances, and their names on the command line.

use std::{fmt, str::FromStr};

use crate::error::{Error, Result};

/// The ground distance between the bits of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Metric {
    /// The difference of the bits' indices.
    Regular,
    /// Bits lie on a circle, as the neighbours of a pixel do.
    Cyclic,
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Regular => "regular",
            Self::Cyclic => "cyclic",
        })
    }
}

impl FromStr for Metric {
    type Err = Error;

    /// # Errors
    /// [`Error::Argument`] for any other word than `regular` and `cyclic`.
    fn from_str(name: &str) -> Result<Self> {
        match name {
            "regular" => Ok(Self::Regular),
            "cyclic" => Ok(Self::Cyclic),
            _ => Err(Error::Argument(format!("`{name}` is no metric: use `regular` or `cyclic`"))),
        }
    }
}
