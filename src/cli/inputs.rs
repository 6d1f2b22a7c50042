//! `INPUT...`: files, folders, globs and `-`, in the order they were given.

use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use image::RgbImage;
use walkdir::WalkDir;

use crate::error::{Error, Result};
use crate::photo;

const EXTENSIONS: [&str; 9] = ["png", "jpg", "jpeg", "jfif", "gif", "webp", "bmp", "tif", "tiff"];

/// One picture to answer for.
#[derive(Debug)]
pub struct Input {
    /// As it is shown in a record.
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
        Self { name: path.display().to_string(), source: Source::File(path), relative }
    }

    fn nothing(name: String, reason: impl Into<String>) -> Self {
        Self { name, source: Source::None(reason.into()), relative: PathBuf::new() }
    }

    /// The picture, upright.
    ///
    /// # Errors
    /// Whatever keeps it from being read, in words that name the cause.
    pub fn read(&self) -> Result<RgbImage> {
        match &self.source {
            Source::File(path) => photo::read(path),
            Source::Stdin => {
                let mut bytes = Vec::new();
                std::io::stdin().lock().read_to_end(&mut bytes).map_err(|error| Error::io("-", error))?;
                photo::decode(&bytes)
            }
            Source::None(reason) => Err(Error::Picture(reason.clone())),
        }
    }
}

/// Whether the extension is that of a picture format moue reads.
pub fn is_picture(path: &Path) -> bool {
    path.extension().and_then(|e| e.to_str()).is_some_and(|e| EXTENSIONS.contains(&e.to_ascii_lowercase().as_str()))
}

/// Every picture the arguments name: a folder gives those below it, sorted; a pattern its matches; what names nothing gives one
/// input that says so.
pub fn expand(arguments: &[PathBuf]) -> Vec<Input> {
    let mut stdin_taken = false;
    let mut inputs = Vec::new();
    for argument in arguments {
        if argument.as_os_str() == "-" {
            inputs.push(if stdin_taken {
                Input::nothing("-".into(), "standard input was already read: give `-` once")
            } else {
                Input { name: "-".into(), source: Source::Stdin, relative: "stdin".into() }
            });
            stdin_taken = true;
        } else if argument.exists() {
            path(argument, &mut inputs);
        } else {
            pattern(argument, &mut inputs);
        }
    }
    inputs
}

fn path(argument: &Path, inputs: &mut Vec<Input>) {
    if argument.is_dir() {
        folder(argument, inputs);
    } else {
        inputs.push(Input::file(argument.into(), argument.file_name().unwrap_or_default().into()));
    }
}

fn folder(root: &Path, inputs: &mut Vec<Input>) {
    let before = inputs.len();
    let hidden = |name: &std::ffi::OsStr| name.as_encoded_bytes().starts_with(b".");
    let walk = WalkDir::new(root).follow_links(true).sort_by_file_name();
    for entry in walk.into_iter().filter_entry(|entry| entry.depth() == 0 || !hidden(entry.file_name())) {
        match entry {
            Ok(entry) if entry.file_type().is_file() && is_picture(entry.path()) => {
                let relative = entry.path().strip_prefix(root).unwrap_or(entry.path()).to_path_buf();
                inputs.push(Input::file(entry.into_path(), relative));
            }
            Ok(_) => {}
            Err(error) => {
                let at = error.path().unwrap_or(root).display().to_string();
                inputs.push(Input::nothing(at, error.to_string()));
            }
        }
    }
    if inputs.len() == before {
        let known = EXTENSIONS.join(", ");
        inputs.push(Input::nothing(root.display().to_string(), format!("no picture in this folder (looked for {known})")));
    }
}

fn pattern(argument: &Path, inputs: &mut Vec<Input>) {
    let name = argument.display().to_string();
    if !name.contains(['*', '?', '[']) {
        return inputs.push(Input::nothing(name, "no such file or folder"));
    }
    let matches = match glob::glob(&name) {
        Ok(matches) => matches,
        Err(error) => return inputs.push(Input::nothing(name, format!("not a valid pattern: {error}"))),
    };
    let before = inputs.len();
    for found in matches {
        match found {
            Ok(found) => path(&found, inputs),
            Err(error) => inputs.push(Input::nothing(error.path().display().to_string(), error.error().to_string())),
        }
    }
    if inputs.len() == before {
        inputs.push(Input::nothing(name, "no file matches this pattern"));
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
