//! What a request asks of its pictures: the options of `moue analyze`, as query parameters of the same names.

use crate::actions::Threshold;
use crate::face::{Search, Thoroughness};
use crate::recognizer::Faces;
use crate::records::json::Wanted;

/// Names of the parameters.
const NAMES: [&str; 11] =
    ["top", "faces", "find", "min-face", "min-score", "landmarks", "blendshapes", "embed", "actions", "threshold", "oversample"];

/// What the networks do. Pictures that agree on it are read together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct How {
    /// Which faces are read.
    pub faces: Faces,
    /// How they are looked for.
    pub search: Search,
    /// Whether five crops and their mirrors are averaged.
    pub oversample: bool,
    /// Whether faces are embedded.
    pub embed: bool,
    /// Whether action units are read, and from when on they are present.
    pub actions: Option<Threshold>,
}

impl Default for How {
    fn default() -> Self {
        Self { faces: Faces::All, search: Search::default(), oversample: false, embed: false, actions: None }
    }
}

/// A request's options.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked {
    /// Of the networks.
    pub how: How,
    /// Of the records.
    pub wanted: Wanted,
}

impl Asked {
    /// Of query parameters.
    ///
    /// # Errors
    /// The one that is unknown or has an impossible value, and what to give.
    pub fn of(pairs: &[(String, String)]) -> Result<Self, String> {
        let mut asked = Self::default();
        let (mut actions, mut threshold) = (false, None);
        for (name, value) in pairs {
            let wrong = |give: &str| format!("{name}={value}: give {give}");
            match &name[..] {
                "top" => asked.wanted.top = Some(number(value).filter(|&k| k > 0).ok_or_else(|| wrong("1 or more"))?),
                "faces" => {
                    asked.how.faces = match &value[..] {
                        "all" => Faces::All,
                        "largest" => Faces::Largest,
                        "none" => Faces::None,
                        _ => return Err(wrong("all, largest or none")),
                    }
                }
                "find" => {
                    asked.how.search.thoroughness = match &value[..] {
                        "fast" => Thoroughness::Fast,
                        "normal" => Thoroughness::Normal,
                        "thorough" => Thoroughness::Thorough,
                        _ => return Err(wrong("fast, normal or thorough")),
                    }
                }
                "min-face" => asked.how.search.min_face = Some(number(value).ok_or_else(|| wrong("pixels, 8 to 65535"))?),
                "min-score" => asked.how.search.min_score = Some(number(value).ok_or_else(|| wrong("a number from 0 to 1"))?),
                "landmarks" => {
                    let points = number(value).filter(|points| [5, 68, 478].contains(points));
                    asked.wanted.landmarks = Some(points.ok_or_else(|| wrong("5, 68 or 478"))?);
                }
                "blendshapes" => asked.how.search.blendshapes = switch(name, value)?,
                "embed" => asked.how.embed = switch(name, value)?,
                "oversample" => asked.how.oversample = switch(name, value)?,
                "actions" => actions = switch(name, value)?,
                "threshold" if value == "learned" => threshold = Some(Threshold::Learned),
                "threshold" => {
                    let fixed = number(value).filter(|fixed| (0.0..=1.0).contains(fixed));
                    let fixed = fixed.ok_or_else(|| wrong("a probability between 0 and 1, or learned"))?;
                    threshold = Some(Threshold::Fixed(fixed));
                }
                _ => return Err(format!("`{name}` is no parameter of this request: there are {}", NAMES.join(", "))),
            }
        }
        asked.how.search.check().map_err(|error| error.to_string())?;
        if threshold.is_some() && !actions {
            return Err("threshold: it is that of action units: add actions=true".into());
        }
        if actions && asked.how.faces == Faces::None {
            return Err("actions: units are read of faces that are found, by their landmarks: leave out faces=none".into());
        }
        asked.how.actions = actions.then(|| threshold.unwrap_or(Threshold::Fixed(0.5)));
        Ok(asked)
    }
}

fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

/// A flag: alone, or with a word.
fn switch(name: &str, value: &str) -> Result<bool, String> {
    match value {
        "" | "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(format!("{name}={value}: give true or false")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Result<Asked, String> {
        Asked::of(&pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect::<Vec<_>>())
    }

    #[test]
    fn what_is_wrong_is_named_and_every_name_is_known() {
        for pair in [("faces", "two"), ("find", ""), ("top", "0"), ("landmarks", "6"), ("embed", "maybe"), ("min-score", "2")] {
            let wrong = of(&[pair]).unwrap_err();
            assert!(wrong.contains(pair.0) || wrong.contains("score"), "{wrong}");
        }
        assert!(of(&[("face", "all")]).unwrap_err().contains("`face`"));
        assert!(of(&[("threshold", "0.3")]).unwrap_err().contains("actions"));
        for name in NAMES {
            let known = of(&[(name, "!")]).unwrap_err();
            assert!(!known.contains("no parameter"), "{name}");
        }
    }

    #[test]
    fn flags_stand_alone_as_on_the_command_line() {
        let asked = of(&[("actions", ""), ("threshold", "learned"), ("embed", "false"), ("landmarks", "68")]).unwrap();
        assert_eq!(asked.how, How { actions: Some(Threshold::Learned), ..How::default() });
        assert_eq!(asked.wanted.landmarks, Some(68));
    }
}
