//! The file that grows while faces are read.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, UNIX_EPOCH};

use crate::cli::inputs::{Input, Source};
use crate::cli::outcome::Failure;
use crate::cli::terminal;
use crate::embed::{Face, Gallery, Image, ModelId};
use crate::error::Result;

/// How long faces wait to be written.
const EVERY: Duration = Duration::from_secs(15);

/// A gallery and its file.
pub struct Store {
    gallery: Gallery,
    path: PathBuf,
    written: Instant,
    changed: bool,
    labels: bool,
}

/// An input that is to be read, and what is known of its file.
#[derive(Debug)]
pub struct Job {
    pub input: Input,
    pub image: Image,
}

impl Store {
    /// What lies at `path`, or an empty gallery.
    ///
    /// # Errors
    /// What lies there is no file of faces, or one of another model or other options.
    pub fn open(
        path: &Path,
        model: &ModelId,
        expressions: &[String],
        options: [(String, String); 4],
    ) -> std::result::Result<Self, Failure> {
        let labels = options.iter().any(|(option, value)| option == "labels" && value == "true");
        let options = options.into_iter().collect();
        let gallery = if path.exists() {
            let gallery = Gallery::load(path).map_err(|error| Failure::at("--output", error))?;
            let other = |reason: String| Failure::at("--output", format!("{}: {reason}: give another name", path.display()));
            gallery.made_by(model).map_err(|error| other(error.to_string()))?;
            if gallery.expressions != expressions {
                return Err(other("its expressions are those of another model".into()));
            }
            if gallery.options != options {
                let said = |all: &std::collections::BTreeMap<String, String>| {
                    all.iter().map(|(option, value)| format!("{option} {value}")).collect::<Vec<_>>().join("; ")
                };
                return Err(other(format!("it was made with {}, and this run has {}", said(&gallery.options), said(&options))));
            }
            gallery
        } else {
            let mut gallery = Gallery::new(model.clone(), expressions.to_vec());
            gallery.options = options;
            gallery
        };
        Ok(Self { gallery, path: path.to_owned(), written: Instant::now(), changed: !path.exists(), labels })
    }

    /// What is not in the file yet, or was changed since; and how many inputs are none: each was named on stderr.
    pub fn left(&mut self, inputs: Vec<Input>) -> (Vec<Job>, usize) {
        let known: HashMap<&str, &Image> = self.gallery.images.iter().map(|image| (image.path.as_str(), image)).collect();
        let (mut left, mut failures, mut stale) = (Vec::new(), 0, Vec::new());
        for input in inputs {
            let path = match &input.source {
                Source::File(path) | Source::Video(path) => path,
                Source::None(reason) => {
                    terminal::error(format!("{}: {reason}", input.name));
                    failures += 1;
                    continue;
                }
                Source::Stdin | Source::Stream | Source::Camera(_) => {
                    terminal::error(format!("{}: nobody can find its faces again: give files", input.name));
                    failures += 1;
                    continue;
                }
            };
            let (size, modified) = facts(path);
            let before = known.get(input.name.as_str());
            if before.is_some_and(|image| image.size == size && image.modified == modified) {
                continue;
            }
            if before.is_some() {
                stale.push(input.name.clone());
            }
            let taken = if input.is_video() { None } else { crate::photo::taken(path) };
            let image = Image { path: input.name.clone(), size, modified, taken, video: input.is_video(), ..Image::default() };
            left.push(Job { input, image });
        }
        for path in stale {
            self.forget(&path);
        }
        (left, failures)
    }

    /// Leaves out a picture that was changed, and its faces.
    fn forget(&mut self, path: &str) {
        let Some(gone) = self.gallery.images.iter().position(|image| image.path == path) else { return };
        let mut kept = Gallery::new(self.gallery.model.clone(), self.gallery.expressions.clone());
        kept.options.clone_from(&self.gallery.options);
        kept.labels.clone_from(&self.gallery.labels);
        kept.images.clone_from(&self.gallery.images);
        kept.images.remove(gone);
        for index in 0..self.gallery.len() {
            let Some(mut face) = self.gallery.face(index).filter(|face| face.image != gone) else { continue };
            face.image -= usize::from(face.image > gone);
            // It fitted before.
            let _ = kept.push(&face);
        }
        self.gallery = kept;
        self.changed = true;
    }

    /// Adds a picture or a video and all of its faces, whose `image` and `label` are not known yet.
    ///
    /// # Errors
    /// A vector is none; the file cannot be written.
    pub fn add(&mut self, image: Image, faces: Vec<Face>) -> Result<()> {
        let label = self.labels.then(|| {
            let folder = Path::new(&image.path).parent().and_then(Path::file_name);
            let name = folder.map_or_else(|| ".".to_owned(), |name| name.to_string_lossy().into_owned());
            self.gallery.labels.iter().position(|own| *own == name).unwrap_or_else(|| {
                self.gallery.labels.push(name);
                self.gallery.labels.len() - 1
            })
        });
        self.gallery.images.push(image);
        let own = self.gallery.images.len() - 1;
        for face in faces {
            self.gallery.push(&Face { image: own, label, ..face })?;
        }
        self.changed = true;
        if self.written.elapsed() > EVERY { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<()> {
        self.gallery.save(&self.path)?;
        (self.written, self.changed) = (Instant::now(), false);
        Ok(())
    }

    /// Writes what is not written yet.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(mut self) -> Result<Gallery> {
        if self.changed {
            self.write()?;
        }
        Ok(self.gallery)
    }
}

/// Bytes of a file, and when it was changed.
fn facts(path: &Path) -> (u64, Option<f64>) {
    let Ok(facts) = std::fs::metadata(path) else { return (0, None) };
    let modified = facts.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    (facts.len(), modified.map(|since| since.as_secs_f64()))
}
