//! `INPUT...`: files, folders, globs and `-`, in the order they were given.

use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use image::RgbImage;

use super::walk::{self, EXTENSIONS, Unread};
use super::{names, terminal};
use crate::error::{Error, Result};
use crate::photo;

/// One picture to answer for.
#[derive(Debug)]
pub struct Input {
    /// As it is shown in a record: see [`names::shown`].
    pub name: String,
    /// Where its bytes are, or why there are none.
    pub source: Source,
    /// Its path below the folder that was given; its file name otherwise.
    pub relative: PathBuf,
}

/// Where a picture comes from.
#[derive(Debug)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// Standard input.
    Stdin,
    /// Nothing to read, and why.
    None(String),
}

impl Input {
    fn file(path: PathBuf, relative: PathBuf) -> Self {
        Self { name: names::shown(&path), source: Source::File(path), relative }
    }

    fn nothing(name: String, reason: impl Into<String>) -> Self {
        Self { name, source: Source::None(reason.into()), relative: PathBuf::new() }
    }

    /// The picture, upright; what is to be said of its file goes to stderr.
    ///
    /// # Errors
    /// Whatever keeps it from being read, in words that name the cause.
    pub fn read(&self) -> Result<RgbImage> {
        let photo = match &self.source {
            Source::File(path) => photo::read_remarked(path),
            Source::Stdin => {
                let mut bytes = Vec::new();
                std::io::stdin().lock().read_to_end(&mut bytes).map_err(|error| Error::io("-", error))?;
                photo::decode_remarked(&bytes)
            }
            Source::None(reason) => Err(Error::Picture(reason.clone())),
        }?;
        if let Some(remark) = photo.remark {
            terminal::warning(format!("{}: {remark}", self.name));
        }
        Ok(photo.picture)
    }
}

/// Every picture the arguments name: a folder gives those below it, sorted; a pattern its matches; what names nothing gives one
/// input that says so. What folders hold that is not read is said on stderr.
pub fn expand(arguments: &[PathBuf]) -> Vec<Input> {
    let mut stdin_taken = false;
    let mut inputs = Inputs::default();
    for argument in arguments {
        if argument.as_os_str() == "-" {
            inputs.found.push(if stdin_taken {
                Input::nothing("-".into(), "standard input was already read: give `-` once")
            } else {
                Input { name: "-".into(), source: Source::Stdin, relative: "stdin".into() }
            });
            stdin_taken = true;
        } else if argument.exists() {
            inputs.path(argument);
        } else {
            inputs.pattern(argument);
        }
    }
    inputs.unread.note();
    inputs.found
}

#[derive(Default)]
struct Inputs {
    found: Vec<Input>,
    unread: Unread,
}

impl Inputs {
    fn path(&mut self, argument: &Path) {
        if argument.is_dir() {
            self.folder(argument);
        } else {
            self.found.push(Input::file(argument.into(), argument.file_name().unwrap_or_default().into()));
        }
    }

    fn folder(&mut self, root: &Path) {
        let below = walk::below(root);
        if below.entries.is_empty() {
            let known = EXTENSIONS.join(", ");
            let reason = format!("no picture in this folder (looked for {known})");
            self.found.push(Input::nothing(names::shown(root), reason));
        }
        for entry in below.entries {
            self.found.push(match entry {
                Ok(path) => {
                    let relative = path.strip_prefix(root).unwrap_or(&path).to_path_buf();
                    Input::file(path, relative)
                }
                Err((at, reason)) => Input::nothing(names::shown(&at), reason),
            });
        }
        self.unread.add(below.unread);
    }

    fn pattern(&mut self, argument: &Path) {
        let name = names::shown(argument);
        let Some(pattern) = argument.to_str().filter(|text| text.contains(['*', '?', '['])) else {
            return self.found.push(Input::nothing(name, "no such file or folder"));
        };
        let matches = match glob::glob(pattern) {
            Ok(matches) => matches,
            Err(error) => return self.found.push(Input::nothing(name, format!("not a valid pattern: {error}"))),
        };
        let before = self.found.len();
        for found in matches {
            match found {
                Ok(found) => self.path(&found),
                Err(error) => self.found.push(Input::nothing(names::shown(error.path()), crate::error::plain(error.error()))),
            }
        }
        if self.found.len() == before {
            self.found.push(Input::nothing(name, "no file matches this pattern"));
        }
    }
}

/// The files among the inputs, as the system knows them.
pub fn canonical_files(inputs: &[Input]) -> HashSet<PathBuf> {
    let file = |input: &Input| match &input.source {
        Source::File(path) => path.canonicalize().ok(),
        Source::Stdin | Source::None(_) => None,
    };
    inputs.iter().filter_map(file).collect()
}
