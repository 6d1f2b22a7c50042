//! Files the command line writes.

use std::fs::OpenOptions;
use std::io::{Cursor, ErrorKind};
use std::path::{Path, PathBuf};

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageFormat};

use super::outcome::Failure;
use crate::error::{Error, Result, plain};

const JPEG_QUALITY: u8 = 92;

/// Endings of the videos that are written.
pub const VIDEOS: [&str; 4] = ["mp4", "mov", "mkv", "gif"];

/// Writes bytes to a file.
///
/// # Errors
/// [`Error::Io`] with the path.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).map_err(|error| Error::io(path, error))
}

/// A system's reason for not writing, and what to try.
pub fn remedied(error: &std::io::Error) -> String {
    format!("{}: name a place that can be written", plain(error))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    Error::Argument(format!("{}: {}", path.display(), remedied(error)))
}

/// Makes the folder a file will lie in. Called before the work whose result it will hold.
///
/// # Errors
/// [`Error::Argument`] with the folder that cannot be made, or where a folder lies at `path` itself.
pub fn make_room(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Err(Error::Argument(format!("{} is a folder: give a file's name", path.display())));
    }
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => {
            std::fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))
        }
        _ => Ok(()),
    }
}

/// Makes a folder, and tries whether a file can be written into it.
///
/// # Errors
/// [`Error::Argument`] with the remedy.
pub fn check_folder(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).map_err(|error| unwritable(path, &error))?;
    try_beside(&path.join("moue")).map_err(|error| unwritable(path, &error))
}

/// Writes a file beside `path` and removes it.
fn try_beside(path: &Path) -> std::io::Result<()> {
    let part = part(path);
    match OpenOptions::new().write(true).create_new(true).open(&part) {
        Ok(_) => std::fs::remove_file(&part),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => OpenOptions::new().append(true).open(&part).map(|_| ()),
        Err(error) => Err(error),
    }
}

/// Makes the folder of a file that will be written, and tries whether that can be done. What lies there already stays as it is.
///
/// # Errors
/// As [`make_room`], also where the file cannot be written.
pub fn check(path: &Path) -> Result<()> {
    make_room(path)?;
    let path = target(path);
    let tried = match (path.exists(), is_plain(&path)) {
        (true, true) => OpenOptions::new().append(true).open(&path).map(|_| ()),
        (true, false) => Ok(()),
        (false, _) => try_beside(&path),
    };
    tried.map_err(|error| unwritable(&path, &error))
}

/// As [`check`], of a file that [`replace`] will write.
///
/// # Errors
/// As [`check`], also where no file can be written beside it.
pub fn check_replaced(path: &Path) -> Result<()> {
    check(path)?;
    let path = target(path);
    if is_plain(&path) { try_beside(&path).map_err(|error| unwritable(&path, &error)) } else { Ok(()) }
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
pub fn target(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

/// Where a file is written before it takes its place.
pub fn part(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

/// The format a path's extension asks for, where moue can write it.
pub fn format(path: &Path) -> Option<ImageFormat> {
    ImageFormat::from_path(path).ok().filter(ImageFormat::writing_enabled)
}

/// The format in which a picture is written there: PNG where the path has no extension.
///
/// # Errors
/// [`Error::Argument`] for an extension moue cannot write.
pub fn writable(path: &Path) -> Result<ImageFormat> {
    match (path.extension(), format(path)) {
        (_, Some(format)) => Ok(format),
        (None, None) => Ok(ImageFormat::Png),
        (Some(_), None) => {
            let name = path.display();
            Err(Error::Argument(format!("{name}: not a picture format moue writes, use .png, .jpg, .webp, .bmp or .tiff")))
        }
    }
}

/// Writes a picture in the format of the path's extension; PNG where it has none.
///
/// # Errors
/// [`Error::Io`] with the path; [`Error::Argument`] for an extension moue cannot write.
pub fn save(picture: &DynamicImage, path: &Path) -> Result<()> {
    let format = writable(path)?;
    let mut bytes = Cursor::new(Vec::new());
    match format {
        ImageFormat::Jpeg => picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY)),
        _ => picture.write_to(&mut bytes, format),
    }
    .map_err(|error| Error::Argument(format!("{}: {error}", path.display())))?;
    write(path, bytes.get_ref())
}

/// Refuses two outputs, or an output and an input, that are one file. Each has the flag that it came from.
///
/// # Errors
/// Both flags and the remedy.
pub fn apart(outputs: &[(&str, Option<&Path>)], inputs: &[(&str, Option<&Path>)]) -> std::result::Result<(), Failure> {
    for (index, (flag, path)) in outputs.iter().enumerate() {
        let Some(path) = path else { continue };
        let others = outputs[..index].iter().chain(inputs);
        if let Some((other, _)) = others.into_iter().find(|(_, other)| other.is_some_and(|other| is_one(path, other))) {
            let reason = format!("{} is what {other} names, too: give another name", path.display());
            return Err(Failure::at(flag, reason));
        }
    }
    Ok(())
}

/// Whether both paths name one file; also one that is not there yet. What is no plain file, as a terminal, takes several.
fn is_one(a: &Path, b: &Path) -> bool {
    let place = |path: &Path| match (path.canonicalize(), path.parent(), path.file_name()) {
        (Ok(path), _, _) => Some(path),
        (Err(_), Some(folder), Some(name)) => {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            Some(folder.canonicalize().ok()?.join(name))
        }
        _ => None,
    };
    is_plain(a) && (a == b || matches!((place(a), place(b)), (Some(a), Some(b)) if a == b))
}
