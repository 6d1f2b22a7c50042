//! `INPUT...`: files, folders, globs, cameras and `-`, in the order they were given.

use std::collections::HashSet;
use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};

use image::RgbImage;

use super::walk::{self, EXTENSIONS, Unread};
use super::{names, terminal};
use crate::error::{Error, Result};
use crate::photo;
use crate::video::{self, Frames, Kind, Options};

/// What inputs may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Animated ones are their first picture.
    Pictures,
    /// Also videos; a folder is one of numbered pictures where that is said.
    Videos { folders: bool },
}

/// One picture, or video, to answer for.
#[derive(Debug)]
pub struct Input {
    /// As it is shown in a record: see [`names::shown`].
    pub name: String,
    /// Where its bytes are, or why there are none.
    pub source: Source,
    /// Its path below the folder that was given; its file name otherwise.
    pub relative: PathBuf,
}

/// Where a picture, or a video, comes from.
#[derive(Debug)]
pub enum Source {
    /// A picture's file.
    File(PathBuf),
    /// A picture on standard input.
    Stdin,
    /// The frames of a file, or of a folder of numbered pictures.
    Video(PathBuf),
    /// Y4M on standard input.
    Stream,
    /// A camera, by its number or name.
    Camera(String),
    /// Nothing to read, and why.
    None(String),
}

impl Input {
    fn file(path: PathBuf, relative: PathBuf) -> Self {
        Self { name: names::shown(&path), source: Source::File(path), relative }
    }

    fn moving(path: PathBuf, relative: PathBuf) -> Self {
        Self { name: names::shown(&path), source: Source::Video(path), relative }
    }

    fn nothing(name: String, reason: impl Into<String>) -> Self {
        Self { name, source: Source::None(reason.into()), relative: PathBuf::new() }
    }

    /// Whether it is a video.
    pub fn is_video(&self) -> bool {
        matches!(self.source, Source::Video(_) | Source::Stream | Source::Camera(_))
    }

    /// The frames of a video.
    ///
    /// # Errors
    /// As [`Frames::open`].
    pub fn frames(&self, options: Options) -> Result<Frames> {
        match &self.source {
            Source::Video(path) => Frames::open(path, options),
            Source::Stream => Frames::y4m(std::io::stdin(), &self.name, options),
            Source::Camera(which) => Frames::camera(which, options),
            Source::File(_) | Source::Stdin | Source::None(_) => Err(Error::Video(format!("{}: it is none", self.name))),
        }
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
            Source::Video(_) | Source::Stream | Source::Camera(_) => Err(Error::Picture("it is a video: give a picture".into())),
        }?;
        if let Some(remark) = photo.remark {
            terminal::warning(format!("{}: {remark}", self.name));
        }
        Ok(photo.picture)
    }
}

/// Every picture, and video where they are wanted, that the arguments name: a folder gives those below it, sorted; a pattern its matches; what names nothing gives one
/// input that says so. What folders hold that is not read is said on stderr.
pub fn expand(arguments: &[PathBuf], wanted: Wanted) -> Vec<Input> {
    let mut stdin_taken = false;
    let mut inputs = Inputs { wanted, found: Vec::new(), unread: Unread::default() };
    for argument in arguments {
        if argument.as_os_str() == "-" {
            inputs.found.push(if stdin_taken {
                Input::nothing("-".into(), "standard input was already read: give `-` once")
            } else {
                Input { name: "-".into(), source: inputs.stdin(), relative: "stdin".into() }
            });
            stdin_taken = true;
        } else if let Some(which) = inputs.camera(argument) {
            let relative = format!("camera-{}", which.replace(['/', '\\', ':'], "-")).into();
            inputs.found.push(Input { name: names::shown(argument), source: Source::Camera(which), relative });
        } else if argument.exists() {
            inputs.path(argument);
        } else {
            inputs.pattern(argument);
        }
    }
    inputs.unread.note();
    inputs.found
}

struct Inputs {
    wanted: Wanted,
    found: Vec<Input>,
    unread: Unread,
}

impl Inputs {
    fn path(&mut self, argument: &Path) {
        let name: PathBuf = argument.file_name().unwrap_or_default().into();
        let numbered = self.wanted == Wanted::Videos { folders: true };
        if argument.is_dir() && numbered {
            self.found.push(Input::moving(argument.into(), name));
        } else if argument.is_dir() {
            self.folder(argument);
        } else if self.moves(argument) {
            self.found.push(Input::moving(argument.into(), name));
        } else {
            self.found.push(Input::file(argument.into(), name));
        }
    }

    /// Whether a file is read as a video.
    fn moves(&self, path: &Path) -> bool {
        // What is no file, as a pipe, is read once.
        self.wanted != Wanted::Pictures && path.is_file() && matches!(Kind::of(path), Ok(Some(_)))
    }

    /// What lies on standard input.
    fn stdin(&self) -> Source {
        let begins = |mark: &[u8]| {
            std::io::stdin()
                .lock()
                .fill_buf()
                .is_ok_and(|head| !head.is_empty() && mark.starts_with(&head[..head.len().min(mark.len())]))
        };
        if self.wanted != Wanted::Pictures && begins(b"YUV4MPEG2") { Source::Stream } else { Source::Stdin }
    }

    /// The camera that an argument names.
    fn camera(&self, argument: &Path) -> Option<String> {
        let which = argument.to_str()?.strip_prefix(video::CAMERA)?;
        (self.wanted != Wanted::Pictures && !which.is_empty()).then(|| which.to_owned())
    }

    fn folder(&mut self, root: &Path) {
        let videos = self.wanted != Wanted::Pictures;
        let below = walk::below(root, videos);
        if below.entries.is_empty() {
            let (nothing, more) =
                if videos { ("no picture and no video", &video::EXTENSIONS[..]) } else { ("no picture", &[][..]) };
            let known = [&EXTENSIONS[..], more].concat().join(", ");
            let reason = format!("{nothing} in this folder (looked for {known})");
            self.found.push(Input::nothing(names::shown(root), reason));
        }
        for entry in below.entries {
            self.found.push(match entry {
                Ok(path) => {
                    let relative = path.strip_prefix(root).unwrap_or(&path).to_path_buf();
                    // Of what always holds one picture only the name is looked at: folders are large.
                    let may_move = walk::is_video(&path)
                        || path
                            .extension()
                            .is_some_and(|ending| ["gif", "webp"].iter().any(|moving| ending.eq_ignore_ascii_case(moving)));
                    if may_move && self.moves(&path) { Input::moving(path, relative) } else { Input::file(path, relative) }
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
        Source::File(path) | Source::Video(path) => path.canonicalize().ok(),
        Source::Stdin | Source::Stream | Source::Camera(_) | Source::None(_) => None,
    };
    inputs.iter().filter_map(file).collect()
}
