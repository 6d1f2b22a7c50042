//! Bundles of MediaPipe: a zip whose members are stored as they are, networks among them.

use std::ops::Range;

/// Names of the members and where their bytes lie.
pub(super) fn members(bytes: &[u8]) -> Result<Vec<(String, Range<usize>)>, String> {
    let damaged = || "the bundle is no zip, or cut short: download it again".to_owned();
    let number = |at: usize, count: usize| {
        let part = bytes.get(at..at.checked_add(count)?)?;
        Some(part.iter().rev().fold(0_usize, |number, &byte| number << 8 | usize::from(byte)))
    };
    // The end of the directory, with a comment of 65535 bytes at most behind it.
    let last = bytes.len().checked_sub(22).ok_or_else(damaged)?;
    let first = last.saturating_sub(65535);
    let end = (first..=last).rev().find(|&at| bytes[at..].starts_with(b"PK\x05\x06")).ok_or_else(damaged)?;
    let (count, mut at) = number(end + 10, 2).zip(number(end + 16, 4)).ok_or_else(damaged)?;
    let mut all = Vec::new();
    for _ in 0..count {
        let entry = || {
            let (method, size) = (number(at + 10, 2)?, number(at + 24, 4)?);
            let (name, extra, comment) = (number(at + 28, 2)?, number(at + 30, 2)?, number(at + 32, 2)?);
            let local = number(at + 42, 4)?;
            let text = bytes.get(at + 46..at + 46 + name)?;
            // What lies before its bytes has sizes of its own.
            let from = local + 30 + number(local + 26, 2)? + number(local + 28, 2)?;
            bytes.get(from..from.checked_add(size)?)?;
            let known = bytes.get(at..)?.starts_with(b"PK\x01\x02") && bytes.get(local..)?.starts_with(b"PK\x03\x04");
            known.then(|| {
                (String::from_utf8_lossy(text).into_owned(), method, from..from + size, at + 46 + name + extra + comment)
            })
        };
        let (name, method, range, next) = entry().ok_or_else(damaged)?;
        if method == 0 {
            all.push((name, range));
        } else {
            return Err(format!("its member `{name}` is compressed: unpack the bundle, and give the file in it"));
        }
        at = next;
    }
    Ok(all)
}
