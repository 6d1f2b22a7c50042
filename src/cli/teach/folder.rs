//! A folder a label, and in it folders of what belongs together.

use std::path::{Path, PathBuf};

use image::RgbImage;

use crate::cli::walk::{self, Unread};
use crate::cli::{names, terminal};
use crate::error::{Error, plain};
use crate::photo;
use crate::recognizer::Source;
use crate::teach::{LEAST, MOST, Origin, check};

/// One picture of a label.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// Its file.
    pub path: PathBuf,
    /// The position of its label.
    pub label: usize,
    /// The folder below the label's that it lies in.
    pub together: Option<String>,
    /// When it was taken, once it is read and says so.
    pub taken: Option<f64>,
}

impl Picture {
    /// Where a face of it comes from.
    pub fn origin(&self) -> Origin {
        Origin { name: names::shown(&self.path), together: self.together.clone(), taken: self.taken }
    }
}

impl Source for Picture {
    fn read(&mut self) -> Result<RgbImage, Error> {
        let bytes = std::fs::read(&self.path).map_err(|source| Error::Picture(plain(&source)))?;
        self.taken = photo::taken(&self.path);
        let photo = photo::decode_remarked(&bytes)?;
        if let Some(remark) = photo.remark {
            terminal::warning(format!("{}: {remark}", names::shown(&self.path)));
        }
        Ok(photo.picture)
    }
}

/// The labels, and their pictures, label by label, sorted. What is not read is said on stderr.
///
/// # Errors
/// In words: no folder, labels that cannot be taught, or one with too few pictures.
pub fn find(root: &Path) -> Result<(Vec<String>, Vec<Picture>), String> {
    let shape = "give one with a folder of pictures a label";
    if root.exists() && !root.is_dir() {
        return Err(format!("{} is no folder: {shape}", names::shown(root)));
    }
    let at = |error: std::io::Error| format!("{}: {}", names::shown(root), plain(&error));
    let mut entries: Vec<PathBuf> = std::fs::read_dir(root)
        .map_err(at)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(at)?;
    entries.sort();
    let hidden = |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    entries.retain(|path| !hidden(path));
    let loose = entries.iter().filter(|path| walk::is_picture(path) && path.is_file()).count();
    let folders: Vec<PathBuf> = entries.into_iter().filter(|path| path.is_dir()).collect();
    let label = |path: &PathBuf| path.file_name().map(|name| names::shown(Path::new(name))).unwrap_or_default();
    let labels: Vec<String> = folders.iter().map(label).collect();
    if labels.is_empty() {
        let has = if loose > 0 { format!("has {loose} pictures and no folders") } else { "has no folders".into() };
        return Err(format!("{} {has}: {shape}", names::shown(root)));
    }
    check(&labels).map_err(|error| error.to_string())?;
    if loose > 0 {
        terminal::note(format!("{loose} pictures that lie in no label's folder are left out"));
    }
    let (mut pictures, mut unread, mut few) = (Vec::new(), Unread::default(), Vec::new());
    for (label, folder) in folders.iter().enumerate() {
        let found = walk::below(folder, false);
        let paths =
            found.entries.into_iter().map(|entry| entry.map_err(|(at, reason)| format!("{}: {reason}", names::shown(&at))));
        let paths: Vec<PathBuf> = paths.collect::<Result<_, _>>()?;
        unread.add(found.unread);
        if paths.len() < LEAST {
            few.push(format!("`{}` has {}", labels[label], paths.len()));
        }
        if paths.len() > MOST {
            let name = &labels[label];
            terminal::note(format!("`{name}` has {} pictures: {MOST} are read, evenly spread over their names", paths.len()));
        }
        let kept = paths.len().min(MOST);
        pictures.extend((0..kept).map(|at| {
            let path = paths[at * paths.len() / kept].clone();
            Picture { together: together(folder, &path), taken: None, label, path }
        }));
    }
    unread.note();
    if few.is_empty() {
        return Ok((labels, pictures));
    }
    Err(format!("a label needs {LEAST} pictures of a face at least, and {}: add pictures", few.join(", ")))
}

/// The folder right below a label's.
fn together(folder: &Path, path: &Path) -> Option<String> {
    let mut parts = path.strip_prefix(folder).ok()?.components();
    let (first, second) = (parts.next()?, parts.next());
    second.map(|_| names::shown(Path::new(first.as_os_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str, files: &[(&str, usize)]) -> PathBuf {
        let root = std::env::temp_dir().join(format!("moue-teach-{}-{name}", std::process::id()));
        for (place, count) in files {
            for at in 0..*count {
                let path = root.join(place).join(format!("{at:04}.png"));
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, b"").unwrap();
            }
        }
        root
    }

    #[test]
    fn folders_below_a_label_say_what_belongs_together_and_many_pictures_are_thinned() {
        let root = folder("many", &[("smile/anna", 3), ("smile", 2), ("wink", 2500)]);
        let (labels, pictures) = find(&root).unwrap();
        assert_eq!(labels, ["smile", "wink"]);
        let together: Vec<Option<&str>> = pictures[..5].iter().map(|picture| picture.together.as_deref()).collect();
        assert_eq!(together, [None, None, Some("anna"), Some("anna"), Some("anna")]);
        assert_eq!(pictures.len(), 1005);
        assert!(pictures[1004].path.ends_with("wink/2497.png"), "{:?}", pictures[1004]);
    }

    #[test]
    fn what_cannot_be_taught_is_named_with_the_remedy() {
        for (name, files, part) in [
            ("few", &[("a", 5), ("b", 4), ("c", 1)][..], "`b` has 4, `c` has 1: add pictures"),
            ("case", &[("Wink", 5), ("wink", 5)], "`Wink` and `wink` differ in case only"),
            ("one", &[("smile", 5)], "one label, `smile`"),
            ("loose", &[("", 5)], "has 5 pictures and no folders: give one with a folder of pictures a label"),
        ] {
            let error = find(&folder(name, files)).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
