//! A folder of numbered pictures, in the order of their numbers.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::feed::{Decoder, Feed};
use super::frame::{Frame, fits};
use crate::error::{Error, Result};
use crate::photo;

const ENDINGS: [&str; 9] = ["png", "jpg", "jpeg", "jfif", "gif", "webp", "bmp", "tif", "tiff"];

/// The pictures, by their numbers.
pub struct Folder {
    pictures: Vec<(u64, PathBuf)>,
    fps: f64,
}

impl Folder {
    /// # Errors
    /// [`Error::Argument`] where there is no rate; [`Error::Video`] where no picture has a number, or two have one.
    pub fn open(path: &Path, fps: Option<f64>, name: String) -> Result<Self> {
        let Some(fps) = fps else {
            return Err(Error::Argument(format!("{name}: a folder of numbered pictures has no rate of its own: give --fps")));
        };
        let entries = std::fs::read_dir(path).map_err(|error| Error::io(path, error))?;
        let files = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file());
        let mut pictures: Vec<(u64, PathBuf)> = files.filter_map(|path| Some((number(&path)?, path))).collect();
        pictures.sort();
        if pictures.is_empty() {
            return Err(Error::Video(format!("{name}: no picture in this folder has a number in its name, as 0001.png has")));
        }
        if let Some([a, b]) = pictures.array_windows().find(|[a, b]| a.0 == b.0) {
            let [a, b] = [a, b].map(|(_, path)| path.file_name().unwrap_or_default().to_string_lossy());
            return Err(Error::Video(format!("{name}: {a} and {b} have the same number: leave one of them out")));
        }
        Ok(Self { pictures, fps })
    }
}

/// The last number in the name of a picture.
fn number(path: &Path) -> Option<u64> {
    let ending = path.extension()?.to_str()?.to_lowercase();
    if !ENDINGS.contains(&ending.as_str()) {
        return None;
    }
    let stem = path.file_stem()?.to_string_lossy();
    let digit = |c: char| c.is_ascii_digit();
    let end = stem.rfind(digit)? + 1;
    let begin = stem[..end].rfind(|c: char| !digit(c)).map_or(0, |at| at + stem[at..].chars().next().map_or(1, char::len_utf8));
    stem[begin..end].parse().ok()
}

impl Decoder for Folder {
    fn decode(self, feed: &Feed) -> Result<Option<String>> {
        feed.expect(self.pictures.len() as u64);
        let mut broken = 0;
        for (index, (number, path)) in self.pictures.iter().enumerate() {
            let picture = match photo::read(path) {
                Ok(picture) => picture,
                Err(error) => {
                    broken += 1;
                    feed.remark(format!("a frame is left out, as {error}"));
                    continue;
                }
            };
            fits(&path.display().to_string(), picture.width(), picture.height())?;
            let (pts, timestamp) = (i64::try_from(*number).ok(), Duration::from_secs_f64(index as f64 / self.fps));
            if !feed.push(Frame { index: index as u64, pts, timestamp, picture }) {
                return Ok(None);
            }
        }
        match broken == self.pictures.len() {
            true => Err(Error::Video("none of the numbered pictures can be read".into())),
            false => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_number_of_a_name_counts() {
        let cases = [
            ("0012.png", Some(12)),
            ("take2_é_7.JPG", Some(7)),
            ("a10b.png", Some(10)),
            ("notes.txt", None),
            ("cover.png", None),
            ("3.txt", None),
        ];
        for (name, want) in cases {
            assert_eq!(number(Path::new(name)), want, "{name}");
        }
    }
}
