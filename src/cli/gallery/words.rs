//! Words for faces and their photographs.

use crate::album::{Missing, shares};
use crate::cli::terminal;
use crate::embed::Gallery;

/// Missing photographs that are named at most.
const NAMED: usize = 3;

/// `1 face`, `2 faces`.
pub fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// Where a face is: its picture, and its time in a video.
pub fn face_name(gallery: &Gallery, index: usize) -> String {
    let path = gallery.image_of(index).map_or("", |image| &image.path);
    match gallery.time.get(index) {
        Some(time) if !time.is_nan() => format!("{path} at {time:.2} s"),
        _ => path.to_owned(),
    }
}

/// What some faces show: the two most frequent expressions and their shares.
pub fn mix(gallery: &Gallery, members: &[usize]) -> String {
    let share = |(label, count): &(usize, usize)| {
        let percent = 100.0 * *count as f64 / members.len().max(1) as f64;
        format!("{} {percent:.0} %", gallery.expressions[*label])
    };
    shares(gallery, members.iter().copied()).iter().take(2).map(share).collect::<Vec<_>>().join(", ")
}

/// Says which photographs are missing.
pub fn say_missing(gallery: &Gallery, missing: &[Missing]) {
    for Missing { image, error } in missing.iter().take(NAMED) {
        let path = gallery.images.get(*image).map_or("", |image| &image.path);
        let said = error.to_string();
        let reason = if said.contains(path) { said } else { format!("{path}: {said}") };
        terminal::warning(format!("{reason}; its faces are shown without a picture"));
    }
    if missing.len() > NAMED {
        let more = missing.len() - NAMED;
        terminal::warning(format!("{more} more cannot be read: run this where `moue embed` ran, or embed the folder again"));
    }
}
