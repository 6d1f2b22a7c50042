//! Files the command line writes.

use std::fs::{File, OpenOptions};
use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageFormat};

use crate::error::{Error, Result};

const JPEG_QUALITY: u8 = 92;

/// Writes bytes to a file.
///
/// # Errors
/// [`Error::Io`] with the path.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).map_err(|error| Error::io(path, error))
}

/// Makes the folder a file will lie in. Called before the work whose result it will hold.
///
/// # Errors
/// [`Error::Io`] with the folder that cannot be made; [`Error::Argument`] where a folder lies at `path` itself.
pub fn make_room(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Err(Error::Argument(format!("{} is a folder: give a file's name", path.display())));
    }
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => {
            std::fs::create_dir_all(folder).map_err(|error| Error::io(folder, error))
        }
        _ => Ok(()),
    }
}

/// Makes the folder of a file that [`replace`] will write, and tries whether that can be done. What lies there already stays as it is.
///
/// # Errors
/// As [`make_room`]; [`Error::Io`] where the file or one beside it cannot be written.
pub fn check(path: &Path) -> Result<()> {
    make_room(path)?;
    let path = target(path);
    if !is_plain(&path) {
        return Ok(());
    }
    if path.exists() {
        OpenOptions::new().append(true).open(&path).map_err(|error| Error::io(&path, error))?;
    }
    let part = part(&path);
    File::create(&part).and_then(|_| std::fs::remove_file(&part)).map_err(|error| Error::io(&part, error))
}

/// Writes bytes to a file in one step: a reader sees the old content or the new. What is no plain file, as a pipe, is written as it is.
///
/// # Errors
/// [`Error::Io`] with the path.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let path = target(path);
    if !is_plain(&path) {
        return write(&path, bytes);
    }
    let part = part(&path);
    write(&part, bytes)?;
    std::fs::rename(&part, &path).map_err(|error| Error::io(&path, error))
}

/// Whether a plain file is there, or nothing: what can be written several times over.
pub fn is_plain(path: &Path) -> bool {
    path.is_file() || !path.exists()
}

/// What a link points at: the link stays.
fn target(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

fn part(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

/// The format a path's extension asks for, where moue can write it.
pub fn format(path: &Path) -> Option<ImageFormat> {
    ImageFormat::from_path(path).ok().filter(ImageFormat::writing_enabled)
}

/// Writes a picture in the format of the path's extension; PNG where it has none.
///
/// # Errors
/// [`Error::Io`] with the path; [`Error::Argument`] for an extension moue cannot write.
pub fn save(picture: &DynamicImage, path: &Path) -> Result<()> {
    let format = match (path.extension(), format(path)) {
        (_, Some(format)) => format,
        (None, None) => ImageFormat::Png,
        (Some(_), None) => {
            let name = path.display();
            return Err(Error::Argument(format!(
                "{name}: not a picture format moue writes, use .png, .jpg, .webp, .bmp or .tiff"
            )));
        }
    };
    let mut bytes = Cursor::new(Vec::new());
    match format {
        ImageFormat::Jpeg => picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY)),
        _ => picture.write_to(&mut bytes, format),
    }
    .map_err(|error| Error::Argument(format!("{}: {error}", path.display())))?;
    write(path, bytes.get_ref())
}
