//! Which kernels were measured to be the fastest on an adapter, by the words for a layer, and the file that keeps them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::Adapter;
use crate::error::{Error, Result};

const SCHEMA: &str = "moue.tuning/1";

/// How a convolution is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// By the direct kernel that the rule takes, or by the rule's tiles.
    Direct,
    /// By Winograd's method.
    Winograd {
        /// Pixels of a side of its tiles.
        side: usize,
    },
    /// By tiles.
    Tiled {
        /// Pixels and channels of a tile.
        side: usize,
        /// Parts of the sum.
        parts: usize,
    },
}

/// What the file holds.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    schema: String,
    moue: String,
    adapter: String,
    backend: String,
    driver: String,
    choices: BTreeMap<String, Choice>,
}

/// Choices for one adapter.
#[derive(Debug)]
pub struct Choices {
    path: Option<PathBuf>,
    measures: bool,
    adapter: Adapter,
    choices: Mutex<BTreeMap<String, Choice>>,
}

impl Choices {
    /// Choices for `adapter` that are measured when they are first needed, where `measures`, and kept in `path`. What lies there already is used, unless it is
    /// broken or was measured by another driver or version: then the second value says so, and it is measured anew.
    pub fn open(adapter: &Adapter, path: Option<&Path>, measures: bool) -> (Self, Option<String>) {
        let read = path.filter(|path| path.exists()).map(|path| read(path, adapter));
        let (choices, warning) = match read {
            None => (BTreeMap::new(), None),
            Some(Ok(choices)) => (choices, None),
            Some(Err(reason)) => (BTreeMap::new(), Some(reason)),
        };
        let path = path.map(Path::to_path_buf);
        let mut kept = Self { path, measures, adapter: adapter.clone(), choices: Mutex::new(choices) };
        let unwritable = match &kept.path {
            Some(path) if measures => {
                let saved = kept.save(&kept.choices.lock().unwrap_or_else(PoisonError::into_inner));
                saved.err().map(|error| format!("{}: {error}; what is measured is not kept", path.display()))
            }
            _ => None,
        };
        if unwritable.is_some() {
            kept.path = None;
        }
        (kept, warning.or(unwritable))
    }

    /// The name of an adapter's file: letters, digits and dashes.
    pub fn file_name(adapter: &Adapter) -> String {
        let name = format!("{} {}", adapter.name, adapter.backend).to_lowercase();
        let words: Vec<&str> = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        format!("{}.json", words.join("-"))
    }

    /// How many choices there are.
    pub fn len(&self) -> usize {
        self.choices.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether nothing was chosen yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether what is missing is to be measured.
    pub fn measures(&self) -> bool {
        self.measures
    }

    /// What was measured for `layer` before.
    pub fn known(&self, layer: &str) -> Option<Choice> {
        self.choices.lock().unwrap_or_else(PoisonError::into_inner).get(layer).copied()
    }

    /// Keeps what was measured, unless another thread did meanwhile, and laid out memory by it: what is kept then.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be written.
    pub fn keep(&self, layer: String, choice: Choice) -> Result<Choice> {
        let mut choices = self.choices.lock().unwrap_or_else(PoisonError::into_inner);
        let choice = *choices.entry(layer).or_insert(choice);
        self.save(&choices)?;
        Ok(choice)
    }

    fn save(&self, choices: &BTreeMap<String, Choice>) -> Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        // Another process may have kept more meanwhile.
        let mut all = read(path, &self.adapter).unwrap_or_default();
        all.extend(choices.iter().map(|(key, &choice)| (key.clone(), choice)));
        let kept = Kept {
            schema: SCHEMA.into(),
            moue: env!("CARGO_PKG_VERSION").into(),
            adapter: self.adapter.name.clone(),
            backend: self.adapter.backend.clone(),
            driver: self.adapter.driver.clone(),
            choices: all,
        };
        let text = serde_json::to_string_pretty(&kept).map_err(|error| Error::Defect(error.to_string()))?;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| Error::io(folder, error))?;
        }
        // A reader sees the old file or the new one.
        static FILES: AtomicUsize = AtomicUsize::new(0);
        let number = FILES.fetch_add(1, Ordering::Relaxed);
        let fresh = path.with_extension(format!("{}-{number}.new", std::process::id()));
        std::fs::write(&fresh, text).map_err(|error| Error::io(&fresh, error))?;
        std::fs::rename(&fresh, path).map_err(|error| Error::io(path, error))
    }
}

fn read(path: &Path, adapter: &Adapter) -> std::result::Result<BTreeMap<String, Choice>, String> {
    let ignored = |why: String| format!("{}: {why}; it is ignored until kernels are tuned again (`--tune`)", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| ignored(error.to_string()))?;
    let kept: Kept = serde_json::from_str(&text).map_err(|error| ignored(format!("no choices of kernels: {error}")))?;
    if kept.schema != SCHEMA || kept.moue != env!("CARGO_PKG_VERSION") {
        return Err(ignored(format!("it is of moue {} and {}", kept.moue, kept.schema)));
    }
    if (&kept.adapter, &kept.backend, &kept.driver) != (&adapter.name, &adapter.backend, &adapter.driver) {
        return Err(ignored(format!("it was measured on `{}` with the driver `{}`", kept.adapter, kept.driver)));
    }
    Ok(kept.choices)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adapter(driver: &str) -> Adapter {
        Adapter {
            index: 0,
            name: "A GPU (9/X)".into(),
            backend: "vulkan".into(),
            kind: "discrete".into(),
            driver: driver.into(),
            subgroup: [32, 32],
            max_binding_bytes: 1 << 27,
            features: Vec::new(),
            converts_f16: true,
            asked: None,
            matrices: false,
        }
    }

    #[test]
    fn what_was_kept_is_read_and_what_is_stale_or_broken_is_not() {
        let folder = std::env::temp_dir().join(format!("moue-tuning-{}", std::process::id()));
        let path = folder.join(Choices::file_name(&adapter("1.0")));
        assert!(path.ends_with("a-gpu-9-x-vulkan.json"));
        let (kept, warning) = Choices::open(&adapter("1.0"), Some(&path), false);
        assert!(warning.is_none() && kept.is_empty());
        let choices: BTreeMap<String, Choice> =
            [("a", Choice::Winograd { side: 4 }), ("b", Choice::Tiled { side: 64, parts: 3 })]
                .map(|(key, c)| (key.to_owned(), c))
                .into();
        kept.save(&choices).unwrap();
        let (same, warning) = Choices::open(&adapter("1.0"), Some(&path), false);
        assert_eq!((warning, &*same.choices.lock().unwrap()), (None, &choices));
        let (other, warning) = Choices::open(&adapter("2.0"), Some(&path), false);
        assert!(other.is_empty() && warning.is_some_and(|text| text.contains("`1.0`") && text.contains("ignored")));
        let text = std::fs::read_to_string(&path).unwrap();
        for broken in [
            text.replace("moue.tuning/1", "moue.tuning/0"),
            text[..text.len() / 2].to_owned(),
            "{}".into(),
            text.replace("winograd", "magic"),
        ] {
            std::fs::write(&path, broken).unwrap();
            let (none, warning) = Choices::open(&adapter("1.0"), Some(&path), false);
            assert!(none.is_empty() && warning.is_some_and(|text| text.contains("ignored")));
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
