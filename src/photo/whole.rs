//! Whether a file goes on to its format's own end mark, or was cut short.

use image::ImageFormat;

/// Whether the file's own structure reaches its end. True for formats without an end mark.
pub(super) fn is_whole(format: ImageFormat, bytes: &[u8]) -> bool {
    match format {
        ImageFormat::Jpeg => jpeg(bytes).is_some(),
        ImageFormat::Png => png(bytes).is_some(),
        ImageFormat::Gif => gif(bytes).is_some(),
        ImageFormat::WebP => riff(bytes).is_some(),
        _ => true,
    }
}

/// ITU-T T.81, annex B: marker segments carry their length; entropy-coded data ends at the first marker that is neither a stuffed zero nor a
/// restart. What follows the end-of-image marker (a second picture, a video) does not matter, and thumbnails lie within segments.
fn jpeg(bytes: &[u8]) -> Option<()> {
    const END: u8 = 0xD9;
    let mut at = 2;
    loop {
        // Outside of a scan too, decoders skip what is no marker.
        let marker = loop {
            match (*bytes.get(at)?, *bytes.get(at + 1)?) {
                (0xFF, 0xFF) | (0..=0xFE, _) => at += 1,
                (0xFF, 0x00 | 0x01 | 0xD0..=0xD8) => at += 2,
                (0xFF, marker) => break marker,
            }
        };
        if marker == END {
            return Some(());
        }
        let length = u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?]);
        at += 2 + usize::from(length.max(2));
    }
}

/// PNG, third edition, section 5: chunks of length, type, data and checksum, up to `IEND`.
fn png(bytes: &[u8]) -> Option<()> {
    let mut at = 8_usize;
    loop {
        let header = bytes.get(at..at.checked_add(8)?)?;
        let length = u32::from_be_bytes([header[0], header[1], header[2], header[3]]);
        at = at.checked_add(12)?.checked_add(usize::try_from(length).ok()?)?;
        bytes.get(..at)?;
        if &header[4..] == b"IEND" {
            return Some(());
        }
    }
}

/// RIFF: the second word is the length of what follows it.
fn riff(bytes: &[u8]) -> Option<()> {
    let length = u32::from_le_bytes(bytes.get(4..8)?.try_into().ok()?);
    bytes.get(8..)?.get(..usize::try_from(length).ok()?)?;
    Some(())
}

/// GIF89a, appendix A: the screen, then extensions and frames, each ending in blocks of a length byte and its data, up to the trailer.
fn gif(bytes: &[u8]) -> Option<()> {
    let palette = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let mut at = 13 + palette(*bytes.get(10)?);
    loop {
        match *bytes.get(at)? {
            0x3B => return Some(()),
            0x2C => at += 11 + palette(*bytes.get(at + 9)?),
            _ => at += 2,
        }
        loop {
            let length = usize::from(*bytes.get(at)?);
            at += 1 + length;
            if length == 0 {
                break;
            }
        }
    }
}
