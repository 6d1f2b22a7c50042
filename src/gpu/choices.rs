//! Which kernels were measured to be the fastest on an adapter, by the words for a layer, and the file that keeps them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Debug, Formatter};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::adapter::Adapter;
use super::shader;
use crate::error::{Error, Result};

const SCHEMA: &str = "moue.tuning/1";
/// Letters of an adapter's name and of its driver's that a file is called by, at most: file systems hold 255.
const MOST_LETTERS: usize = 80;

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
        /// Products in f16, and sums of a few of them.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        half: bool,
    },
}

/// What the file holds.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    schema: String,
    moue: String,
    kernels: String,
    adapter: String,
    backend: String,
    driver: String,
    choices: BTreeMap<String, Choice>,
}

/// What happens while kernels are measured.
#[derive(Debug, Clone, Copy)]
pub enum Tuning<'a> {
    /// Those for a layer, in words, are measured from now on.
    Begun(&'a str),
    /// They were.
    Ended,
    /// What is measured is not kept any more.
    Unkept(&'a Error),
}

type Watch = Box<dyn Fn(Tuning<'_>) + Send + Sync>;

/// Choices for one adapter.
pub struct Choices {
    path: Option<PathBuf>,
    keeps: AtomicBool,
    measures: bool,
    watch: Option<Watch>,
    adapter: Adapter,
    choices: Mutex<BTreeMap<String, Choice>>,
    taken: Mutex<BTreeSet<String>>,
}

impl Choices {
    /// Choices for `adapter` that are measured when they are first needed, where `measures`, and kept in `path`. What lies there already is used, unless it is
    /// broken or was measured with another driver, version or other kernels: then the second value says so, and where `measures` it is measured anew.
    pub fn open(adapter: &Adapter, path: Option<&Path>, measures: bool) -> (Self, Option<String>) {
        let until = if measures { "it is measured anew" } else { "it is ignored until kernels are tuned again (`--tune`)" };
        let said = |path: &Path, reason: String| format!("{}: {reason}; {until}", path.display());
        let read = path.filter(|path| path.exists()).map(|path| read(path, adapter).map_err(|reason| said(path, reason)));
        let (choices, warning) = match read {
            None => (BTreeMap::new(), None),
            Some(Ok(choices)) => (choices, None),
            Some(Err(reason)) => (BTreeMap::new(), Some(reason)),
        };
        let path = path.map(Path::to_path_buf);
        let kept = Self {
            keeps: AtomicBool::new(path.is_some()),
            path,
            measures,
            watch: None,
            adapter: adapter.clone(),
            choices: Mutex::new(choices),
            taken: Mutex::default(),
        };
        let unwritable = match &kept.path {
            Some(path) if measures => {
                let saved = kept.save(&kept.choices.lock().unwrap_or_else(PoisonError::into_inner));
                saved.err().map(|error| format!("{}: {error}; what is measured is not kept", path.display()))
            }
            _ => None,
        };
        if unwritable.is_some() {
            kept.keeps.store(false, Ordering::Relaxed);
        }
        (kept, warning.or(unwritable))
    }

    /// Tells `watch` what happens while kernels are measured.
    #[must_use]
    pub fn watched(self, watch: impl Fn(Tuning<'_>) + Send + Sync + 'static) -> Self {
        Self { watch: Some(Box::new(watch)), ..self }
    }

    pub(crate) fn say(&self, what: Tuning<'_>) {
        if let Some(watch) = &self.watch {
            watch(what);
        }
    }

    /// The name of the file for an adapter and its driver: letters, digits and dashes.
    pub fn file_name(adapter: &Adapter) -> String {
        let words = |text: &str| {
            let text = text.to_lowercase();
            let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
            words.collect::<Vec<_>>().join("-").chars().take(MOST_LETTERS).collect::<String>()
        };
        let parts = [&adapter.name, &adapter.backend, &adapter.driver].map(|text| words(text));
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        format!("{}.json", parts.join("-"))
    }

    /// How many choices there are.
    pub fn len(&self) -> usize {
        self.choices.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether nothing was chosen yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many of them were taken so far.
    pub fn taken(&self) -> usize {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Counts the choice for `layer` as taken.
    pub fn take(&self, layer: &str) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if !taken.contains(layer) {
            taken.insert(layer.to_owned());
        }
    }

    /// Whether what is missing is to be measured.
    pub fn measures(&self) -> bool {
        self.measures
    }

    /// What was measured for `layer` before.
    pub fn known(&self, layer: &str) -> Option<Choice> {
        self.choices.lock().unwrap_or_else(PoisonError::into_inner).get(layer).copied()
    }

    /// Keeps what was measured in place of `stale`, unless another thread did meanwhile, and laid out memory by it: what is kept then. Where the file cannot be
    /// written, what is measured from then on is known to this run only.
    pub fn keep(&self, layer: String, choice: Choice, stale: Option<Choice>) -> Choice {
        let mut choices = self.choices.lock().unwrap_or_else(PoisonError::into_inner);
        let choice = match choices.get(&layer) {
            Some(&other) if Some(other) != stale => other,
            _ => choice,
        };
        choices.insert(layer, choice);
        let saved = if self.keeps.load(Ordering::Relaxed) { self.save(&choices) } else { Ok(()) };
        drop(choices);
        if let Err(error) = saved {
            self.keeps.store(false, Ordering::Relaxed);
            self.say(Tuning::Unkept(&error));
        }
        choice
    }

    fn save(&self, choices: &BTreeMap<String, Choice>) -> Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        // Another process may have kept more meanwhile.
        let mut all = read(path, &self.adapter).unwrap_or_default();
        all.extend(choices.iter().map(|(key, &choice)| (key.clone(), choice)));
        let kept = Kept {
            schema: SCHEMA.into(),
            moue: env!("CARGO_PKG_VERSION").into(),
            kernels: kernels(),
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

impl Debug for Choices {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { path, measures, adapter, choices, .. } = self;
        f.debug_struct("Choices")
            .field("path", path)
            .field("measures", measures)
            .field("adapter", adapter)
            .field("choices", choices)
            .finish_non_exhaustive()
    }
}

/// What stands for the texts of this version's shaders.
fn kernels() -> String {
    format!("{:016x}", shader::TEXTS)
}

/// The choices of a file, or why they do not count.
fn read(path: &Path, adapter: &Adapter) -> std::result::Result<BTreeMap<String, Choice>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let kept: Kept = serde_json::from_str(&text).map_err(|error| format!("no choices of kernels: {error}"))?;
    if kept.schema != SCHEMA || kept.moue != env!("CARGO_PKG_VERSION") {
        return Err(format!("it is of moue {} and {}", kept.moue, kept.schema));
    }
    if kept.kernels != kernels() {
        return Err("it was measured with other kernels than this build has".into());
    }
    if (&kept.adapter, &kept.backend, &kept.driver) != (&adapter.name, &adapter.backend, &adapter.driver) {
        return Err(format!("it was measured on `{}` with the driver `{}`", kept.adapter, kept.driver));
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
            identity: (0, 0),
            pci_bus: String::new(),
            matrices: false,
        }
    }

    #[test]
    fn what_was_kept_is_read_and_what_is_stale_or_broken_is_not() {
        let folder = std::env::temp_dir().join(format!("moue-tuning-{}", std::process::id()));
        let path = folder.join(Choices::file_name(&adapter("1.0")));
        assert!(path.ends_with("a-gpu-9-x-vulkan-1-0.json"));
        assert!(Choices::file_name(&adapter(&"long ".repeat(99))).len() < 200, "a file system holds it");
        let (kept, warning) = Choices::open(&adapter("1.0"), Some(&path), false);
        assert!(warning.is_none() && kept.is_empty());
        let choices: BTreeMap<String, Choice> =
            [("a", Choice::Winograd { side: 4 }), ("b", Choice::Tiled { side: 64, parts: 3, half: true })]
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
            text.replace(&kernels(), "0123456789abcdef"),
            text.replace("winograd", "magic"),
        ] {
            std::fs::write(&path, broken).unwrap();
            let (none, warning) = Choices::open(&adapter("1.0"), Some(&path), false);
            assert!(none.is_empty() && warning.is_some_and(|text| text.contains("ignored")));
        }
        let (none, warning) = Choices::open(&adapter("1.0"), Some(&path), true);
        assert!(none.is_empty() && warning.is_some_and(|text| text.contains("anew") && !text.contains("ignored")));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_choice_takes_the_place_of_a_stale_one_only() {
        let (choices, _) = Choices::open(&adapter("1.0"), None, true);
        let keep = |choice, stale| choices.keep("a".into(), choice, stale);
        assert_eq!(keep(Choice::Direct, None), Choice::Direct);
        assert_eq!(keep(Choice::Winograd { side: 4 }, None), Choice::Direct, "another thread was first");
        assert_eq!(keep(Choice::Winograd { side: 4 }, Some(Choice::Direct)), Choice::Winograd { side: 4 });
        assert_eq!((choices.len(), choices.taken()), (1, 0));
    }

    #[test]
    fn where_nothing_can_be_written_a_run_goes_on_and_says_so_once() {
        let folder = std::env::temp_dir().join(format!("moue-tuning-gone-{}", std::process::id()));
        let (choices, warning) = Choices::open(&adapter("1.0"), Some(&folder.join("a.json")), true);
        assert_eq!(warning, None);
        // A file where the folder was.
        std::fs::remove_dir_all(&folder).unwrap();
        std::fs::write(&folder, "").unwrap();
        let said = std::sync::Arc::new(AtomicUsize::new(0));
        let count = std::sync::Arc::clone(&said);
        let choices = choices.watched(move |what| {
            assert!(matches!(what, Tuning::Unkept(_)));
            count.fetch_add(1, Ordering::Relaxed);
        });
        choices.keep("a".into(), Choice::Direct, None);
        choices.keep("b".into(), Choice::Winograd { side: 4 }, None);
        assert_eq!((choices.known("b"), said.load(Ordering::Relaxed)), (Some(Choice::Winograd { side: 4 }), 1));
        std::fs::remove_file(&folder).unwrap();
    }
}
