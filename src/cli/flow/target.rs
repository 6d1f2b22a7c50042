//! Where flows go: one file, a file of all, or a folder.

use std::path::{Path, PathBuf};

use super::{colours, flo};
use crate::cli::files;
use crate::cli::npy::{self, Array, Growing};
use crate::cli::outcome::Failure;
use crate::error::{Error, Result};
use crate::flow::Field;

/// How a flow is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Middlebury's: dx and dy of every pixel
    Flo,
    /// NumPy's: [H, W, 2] float32
    Npy,
    /// A picture: its direction as a hue, its length as how far the colour is from white
    Png,
}

impl Format {
    /// What a path's ending asks for.
    fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        [Self::Flo, Self::Npy, Self::Png].into_iter().find(|format| format.ending() == ending)
    }

    fn ending(self) -> &'static str {
        match self {
            Self::Flo => "flo",
            Self::Npy => "npy",
            Self::Png => "png",
        }
    }

    /// Writes one flow; the length of the full colour of a picture.
    pub fn write(self, path: &Path, field: &Field, full: Option<f32>) -> Result<Option<f32>> {
        match self {
            Self::Flo => flo::write(path, field).map(|()| None),
            Self::Npy => {
                let shape = vec![field.height as usize, field.width as usize, 2];
                npy::write(path, &Array { shape, values: field.data.as_flattened().to_vec() }).map(|()| None)
            }
            Self::Png => {
                let full = full.unwrap_or_else(|| colours::full_of(field));
                files::save(&colours::picture(field, full).into(), path).map(|()| Some(full))
            }
        }
    }
}

/// The format of a file that takes the flow of two pictures.
///
/// # Errors
/// [`Failure::Refused`] with the endings that there are.
pub fn single(path: &Path, asked: Option<Format>) -> Result<Format, Failure> {
    files::make_room(path).map_err(|error| Failure::at("--output", error))?;
    let format = asked.or(Format::of(path));
    format.ok_or_else(|| {
        let reason = format!(
            "{}: flow is written as .npy (numbers), .flo (Middlebury's) or .png (a picture): end the name so",
            path.display()
        );
        Failure::at("--output", reason)
    })
}

/// Where the flows of a video go.
#[derive(Debug)]
pub enum Target {
    /// One file: [N, H, W, 2].
    All(PathBuf, Option<Growing>),
    /// A file each.
    Folder(PathBuf, Format),
}

impl Target {
    /// What `path` and `--format` ask for.
    ///
    /// # Errors
    /// [`Failure::Refused`] where it cannot be written, or holds one flow only.
    pub fn new(path: &Path, asked: Option<Format>) -> Result<Self, Failure> {
        let failed = |error: Error| Failure::at("--output", error);
        match Format::of(path).filter(|_| !path.is_dir()) {
            Some(Format::Npy) if asked.is_none() => {
                files::check(path).map_err(failed)?;
                Ok(Self::All(path.into(), None))
            }
            None => {
                if path.is_file() {
                    let reason = format!("{} is a file: the flows of a video go to a .npy file or a folder", path.display());
                    return Err(Failure::at("--output", reason));
                }
                files::check_folder(path).map_err(failed)?;
                Ok(Self::Folder(path.into(), asked.unwrap_or(Format::Flo)))
            }
            Some(format) => {
                let ending = format.ending();
                let reason = format!(
                    "{} would hold one flow, and a video has many: name a folder, with --format {ending}, or a .npy file",
                    path.display()
                );
                Err(Failure::at("--output", reason))
            }
        }
    }

    /// Writes the flow that begins at a frame of this number; its file, and the length of the full colour of a picture.
    pub fn add(&mut self, frame: u64, field: &Field, full: Option<f32>) -> Result<(PathBuf, Option<f32>)> {
        match self {
            Self::All(path, growing) => {
                let growing = match growing {
                    Some(growing) => growing,
                    None => growing.insert(Growing::create(path, &[field.height as usize, field.width as usize, 2])?),
                };
                growing.push(field.data.as_flattened())?;
                Ok((path.clone(), None))
            }
            Self::Folder(folder, format) => {
                let path = folder.join(format!("{frame:06}.{}", format.ending()));
                let full = format.write(&path, field, full)?;
                Ok((path, full))
            }
        }
    }

    /// Ends the file.
    pub fn finish(self) -> Result<()> {
        match self {
            Self::All(_, Some(growing)) => growing.finish(),
            Self::All(_, None) | Self::Folder(..) => Ok(()),
        }
    }
}
