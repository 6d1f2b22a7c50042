//! What made a record, beside its picture: records of different options do not belong into one file.

use serde::Serialize;
use serde_json::Value;

use super::args::{Args, Faces, Find};
use crate::cli::names;
use crate::embed::Network;
use crate::error::Error;
use crate::weights::Model;

/// Bytes at both ends of a tensor that tell weights apart: those of a large file are not all read for it.
const ENDS: usize = 64;

/// The options that decide what a record says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Made {
    /// Name of the model.
    model: String,
    /// What it and its weights are known by.
    fingerprint: String,
    faces: &'static str,
    find: &'static str,
    #[serde(rename = "min-face")]
    min_face: Option<u32>,
    #[serde(rename = "min-score")]
    min_score: Option<f64>,
    landmarks: Option<String>,
    blendshapes: bool,
    oversample: bool,
    /// Of action units, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    actions: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<String>,
    /// SHA-256 of the model of embeddings, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    embed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<String>,
    /// Of videos, where they were given.
    #[serde(flatten)]
    frames: Frames,
}

/// Which frames of videos are read: what was not asked for is not said, as by versions that read none.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
struct Frames {
    #[serde(skip_serializing_if = "Option::is_none")]
    every: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fps: Option<f64>,
}

impl Made {
    /// Of a run.
    ///
    /// # Errors
    /// The model's file cannot be read any more.
    pub fn of(args: &Args, model: &Model, actions: Option<&Model>, embedding: Option<&Network>) -> Result<Self, Error> {
        Ok(Self {
            model: model.description.name.clone(),
            fingerprint: fingerprint(model)?,
            faces: match args.faces {
                Faces::All => "all",
                Faces::Largest => "largest",
                Faces::None => "none",
            },
            find: match args.find {
                Find::Fast => "fast",
                Find::Normal => "normal",
                Find::Thorough => "thorough",
            },
            min_face: args.min_face,
            min_score: args.min_score,
            landmarks: args.landmarks.clone(),
            blendshapes: args.blendshapes,
            oversample: args.oversample,
            actions: actions.map(fingerprint).transpose()?,
            threshold: args.units.actions.as_ref().map(|_| args.units.threshold.to_string()),
            embed: embedding.map(|network| network.id().sha256.clone()),
            baseline: Some(&args.units.baseline).filter(|path| path.as_os_str() != "none").map(|path| names::shown(path)),
            frames: Frames { every: args.moving.every, from: args.moving.from, to: args.moving.to, fps: args.moving.fps },
        })
    }

    /// Which option a record's differ in, and how; `None` where they are these.
    pub fn differs(&self, record: &Value) -> Option<String> {
        let own = serde_json::to_value(self).unwrap_or_default();
        let (Some(own), Some(record)) = (own.as_object(), record.as_object()) else {
            return Some("its records say nothing readable of their options".into());
        };
        let text = |value: Option<&Value>| match value {
            None => "nothing".to_owned(),
            Some(Value::String(text)) => format!("`{text}`"),
            Some(other) => format!("`{other}`"),
        };
        let keys =
            ["model", "fingerprint"].into_iter().chain(own.keys().map(String::as_str)).chain(record.keys().map(String::as_str));
        let key = keys.into_iter().find(|key| own.get(*key) != record.get(*key))?;
        Some(match key {
            "fingerprint" => format!("its records are of another model of the name `{}`", self.model),
            "model" => format!("its records are of the model {}, this run's is `{}`", text(record.get(key)), self.model),
            key @ ("oversample" | "blendshapes") => match record.get(key) {
                Some(Value::Bool(true)) => format!("its records were made with --{key}, this run is without"),
                _ => format!("its records were made without --{key}, this run is with it"),
            },
            key => format!("its records were made with --{key} {}, this run has {}", text(record.get(key)), text(own.get(key))),
        })
    }
}

/// FNV-1a of the description, and of names, lengths, ends and scales of all tensors.
fn fingerprint(model: &Model) -> Result<String, Error> {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    let description = serde_json::to_vec(&model.description).map_err(|error| Error::Defect(error.to_string()))?;
    add(&description);
    for (name, array) in model.arrays() {
        let length = array.length();
        let ends = ENDS.min(length);
        add(name.as_bytes());
        add(&(length as u64).to_le_bytes());
        for range in [0..ends, length - ends..length] {
            let bytes = array.bytes(range).map_err(|reason| Error::Argument(format!("--model: {name}: {reason}")))?;
            add(&bytes);
        }
        add(bytemuck::cast_slice(array.scales().unwrap_or(&[])));
    }
    Ok(format!("{hash:016x}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_option_that_differs_is_named() {
        let made = Made {
            model: "m".into(),
            fingerprint: "1".into(),
            faces: "all",
            find: "normal",
            min_face: None,
            min_score: None,
            landmarks: None,
            blendshapes: false,
            oversample: false,
            actions: None,
            threshold: None,
            embed: None,
            baseline: None,
            frames: Frames::default(),
        };
        let own = serde_json::to_value(&made).unwrap();
        assert_eq!(made.differs(&own), None);
        let cases = [
            ("faces", json!("none"), "--faces `none`, this run has `all`"),
            ("oversample", json!(true), "with --oversample"),
            ("model", json!("other"), "`other`"),
            ("fingerprint", json!("2"), "another model of the name `m`"),
            ("every", json!(3), "--every `3`, this run has nothing"),
            ("later", json!(3), "--later `3`, this run has nothing"),
        ];
        for (key, value, words) in cases {
            let mut other = own.clone();
            other[key] = value;
            let said = made.differs(&other).unwrap();
            assert!(said.contains(words), "{said}");
        }
    }
}
