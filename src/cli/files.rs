//! Files the command line writes.

use std::io::Cursor;
use std::path::Path;

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
