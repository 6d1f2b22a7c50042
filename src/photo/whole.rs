//! Whether a file goes on to its format's own end mark, or was cut short.

use image::ImageFormat;

/// How a file ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// With its format's end mark, or its format has none.
    Marked,
    /// Without it, behind the coded rows of a JPEG file that has a scan of every component: perhaps all of them are there.
    Unmarked,
    /// Before its picture does.
    Cut,
}

/// How the file's own structure ends.
pub(super) fn end(format: ImageFormat, bytes: &[u8]) -> End {
    let marked = |found: Option<()>| if found.is_some() { End::Marked } else { End::Cut };
    match format {
        ImageFormat::Jpeg => {
            let mut scans = Scans::default();
            match jpeg(bytes, &mut scans) {
                Some(()) => End::Marked,
                None if scans.are_all() => End::Unmarked,
                None => End::Cut,
            }
        }
        ImageFormat::Png => marked(png(bytes)),
        ImageFormat::Gif => marked(gif(bytes)),
        ImageFormat::WebP => marked(riff(bytes)),
        _ => End::Marked,
    }
}

/// Scans of a JPEG file as far as it goes.
#[derive(Default)]
struct Scans {
    /// Components of the frame, where each has one scan: a progressive frame may lack scans that refine it.
    components: Option<u8>,
    scanned: u8,
    /// What comes next is coded rows, not a segment.
    inside: bool,
}

impl Scans {
    fn are_all(&self) -> bool {
        self.inside && self.components.is_some_and(|components| components > 0 && self.scanned >= components)
    }
}

/// ITU-T T.81, annex B: marker segments carry their length; entropy-coded data ends at the first marker that is neither a stuffed zero nor a
/// restart. What follows the end-of-image marker (a second picture, a video) does not matter, and thumbnails lie within segments.
fn jpeg(bytes: &[u8], scans: &mut Scans) -> Option<()> {
    const END: u8 = 0xD9;
    const SCAN: u8 = 0xDA;
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
        scans.inside = false;
        let length = u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?]);
        match marker {
            // Baseline and extended frames by Huffman codes.
            0xC0 | 0xC1 => scans.components = Some(*bytes.get(at + 9)?),
            SCAN => scans.scanned = scans.scanned.saturating_add(*bytes.get(at + 4)?),
            _ => {}
        }
        at += 2 + usize::from(length.max(2));
        scans.inside = marker == SCAN && at < bytes.len();
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
