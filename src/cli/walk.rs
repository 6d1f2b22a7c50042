//! What lies below a folder: pictures, and what is not read.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::{names, terminal};
use crate::video;

/// Endings of the pictures that are read.
pub const EXTENSIONS: [&str; 9] = ["png", "jpg", "jpeg", "jfif", "gif", "webp", "bmp", "tif", "tiff"];

/// Endings of pictures that other programs make one of [`EXTENSIONS`] of.
const CONVERTIBLE: [&str; 28] = [
    "heic", "heif", "hif", "avif", "jxl", "jp2", "jpx", "j2k", "psd", "svg", "ico", "tga", "exr", "hdr", "ppm", "pgm", "pbm",
    "pnm", "dng", "cr2", "cr3", "nef", "arw", "orf", "rw2", "raf", "pef", "srw",
];

/// Kinds that are named one by one; the rest are counted.
const MOST_KINDS: usize = 8;

/// What is found below a folder, sorted by name. Hidden files and folders are passed over, and what systems leave in every folder.
#[derive(Debug, Default)]
pub struct Found {
    /// Pictures, videos, and places that cannot be read, with the reason.
    pub entries: Vec<Result<PathBuf, (PathBuf, String)>>,
    /// Files of kinds that are not read.
    pub unread: Unread,
}

/// How many files of which kinds are not read.
#[derive(Debug, Default)]
pub struct Unread(BTreeMap<String, usize>);

/// Walks a folder for pictures, and for videos where they are wanted.
pub fn below(root: &Path, videos: bool) -> Found {
    let mut found = Found::default();
    let walk = WalkDir::new(root).follow_links(true).sort_by_file_name();
    for entry in walk.into_iter().filter_entry(|entry| entry.depth() == 0 || !is_litter(entry.file_name())) {
        match entry {
            Ok(entry) if !entry.file_type().is_file() => {}
            Ok(entry) if is_picture(entry.path()) || (videos && is_video(entry.path())) => {
                found.entries.push(Ok(entry.into_path()))
            }
            Ok(entry) => found.unread.count(entry.path()),
            Err(error) => {
                let at = error.path().unwrap_or(root).to_path_buf();
                let reason = match error.io_error() {
                    Some(cause) => crate::error::plain(cause),
                    None => "its links lead back to itself".to_owned(),
                };
                found.entries.push(Err((at, reason)));
            }
        }
    }
    found
}

fn is_litter(name: &OsStr) -> bool {
    let litter = ["Thumbs.db", "desktop.ini", "ehthumbs.db", "@eaDir", "__MACOSX"];
    name.as_encoded_bytes().starts_with(b".") || litter.iter().any(|litter| name.eq_ignore_ascii_case(litter))
}

/// Whether the extension is that of a picture format moue reads.
pub fn is_picture(path: &Path) -> bool {
    ending(path).is_some_and(|ending| EXTENSIONS.contains(&ending.as_str()))
}

/// Whether the extension is that of a video.
pub fn is_video(path: &Path) -> bool {
    ending(path).is_some_and(|ending| video::EXTENSIONS.contains(&ending.as_str()))
}

fn ending(path: &Path) -> Option<String> {
    path.extension().map(|ending| names::shown(Path::new(ending)).to_lowercase())
}

impl Unread {
    fn count(&mut self, path: &Path) {
        *self.0.entry(ending(path).unwrap_or_default()).or_default() += 1;
    }

    /// Those of another folder too.
    pub fn add(&mut self, other: Self) {
        other.0.into_iter().for_each(|(kind, count)| *self.0.entry(kind).or_default() += count);
    }

    /// A line on stderr, where there are any.
    pub fn note(&self) {
        if let Some(text) = self.sentence() {
            terminal::note(text);
        }
    }

    fn sentence(&self) -> Option<String> {
        let all: usize = self.0.values().sum();
        if all == 0 {
            return None;
        }
        let mut kinds: Vec<(&String, &usize)> = self.0.iter().collect();
        kinds.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let named = |(kind, count): &(&String, &usize)| match kind.as_str() {
            "" => format!("without an ending {count}"),
            kind => format!("{kind} {count}"),
        };
        let mut listed: Vec<String> = kinds.iter().take(MOST_KINDS).map(named).collect();
        let rest: usize = kinds.iter().skip(MOST_KINDS).map(|(_, count)| **count).sum();
        if rest > 0 {
            listed.push(format!("others {rest}"));
        }
        let of = if all == 1 { "1 file of a kind that is" } else { &format!("{all} files of kinds that are") };
        let convertible = self.0.keys().any(|kind| CONVERTIBLE.contains(&kind.as_str()));
        let remedy = if convertible { ": convert the pictures among them to PNG or JPEG" } else { "" };
        Some(format!("{of} not read ({}){remedy}", listed.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unread(names: &[&str]) -> Option<String> {
        let mut unread = Unread::default();
        names.iter().for_each(|name| unread.count(Path::new(name)));
        unread.sentence()
    }

    #[test]
    fn kinds_are_counted_most_first_with_the_remedy_where_there_is_one() {
        assert_eq!(unread(&[]), None);
        assert_eq!(unread(&["notes.txt"]).unwrap(), "1 file of a kind that is not read (txt 1)");
        let phone = unread(&["a.AVIF", "b.HEIC", "c.heic", "d"]).unwrap();
        assert_eq!(
            phone,
            "4 files of kinds that are not read (heic 2, without an ending 1, avif 1): convert the pictures among them to PNG or JPEG"
        );
        let many: Vec<String> = (0..12).map(|i| format!("x.{i}")).collect();
        let many = unread(&many.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
        assert!(many.ends_with("others 4)"), "{many}");
    }

    #[test]
    fn what_systems_leave_in_folders_is_passed_over() {
        for name in [".DS_Store", "._IMG_1.JPG", "thumbs.db", "Desktop.ini", "__MACOSX"] {
            assert!(is_litter(OsStr::new(name)), "{name}");
        }
        assert!(!is_litter(OsStr::new("a.jpg")) && is_picture(Path::new("A.JPG")) && !is_picture(Path::new("jpg")));
    }
}
