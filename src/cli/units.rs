//! What subcommands ask of action units alike: their model, and when one is present.

use std::path::Path;

use super::outcome::Failure;
use crate::actions::Threshold;
use crate::weights::Model;

/// What `--actions` without a file means.
pub const CARRIED: &str = "actions";

/// The model that `--actions` names: the one that moue carries, or a file.
pub fn model(path: &Path) -> Result<Model, Failure> {
    let carried = path.as_os_str() == CARRIED && !path.exists();
    let model = if carried { Model::actions() } else { Model::load(path) };
    model.map_err(|error| Failure::at("--actions", error))
}

/// `--threshold`: when a unit is present.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Asked(pub Threshold);

impl std::fmt::Display for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Threshold::Fixed(fixed) => write!(f, "{fixed}"),
            Threshold::Learned => f.write_str("learned"),
        }
    }
}

/// Reads one.
///
/// # Errors
/// What to give instead.
pub fn threshold(text: &str) -> Result<Asked, String> {
    if text == "learned" {
        return Ok(Asked(Threshold::Learned));
    }
    let fixed = text.parse().ok().filter(|threshold| (0.0..=1.0).contains(threshold));
    fixed
        .map(|fixed| Asked(Threshold::Fixed(fixed)))
        .ok_or_else(|| "give a probability between 0 and 1, as 0.5, or `learned`".into())
}
