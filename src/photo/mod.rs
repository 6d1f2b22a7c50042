//! Photographs: files and bytes in, upright RGB out.

mod whole;

use std::{
    error::Error as _,
    io::{self, Cursor},
    panic::catch_unwind,
    path::Path,
};

use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage, metadata::Orientation};

use crate::error::{Error, Result};
use crate::operators::MAX_SIDE;

/// Most pixels of a photograph.
pub const MAX_PIXELS: u64 = 1 << 27;

/// Most bytes that a decoder may take: [`MAX_PIXELS`] of 16-bit RGBA.
const MAX_BYTES: u64 = MAX_PIXELS * 8;

/// Reads a photograph from a file; see [`decode`].
///
/// # Errors
/// [`Error::Io`] where the file cannot be read, [`Error::Picture`] where it is no whole picture.
pub fn read(path: &Path) -> Result<RgbImage> {
    let bytes = std::fs::read(path).map_err(|source| Error::io(path, source))?;
    picture(&bytes).map_err(|reason| Error::Picture(format!("{}: {reason}", path.display())))
}

/// Decodes a photograph: PNG, JPEG, GIF (the first frame), WebP, BMP or TIFF, told apart by their content.
///
/// The result is upright: the EXIF orientation is applied. 16 bits become 8, gray, palettes and CMYK become RGB, and an alpha channel is
/// dropped, whatever colours it hides, as Pillow's `convert("RGB")` does.
///
/// # Errors
/// [`Error::Picture`] with the cause and the remedy: nothing in it, no picture, a picture cut short or damaged, a variant that is not
/// supported, or more than [`MAX_PIXELS`] or [`MAX_SIDE`] a side.
pub fn decode(bytes: &[u8]) -> Result<RgbImage> {
    picture(bytes).map_err(Error::Picture)
}

fn picture(bytes: &[u8]) -> Result<RgbImage, String> {
    let format = format(bytes)?;
    let name = name(format);
    let whole = whole::is_whole(format, bytes);
    // The JPEG decoder fills what is missing with gray.
    if !whole && format == ImageFormat::Jpeg {
        return Err(cut_short(name));
    }
    // The decoders are other people's, and hold asserts and unwraps that a damaged file might reach: it must cost its own answer only.
    let decoded = catch_unwind(|| decoded(bytes, format)).map_err(|_| damaged(name, "its decoder gave up"))?;
    decoded.map_err(|failure| match failure {
        Failure::Size { width, height } => {
            format!("{width} x {height} pixels: at most {MAX_PIXELS} in all and {MAX_SIDE} on a side are read, shrink it first")
        }
        Failure::Decoder(error) if !whole || ends_early(&error) => cut_short(name),
        Failure::Decoder(ImageError::Limits(error)) => {
            format!("the {name} file needs more than {MAX_BYTES} bytes to decode ({error}): shrink it first")
        }
        Failure::Decoder(ImageError::Unsupported(error)) => {
            format!("a kind of {name} file that is not supported ({error}): save it as an 8-bit PNG or JPEG")
        }
        Failure::Decoder(error) => damaged(name, &error.to_string()),
    })
}

enum Failure {
    Size { width: u32, height: u32 },
    Decoder(ImageError),
}

fn decoded(bytes: &[u8], format: ImageFormat) -> Result<RgbImage, Failure> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_BYTES);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(Failure::Decoder)?;
    let (width, height) = decoder.dimensions();
    let fits = width.max(height) <= MAX_SIDE && u64::from(width) * u64::from(height) <= MAX_PIXELS;
    if !fits || decoder.total_bytes() > MAX_BYTES {
        return Err(Failure::Size { width, height });
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(Failure::Decoder)?;
    let mut upright = DynamicImage::ImageRgb8(picture.into_rgb8());
    upright.apply_orientation(orientation);
    Ok(upright.into_rgb8())
}

fn format(bytes: &[u8]) -> Result<ImageFormat, String> {
    if bytes.is_empty() {
        return Err("the file is empty: copy or download it again".into());
    }
    match image::guess_format(bytes) {
        Ok(format) if format.reading_enabled() => Ok(format),
        Ok(format) => Err(format!("{} is not supported: convert it to PNG or JPEG", name(format))),
        Err(_) if bytes.get(4..8) == Some(b"ftyp") => {
            Err("HEIC and video files are not supported: convert it to PNG or JPEG".into())
        }
        Err(_) => {
            Err("it holds no PNG, JPEG, GIF, WebP, BMP or TIFF picture, whatever its name says: convert it to one of them".into())
        }
    }
}

fn name(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Png => "PNG",
        ImageFormat::Jpeg => "JPEG",
        ImageFormat::Gif => "GIF",
        ImageFormat::WebP => "WebP",
        ImageFormat::Bmp => "BMP",
        ImageFormat::Tiff => "TIFF",
        ImageFormat::Avif => "AVIF",
        other => other.extensions_str().first().copied().unwrap_or("this format"),
    }
}

fn cut_short(name: &str) -> String {
    format!("the {name} file is truncated, it ends before its picture does: copy or download it again")
}

fn damaged(name: &str, reason: &str) -> String {
    format!("the {name} file is damaged ({reason}): copy or download it again")
}

fn ends_early(error: &ImageError) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = match error {
        ImageError::IoError(error) => Some(error),
        other => other.source(),
    };
    while let Some(error) = cause {
        if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::UnexpectedEof) {
            return true;
        }
        cause = error.source();
    }
    false
}
