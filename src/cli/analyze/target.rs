//! Inputs, and where `--annotate` and `--explain` write.

use std::collections::HashSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

use image::RgbImage;

use crate::cli::files;
use crate::cli::inputs::{self, Input, Source};
use crate::cli::outcome::Failure;
use crate::error::Error;
use crate::recognizer;
use crate::records::Summary;

/// An input, where its pictures are drawn, and the place of an earlier record that the new one takes.
#[derive(Debug)]
pub struct Job {
    pub input: Input,
    /// Of `--annotate`, and of `--explain`.
    pub targets: [Option<PathBuf>; 2],
    pub again: Option<Range<u64>>,
    /// What an earlier run found of a video that it did not read to its end.
    pub begun: Option<Box<Summary>>,
}

impl recognizer::Source for Job {
    fn read(&mut self) -> Result<RgbImage, Error> {
        self.input.read()
    }
}

/// One path an input, none for inputs that name nothing. A path with the extension of a picture, or for a video of one, is a file, any other a folder, where
/// each picture gets a PNG of its own name, and each video an MP4, in the folders it had below the folder that was given.
///
/// # Errors
/// Several pictures for one file, an unknown extension, or a path that is one of the inputs.
pub fn plan(flag: &str, inputs: &[Input], target: &Path) -> Result<Vec<Option<PathBuf>>, Failure> {
    let readable = |input: &&Input| !matches!(input.source, Source::None(_));
    let count = inputs.iter().filter(readable).count();
    let flag = format!("{flag} {}", target.display());
    let refuse = |reason: String| Err(Failure::at(&flag, reason));
    let folder = target.is_dir() || target.extension().is_none() || target.as_os_str().as_encoded_bytes().ends_with(b"/");
    let ending = target.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    let video = inputs.iter().any(Input::is_video);
    let planned: Vec<Option<PathBuf>> = if folder {
        if target.exists() && !target.is_dir() {
            return refuse("is no folder: name one, or a file with a picture's extension".into());
        }
        let mut taken = HashSet::new();
        let mut place =
            |input: &Input| distinct(target.join(&input.relative), if input.is_video() { "mp4" } else { "png" }, &mut taken);
        inputs.iter().map(|input| readable(&input).then(|| place(input))).collect()
    } else if video && !files::VIDEOS.contains(&ending.as_str()) {
        return refuse("not a video format moue writes: use .mp4, .mov, .mkv or .gif, or a folder".into());
    } else if !video && files::format(target).is_none() {
        return refuse("not a picture format moue writes: use .png, .jpg, .webp, .bmp or .tiff, or a folder".into());
    } else if count > 1 {
        return refuse(format!("{count} {} do not fit into one file: name a folder", if video { "inputs" } else { "pictures" }));
    } else {
        inputs.iter().map(|input| readable(&input).then(|| target.to_path_buf())).collect()
    };
    let sources = inputs::canonical_files(inputs);
    let overwritten = |path: &&PathBuf| path.canonicalize().is_ok_and(|path| sources.contains(&path));
    match planned.iter().flatten().find(overwritten) {
        Some(path) => refuse(format!("would overwrite the input {}: name another place", path.display())),
        None => Ok(planned),
    }
}

/// Makes the folder that pictures will be drawn into, or that of the file, and tries whether that can be done.
///
/// # Errors
/// Nothing can be written there.
pub fn check(flag: &str, planned: &[Option<PathBuf>], target: &Path) -> Result<(), Failure> {
    let tried = match planned.iter().flatten().next() {
        None => Ok(()),
        Some(path) if path == target => files::check(target),
        Some(_) => files::check_folder(target),
    };
    tried.map_err(|error| Failure::at(flag, error))
}

/// `path` with another ending, and with a number where that name is taken.
fn distinct(path: PathBuf, ending: &str, taken: &mut HashSet<PathBuf>) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_os_string();
    let mut name = path.with_extension(ending);
    let mut number = 2;
    while !taken.insert(name.clone()) {
        let mut numbered = stem.clone();
        numbered.push(format!("-{number}.{ending}"));
        name = path.with_file_name(numbered);
        number += 1;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::inputs::Wanted;

    fn input(name: &str) -> Input {
        Input { name: name.into(), source: Source::File(name.into()), relative: name.into() }
    }

    #[test]
    fn a_folder_gets_a_png_a_picture_and_no_name_twice() {
        let inputs = [input("a.jpg"), input("sub/b.png"), input("a.webp")];
        let found: Vec<_> = plan("--annotate", &inputs, Path::new("out")).unwrap().into_iter().flatten().collect();
        assert_eq!(found, ["out/a.png", "out/sub/b.png", "out/a-2.png"].map(PathBuf::from));
    }

    #[test]
    fn several_pictures_are_refused_for_one_file_and_so_are_unknown_formats() {
        let inputs = [input("a.jpg"), input("b.jpg")];
        assert!(
            matches!(plan("--annotate", &inputs, Path::new("out.png")), Err(Failure::Refused(why)) if why.contains("name a folder"))
        );
        assert!(
            matches!(plan("--annotate", &inputs[..1], Path::new("out.doc")), Err(Failure::Refused(why)) if why.contains(".png"))
        );
    }

    #[test]
    fn an_input_is_never_overwritten() {
        let folder = std::env::temp_dir().join(format!("moue-target-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("a.png");
        std::fs::write(&path, b"").unwrap();
        let inputs = inputs::expand(std::slice::from_ref(&path), Wanted::Pictures);
        for target in [&folder, &path] {
            assert!(
                matches!(plan("--explain", &inputs, target), Err(Failure::Refused(why)) if why.contains("overwrite")),
                "{}",
                target.display()
            );
        }
    }
}
