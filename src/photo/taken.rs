//! When a photograph was taken: EXIF 2.32, section 4.6.5, tags DateTimeOriginal and DateTime.

use std::path::Path;

use image::{ImageDecoder, ImageReader};

const DATE_TIME: u16 = 0x0132;
const EXIF: u16 = 0x8769;
const DATE_TIME_ORIGINAL: u16 = 0x9003;
/// Entries of a directory that are looked at.
const MOST_ENTRIES: usize = 1000;

/// When the camera says that a picture was taken: seconds since 1970 by its own clock, as if that were UTC; `None` where the file does not say.
pub fn taken(path: &Path) -> Option<f64> {
    // Decoders are other people's: see the reading of pictures.
    let read = || {
        let mut decoder = ImageReader::open(path).ok()?.with_guessed_format().ok()?.into_decoder().ok()?;
        decoder.exif_metadata().ok()?
    };
    let exif = std::panic::catch_unwind(read).ok()??;
    of_exif(&exif)
}

/// As [`taken`], of the bytes that a JPEG begins with, without a decoder.
pub fn taken_of_jpeg(bytes: &[u8]) -> Option<f64> {
    let mut rest = bytes.strip_prefix(b"\xff\xd8")?;
    // Segments, up to the first that is followed by compressed data.
    while let [0xff, kind, high, low, ..] = *rest {
        let length = usize::from(u16::from_be_bytes([high, low]));
        let own = rest.get(4..2 + length);
        match own.and_then(|own| own.strip_prefix(b"Exif\0\0")) {
            Some(exif) if kind == 0xe1 => return of_exif(exif),
            _ if kind == 0xda => return None,
            _ => rest = rest.get(2 + length..)?,
        }
    }
    None
}

fn of_exif(exif: &[u8]) -> Option<f64> {
    let tiff = Tiff { bytes: exif, little: exif.starts_with(b"II") };
    let first = tiff.word(4)? as usize;
    let original = tiff.entry(first, EXIF).and_then(|at| tiff.entry(tiff.word(at + 8)? as usize, DATE_TIME_ORIGINAL));
    let at = original.or_else(|| tiff.entry(first, DATE_TIME))?;
    let (length, place) = (tiff.word(at + 4)? as usize, tiff.word(at + 8)? as usize);
    seconds(std::str::from_utf8(exif.get(place..place.checked_add(length.min(20))?)?).ok()?)
}

/// EXIF is a TIFF file of its own.
struct Tiff<'b> {
    bytes: &'b [u8],
    little: bool,
}

impl Tiff<'_> {
    fn half(&self, at: usize) -> Option<u16> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    fn word(&self, at: usize) -> Option<u32> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    /// Where the entry `tag` of the directory at `directory` begins.
    fn entry(&self, directory: usize, tag: u16) -> Option<usize> {
        let count = usize::from(self.half(directory)?).min(MOST_ENTRIES);
        (0..count).map(|index| directory + 2 + 12 * index).find(|&at| self.half(at) == Some(tag))
    }
}

/// `2024:05:17 12:34:56` in seconds since 1970.
fn seconds(text: &str) -> Option<f64> {
    let numbers: Vec<i64> = text.trim_end_matches('\0').split([':', ' ']).map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let &[year, month, day, hour, minute, second] = &numbers[..] else { return None };
    let there = (1900..=2200).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    if !there || !(0..24).contains(&hour) || !(0..60).contains(&minute) || !(0..=60).contains(&second) {
        return None;
    }
    // Days since 1970-03-01 of a year that begins in March, so that the leap day is its last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
    Some((86_400 * days + 3600 * hour + 60 * minute + second) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_becomes_seconds_since_1970() {
        assert_eq!(seconds("1970:01:01 00:00:00"), Some(0.0));
        assert_eq!(seconds("2024:02:29 12:34:56\0"), Some(1_709_210_096.0));
        for wrong in ["", "0000:00:00 00:00:00", "2024-02-29 12:34:56", "2024:13:01 00:00:00", "2024:02:01 25:00:00"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_time_that_a_picture_was_taken_comes_before_that_it_was_changed() {
        let entry = |tag: u16, kind: u16, count: u32, value: u32| {
            [&tag.to_be_bytes()[..], &kind.to_be_bytes(), &count.to_be_bytes(), &value.to_be_bytes()].concat()
        };
        // Header, directory of two entries at 8, the one of EXIF at 38, both dates.
        let exif = [
            &b"MM\0\x2a\0\0\0\x08\0\x02"[..],
            &entry(DATE_TIME, 2, 20, 56),
            &entry(EXIF, 4, 1, 38),
            &[0; 4],
            &[0, 1],
            &entry(DATE_TIME_ORIGINAL, 2, 20, 76),
            &[0; 4],
            b"2000:01:01 00:00:00\0",
            b"1999:12:31 23:59:59\0",
        ]
        .concat();
        assert_eq!(of_exif(&exif), seconds("1999:12:31 23:59:59"));
        let length = (exif.len() as u16 + 8).to_be_bytes();
        let jpeg = [&b"\xff\xd8\xff\xe0\0\x04JF\xff\xe1"[..], &length, b"Exif\0\0", &exif, b"\xff\xda\0\x02"].concat();
        assert_eq!(taken_of_jpeg(&jpeg), of_exif(&exif));
        for end in 0..jpeg.len() - exif.len() {
            assert_eq!(taken_of_jpeg(&jpeg[..end]), None);
        }
        for end in 0..exif.len() {
            let _ = of_exif(&exif[..end]);
        }
    }
}
