//! Photographs: files and bytes in, upright RGB out.

mod format;
mod taken;
mod tiff;
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
pub use taken::{taken, taken_of_jpeg};
use whole::End;

/// Most pixels of a photograph.
pub const MAX_PIXELS: u64 = 1 << 27;

/// Most bytes that a decoder may take: [`MAX_PIXELS`] of 16-bit RGBA.
const MAX_BYTES: u64 = MAX_PIXELS * 8;

/// Most bytes of what a file has before its picture: a colour profile is compressed, and a small one may claim a gigabyte.
const MAX_HEAD: u64 = 1 << 26;

/// A photograph, and what is to be said of its file.
#[derive(Debug, Clone)]
pub struct Decoded {
    /// Upright RGB.
    pub picture: RgbImage,
    /// What is wrong with the file, where the picture is whole all the same.
    pub remark: Option<&'static str>,
}

impl From<RgbImage> for Decoded {
    fn from(picture: RgbImage) -> Self {
        Self { picture, remark: None }
    }
}

/// Reads a photograph from a file; see [`decode`].
///
/// # Errors
/// [`Error::Io`] where the file cannot be read, [`Error::Picture`] where it is no whole picture.
pub fn read(path: &Path) -> Result<RgbImage> {
    Ok(read_remarked(path)?.picture)
}

/// As [`read`], with what is to be said of the file.
///
/// # Errors
/// As [`read`].
pub fn read_remarked(path: &Path) -> Result<Decoded> {
    let bytes = std::fs::read(path).map_err(|source| Error::io(path, source))?;
    picture(&bytes).map_err(|reason| Error::Picture(format!("{}: {reason}", path.display())))
}

/// Decodes a photograph: PNG, JPEG, GIF (the first frame), WebP, BMP or TIFF, told apart by their content.
///
/// The result is upright: the EXIF orientation is applied. 16 bits become 8, gray, palettes and CMYK become RGB, TIFF's YCbCr and L*a*b* too, and an alpha
/// channel is dropped, whatever colours it hides, as Pillow's `convert("RGB")` does. A JPEG file that lacks its end mark only is read.
///
/// # Errors
/// [`Error::Picture`] with the cause and the remedy: nothing in it, no picture, a picture cut short or damaged, a variant that is not
/// supported, or more than [`MAX_PIXELS`] or [`MAX_SIDE`] a side.
pub fn decode(bytes: &[u8]) -> Result<RgbImage> {
    Ok(decode_remarked(bytes)?.picture)
}

/// As [`decode`], with what is to be said of the file.
///
/// # Errors
/// As [`decode`].
pub fn decode_remarked(bytes: &[u8]) -> Result<Decoded> {
    picture(bytes).map_err(Error::Picture)
}

/// Width and height of a photograph as its file's head says them, before it is turned; nothing is decoded. None where the head does not say: [`decode`] says why.
pub fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    let format = format::of(bytes).ok()?;
    catch_unwind(|| Some(decoder(bytes, format).ok()?.dimensions())).ok().flatten()
}

fn picture(bytes: &[u8]) -> Result<Decoded, String> {
    let format = format::of(bytes)?;
    let name = format::name(format);
    match (whole::end(format, bytes), format) {
        (End::Unmarked, _) => unmarked(bytes, format).ok_or_else(|| cut_short(name)),
        // The JPEG decoder fills what is missing with gray.
        (End::Cut, ImageFormat::Jpeg) => Err(cut_short(name)),
        (end, _) => guarded(bytes, format).map(Decoded::from).map_err(|failure| sentence(failure, bytes, format, end)),
    }
}

/// The picture of a JPEG file without its end mark, where every row is there: whatever might follow its bytes changes nothing then.
fn unmarked(bytes: &[u8], format: ImageFormat) -> Option<Decoded> {
    const END: [u8; 2] = [0xFF, 0xD9];
    const MORE: [u8; 4] = [0x00, 0x55, 0xAA, 0xFE];
    let half = bytes.iter().rev().take_while(|&&byte| byte == 0xFF).count();
    let bytes = &bytes[..bytes.len() - half];
    let picture = guarded(&[bytes, &END].concat(), format).ok()?;
    for byte in MORE {
        if guarded(&[bytes, &[byte; 64], &END].concat(), format).ok()? != picture {
            return None;
        }
    }
    Some(Decoded { picture, remark: Some("the JPEG file lacks its end mark, every row of its picture is there") })
}

/// The decoders are other people's, and hold asserts and unwraps that a damaged file might reach: it must cost its own answer only.
fn guarded(bytes: &[u8], format: ImageFormat) -> Result<RgbImage, Failure> {
    match catch_unwind(|| decoded(bytes, format)) {
        Ok(Err(Failure::Decoder(ImageError::Unsupported(error)))) if format == ImageFormat::Tiff => {
            let Some((same, colours)) = tiff::rewritten(bytes) else {
                return Err(Failure::Decoder(ImageError::Unsupported(error)));
            };
            catch_unwind(|| upright(&same, format, |picture| colours.restore(picture))).unwrap_or(Err(Failure::GaveUp))
        }
        Ok(other) => other,
        Err(_) => Err(Failure::GaveUp),
    }
}

/// What is wrong with a file, and what to try.
fn sentence(failure: Failure, bytes: &[u8], format: ImageFormat, end: End) -> String {
    let name = format::name(format);
    match failure {
        Failure::GaveUp => damaged(name, Some("its decoder gave up")),
        Failure::Size { width, height } => {
            format!("{width} x {height} pixels: at most {MAX_PIXELS} in all and {MAX_SIDE} on a side are read, shrink it first")
        }
        Failure::Decoder(error) if end != End::Marked || ends_early(&error) => cut_short(name),
        Failure::Decoder(ImageError::Limits(_)) => {
            format!("the {name} file needs more than {MAX_BYTES} bytes to decode: shrink it first")
        }
        Failure::Decoder(ImageError::Unsupported(_)) => {
            let what = Some(bytes).filter(|_| format == ImageFormat::Tiff).and_then(tiff::kind);
            let kind = what.map_or_else(|| format!("this kind of {name} file"), |what| format!("a {name} file {what}"));
            format!("{kind} is not supported: save it as an 8-bit PNG or JPEG")
        }
        Failure::Decoder(error) => damaged(name, plain(&error).as_deref()),
    }
}

enum Failure {
    GaveUp,
    Size { width: u32, height: u32 },
    Decoder(ImageError),
}

fn decoded(bytes: &[u8], format: ImageFormat) -> Result<RgbImage, Failure> {
    upright(bytes, format, |picture| picture)
}

/// What decodes a file, once it has read its head.
fn decoder(bytes: &[u8], format: ImageFormat) -> Result<impl ImageDecoder, ImageError> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(at_most(MAX_HEAD));
    reader.into_decoder()
}

fn at_most(bytes: u64) -> Limits {
    let mut limits = Limits::default();
    limits.max_alloc = Some(bytes);
    limits
}

/// The picture, turned as its file says, its pixels by `convert`.
fn upright(bytes: &[u8], format: ImageFormat, convert: impl Fn(RgbImage) -> RgbImage) -> Result<RgbImage, Failure> {
    let mut decoder = decoder(bytes, format).map_err(Failure::Decoder)?;
    let (width, height) = decoder.dimensions();
    let fits = width.max(height) <= MAX_SIDE && u64::from(width) * u64::from(height) <= MAX_PIXELS;
    if !fits || decoder.total_bytes() > MAX_BYTES {
        return Err(Failure::Size { width, height });
    }
    decoder.set_limits(at_most(MAX_BYTES)).map_err(Failure::Decoder)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(Failure::Decoder)?;
    let mut upright = DynamicImage::ImageRgb8(convert(picture.into_rgb8()));
    upright.apply_orientation(orientation);
    Ok(upright.into_rgb8())
}

fn cut_short(name: &str) -> String {
    format!("the {name} file is truncated, it ends before its picture does: copy or download it again")
}

fn damaged(name: &str, reason: Option<&str>) -> String {
    let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
    format!("the {name} file is damaged{reason}: copy or download it again")
}

/// The decoder's own reason, where it is in words.
fn plain(error: &ImageError) -> Option<String> {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let text = cause.to_string();
    if text.contains("CRC") {
        return Some("a checksum is wrong".into());
    }
    let words = !text.is_empty() && text.len() < 80 && !text.contains(['{', '[', '(', '`', '_', ':', '"', '\n']);
    words.then(|| text.trim_end_matches('.').to_owned())
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
