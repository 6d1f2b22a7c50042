//! What kind of file it is, by its content; and what is said of a kind that is not read.

use image::ImageFormat;

/// The format of a file that can be read.
///
/// # Errors
/// What it is instead, and the remedy.
pub(super) fn of(bytes: &[u8]) -> Result<ImageFormat, String> {
    if bytes.is_empty() {
        return Err("the file is empty: copy or download it again".into());
    }
    let unread = |name: &str| Err(format!("{name} is not supported: convert it to PNG or JPEG"));
    match image::guess_format(bytes) {
        Ok(format) if format.reading_enabled() => Ok(format),
        Ok(format) => unread(name(format)),
        Err(_) => match other(bytes) {
            Some(Other::Picture(name)) => unread(name),
            Some(Other::Video) => Err("video files are not supported: save a frame of it as PNG or JPEG".into()),
            Some(Other::Text) => {
                Err("it is text and holds no PNG, JPEG, GIF, WebP, BMP or TIFF picture, whatever its name says: give a picture"
                    .into())
            }
            None => {
                Err("it holds no PNG, JPEG, GIF, WebP, BMP or TIFF picture, whatever its name says: convert it to one of them"
                    .into())
            }
        },
    }
}

enum Other {
    Picture(&'static str),
    Video,
    Text,
}

/// Signatures of what people have among their photographs. Files of ISO 14496-12 begin with a box `ftyp` that says their brand.
fn other(bytes: &[u8]) -> Option<Other> {
    let begins = |mark: &[u8]| bytes.starts_with(mark);
    if bytes.get(4..8) == Some(b"ftyp") {
        return Some(match bytes.get(8..12).unwrap_or_default() {
            b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"hevm" | b"hevs" | b"mif1" | b"msf1" => {
                Other::Picture("HEIC")
            }
            b"avif" | b"avis" => Other::Picture("AVIF"),
            b"crx " => Other::Picture("a camera's raw file"),
            _ => Other::Video,
        });
    }
    if begins(b"\xFF\x0A") || begins(b"\0\0\0\x0CJXL ") {
        return Some(Other::Picture("JPEG XL"));
    }
    if begins(b"\0\0\0\x0CjP  ") || begins(b"\xFF\x4F\xFF\x51") {
        return Some(Other::Picture("JPEG 2000"));
    }
    if begins(b"8BPS") {
        return Some(Other::Picture("a Photoshop file"));
    }
    if begins(b"%PDF") {
        return Some(Other::Picture("PDF"));
    }
    let movie = bytes.get(8..12) == Some(b"AVI ") || bytes.get(4..8) == Some(b"moov") || bytes.get(4..8) == Some(b"mdat");
    if movie || begins(b"\x1A\x45\xDF\xA3") || begins(b"\0\0\x01\xBA") {
        return Some(Other::Video);
    }
    let head = &bytes[..bytes.len().min(512)];
    if head.len() <= 8 || head.iter().any(|&byte| byte < b' ' && !byte.is_ascii_whitespace()) {
        return None;
    }
    Some(if head.windows(4).any(|word| word == b"<svg") { Other::Picture("SVG") } else { Other::Text })
}

/// What people call a format.
pub(super) fn name(format: ImageFormat) -> &'static str {
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
