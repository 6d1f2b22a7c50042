//! A folder a class.

use std::path::{Path, PathBuf};

use image::RgbImage;

use crate::cli::walk::{self, Unread};
use crate::cli::{names, terminal};
use crate::ensemble::Truth;
use crate::error::{Error, plain};
use crate::photo;
use crate::recognizer::Source;

/// One labelled picture.
#[derive(Debug, PartialEq)]
pub struct Sample {
    /// Its file.
    pub path: PathBuf,
    /// What it shows.
    pub truth: Truth,
}

impl Source for Sample {
    fn read(&mut self) -> Result<RgbImage, Error> {
        let photo = photo::read_remarked(&self.path)?;
        if let Some(remark) = photo.remark {
            terminal::warning(format!("{}: {remark}", names::shown(&self.path)));
        }
        Ok(photo.picture)
    }
}

/// Every picture below `root`/LABEL, class by class, sorted. Case does not matter in the folders' names. What the folders hold that is not read is said on
/// stderr.
///
/// # Errors
/// A folder that is no label, or no picture at all, in words.
pub fn find(root: &Path, labels: &[String]) -> Result<Vec<Sample>, String> {
    let known = labels.join(", ");
    if root.exists() && !root.is_dir() {
        return Err(format!("{} is no folder: give one with a folder of pictures a label ({known})", root.display()));
    }
    let entries = std::fs::read_dir(root).map_err(|error| format!("{}: {}", root.display(), plain(&error)))?;
    let mut folders = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| format!("{}: {}", root.display(), plain(&error)))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') || !path.is_dir() {
            continue;
        }
        match labels.iter().position(|label| label.eq_ignore_ascii_case(&name)) {
            Some(class) => folders.push((class, path)),
            None => {
                return Err(format!("the folder `{name}` is none of the model's labels ({known}): rename it or move it away"));
            }
        }
    }
    folders.sort();
    let (mut samples, mut unread) = (Vec::new(), Unread::default());
    for (class, folder) in folders {
        let below = walk::below(&folder, false);
        for entry in below.entries {
            let path = entry.map_err(|(at, reason)| format!("{}: {reason}", names::shown(&at)))?;
            samples.push(Sample { path, truth: Truth::label(class, labels.len()) });
        }
        unread.add(below.unread);
    }
    unread.note();
    if samples.is_empty() {
        return Err(format!("no picture in {}: it needs a folder a label ({known}) with pictures in it", root.display()));
    }
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str, files: &[&str]) -> PathBuf {
        let root = std::env::temp_dir().join(format!("moue-samples-{}-{name}", std::process::id()));
        for file in files {
            let path = root.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"").unwrap();
        }
        root
    }

    #[test]
    fn classes_come_in_the_order_of_the_labels() {
        let root = folder("order", &["Sad/b.png", "Sad/a.jpg", "happy/c.png", "happy/notes.txt"]);
        let found = find(&root, &["happy".into(), "sad".into()]).unwrap();
        let found: Vec<_> =
            found.iter().map(|s| (s.truth.most().unwrap(), s.path.strip_prefix(&root).unwrap().to_path_buf())).collect();
        assert_eq!(found, [(0, "happy/c.png".into()), (1, "Sad/a.jpg".into()), (1, "Sad/b.png".into())]);
    }

    #[test]
    fn a_folder_that_is_no_label_is_named() {
        let root = folder("unknown", &["happy/a.png", "joy/b.png"]);
        assert!(find(&root, &["happy".into()]).unwrap_err().contains("`joy`"));
    }

    #[test]
    fn no_picture_is_an_error() {
        let root = folder("none", &["happy/notes.txt"]);
        assert!(find(&root, &["happy".into()]).unwrap_err().contains("no picture"));
    }
}
