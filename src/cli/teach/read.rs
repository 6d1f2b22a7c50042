//! The faces of labelled pictures.

use std::path::PathBuf;

use super::folder::Picture;
use crate::cli::outcome::Failure;
use crate::cli::session::{self, DeviceArgs};
use crate::cli::{names, terminal};
use crate::recognizer::{Answer, Faces};
use crate::teach::{Teacher, meant};
use crate::weights::Model;

/// Names in one sentence.
const NAMED: usize = 3;
/// Crops answered at once.
const TOGETHER: usize = 64;

/// What was not learned of.
#[derive(Debug, Default)]
pub struct Left {
    /// Without a face.
    faceless: Vec<PathBuf>,
    /// With several faces about as large.
    several: Vec<PathBuf>,
    /// That could not be read; each was named.
    pub broken: usize,
}

impl Left {
    /// Sentences about the pictures.
    pub fn sentences(&self) -> Vec<String> {
        let several = "have several faces of about a size, and are left out: cut out the one that is meant";
        let kinds = [(&self.faceless, "have no face that is found, and are left out"), (&self.several, several)];
        kinds.iter().filter(|(paths, _)| !paths.is_empty()).map(|(paths, what)| format!("{} {what}", counted(paths))).collect()
    }

    /// How many have no face, and how many several.
    pub fn counts(&self) -> [usize; 2] {
        [self.faceless.len(), self.several.len()]
    }
}

fn counted(paths: &[PathBuf]) -> String {
    let shown: Vec<String> = paths.iter().take(NAMED).map(|path| names::shown(path)).collect();
    let rest = paths.len() - shown.len();
    let more = if rest > 0 { format!(" and {rest} others") } else { String::new() };
    format!("{} of the pictures ({}{more})", paths.len(), shown.join(", "))
}

/// Reads the features of every picture's face: of several the largest, where it is at least twice as large as the next.
pub fn read(teacher: &mut Teacher, pictures: Vec<Picture>, whole: bool, device: &DeviceArgs) -> Result<Left, Failure> {
    let faces = if whole { Faces::None } else { Faces::All };
    let count = pictures.len();
    let open = |builder: crate::recognizer::Builder| builder.faces(faces).build_and_prefetch(pictures);
    let ((mut recognizer, photos), patience) = session::recognizer(teacher.reader()?, device, open)?;
    session::warn(&recognizer);
    let bar = terminal::progress(count, 0);
    let (mut left, mut patience) = (Left::default(), Some(patience));
    let mut stream = recognizer.analyze_stream(photos);
    while let Some(Answer { source, photo, analysis }) = stream.next() {
        patience.take();
        bar.inc(1);
        let (photo, analysis) = match (photo, analysis) {
            (Some(photo), Ok(analysis)) => (photo, analysis),
            (_, Err(error)) if error.is_of_device() => return Err(error.into()),
            (_, Err(error)) => {
                left.broken += 1;
                terminal::error(format!("{}: {error}", names::shown(&source.path)));
                continue;
            }
            (None, Ok(_)) => continue,
        };
        match meant::face(&analysis.faces) {
            Some(face) => {
                let crop = stream.recognizer().crop(&photo, face)?;
                teacher.add(source.label, face, crop, source.origin())?;
            }
            None if analysis.faces.is_empty() => left.faceless.push(source.path),
            None => left.several.push(source.path),
        }
    }
    bar.finish_and_clear();
    Ok(left)
}

/// Lets `model` answer the same faces among the labels that `own` says, one of its own for each of the teacher's: whether rightly.
pub fn compare(teacher: &mut Teacher, model: Model, own: &[usize], device: &DeviceArgs) -> Result<(), Failure> {
    let (mut recognizer, _patience) = session::recognizer(model, device, |builder| builder.faces(Faces::None).build())?;
    let crops: Vec<_> = teacher.crops().map(|(crop, label)| (crop.clone(), label)).collect();
    for (first, chunk) in crops.chunks(TOGETHER).enumerate() {
        let photos: Vec<_> = chunk.iter().map(|(crop, _)| crop).collect();
        for (at, (analysis, (_, label))) in recognizer.analyze_batch(&photos).into_iter().zip(chunk).enumerate() {
            let analysis = analysis?;
            let Some(face) = analysis.faces.first() else { continue };
            teacher.compare(first * TOGETHER + at, meant::answer(own, &face.probabilities) == *label);
        }
    }
    Ok(())
}
