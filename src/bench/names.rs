//! What can be measured.

use crate::error::{Error, Result};
use crate::zoo::ARCHITECTURES;

/// The model that moue carries.
pub const DEFAULT: &str = "default";
/// Levi and Hassner's twenty networks.
pub const TWENTY: &str = "levi_hassner";
/// The same, each network on the centre crop only.
pub const TWENTY_CENTRE: &str = "levi_hassner_centre";
/// Codes and colours of a frame.
pub const FRAME: &str = "lbp";
/// A portrait, from its pixels to the answer.
pub const PHOTOGRAPH: &str = "photograph";
/// A frame whose face is followed, from its pixels to the answer.
pub const VIDEO: &str = "video";

/// Whether there is every one of `nets`.
///
/// # Errors
/// [`Error::Argument`] listing those there are.
pub fn check(nets: &[String]) -> Result<()> {
    let all: Vec<&str> =
        [DEFAULT].into_iter().chain(architectures()).chain([TWENTY, TWENTY_CENTRE, FRAME, PHOTOGRAPH, VIDEO]).collect();
    match nets.iter().find(|net| !all.contains(&net.as_str())) {
        Some(net) => Err(Error::Argument(format!("there is no network `{net}`; there are: {}", all.join(", ")))),
        None => Ok(()),
    }
}

/// Names of the zoo.
pub fn architectures() -> impl Iterator<Item = &'static str> {
    ARCHITECTURES.iter().map(|architecture| architecture.name)
}
