//! When a photograph was taken, as its camera says: EXIF's DateTimeOriginal.

use std::io::Cursor;
use std::panic::catch_unwind;

use image::{ImageDecoder, ImageReader};

/// The tags of the directory of EXIF's own entries, and of the date in it.
const EXIF: u16 = 0x8769;
const ORIGINAL: u16 = 0x9003;

/// Seconds since the beginning of 1970 by the camera's clock, of the bytes of a photograph; none where they do not say.
pub fn taken(bytes: &[u8]) -> Option<f64> {
    // The decoders are other people's.
    let exif = catch_unwind(|| {
        let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
        reader.into_decoder().ok()?.exif_metadata().ok()?
    });
    seconds(date(&exif.ok()??)?)
}

/// The date's text, of the TIFF that EXIF is.
fn date(tiff: &[u8]) -> Option<&[u8]> {
    let little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let two = |at: usize| {
        let bytes = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let four = |at: usize| {
        let bytes = tiff.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) } as usize)
    };
    let entry = |directory: usize, tag: u16| {
        let first = directory.checked_add(2)?;
        let mut places = (0..usize::from(two(directory)?)).map(|at| first.saturating_add(12 * at));
        places.find(|&at| two(at) == Some(tag))
    };
    let own = four(entry(four(4)?, EXIF)?.checked_add(8)?)?;
    let at = four(entry(own, ORIGINAL)?.checked_add(8)?)?;
    tiff.get(at..at.checked_add(19)?)
}

/// Of `YYYY:MM:DD HH:MM:SS`.
fn seconds(text: &[u8]) -> Option<f64> {
    let number = |from: usize, to: usize| std::str::from_utf8(text.get(from..to)?).ok()?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hours, minutes, seconds) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Days since 1970-01-01: years begin in March, so that a leap day ends one.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 719_469;
    Some((86_400 * days + 3_600 * hours + 60 * minutes + seconds) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_in_both_orders_of_bytes_and_nonsense_is_none() {
        let text = b"2026:12:01 15:20:28\0";
        for big in [false, true] {
            let two = |value: u16| if big { value.to_be_bytes() } else { value.to_le_bytes() };
            let four = |value: u32| if big { value.to_be_bytes() } else { value.to_le_bytes() };
            // Two directories of one entry each, 18 bytes, behind the head's 8; then the text.
            let directory =
                |tag, kind, count, value| [&two(1)[..], &two(tag), &two(kind), &four(count), &four(value), &four(0)].concat();
            let head = [if big { &b"MM\0*"[..] } else { b"II*\0" }, &four(8)].concat();
            let tiff = [head, directory(EXIF, 4, 1, 26), directory(ORIGINAL, 2, 20, 44), text.to_vec()].concat();
            assert_eq!(date(&tiff), Some(&text[..19]), "{big}");
            assert!((0..tiff.len() - 1).all(|end| date(&tiff[..end]).is_none()));
        }
        assert_eq!(seconds(b"2026:12:01 15:20:28"), Some(1_796_138_428.0));
        assert_eq!(seconds(b"1970:01:01 00:00:00"), Some(0.0));
        assert_eq!(seconds(b"    :  :     :  :  "), None);
        assert_eq!(taken(include_bytes!("../../examples/astronaut.png")), None);
    }
}
