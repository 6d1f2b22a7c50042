//! Networks in files of other frameworks: which importer reads them, by their content and their endings.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::state_dict;
use crate::error::{Error, Result};
use crate::host::texts;
use crate::weights::caffe::Mean;
use crate::weights::foreign::{Foreign, HEAD};
use crate::weights::{Imported, caffe, onnx, tflite};

/// Caffe's mean.binaryproto.
///
/// # Errors
/// [`Error::Io`]; [`Error::Model`] where it is none.
pub fn read_mean(path: &Path) -> Result<Mean> {
    caffe::read_mean(&path.display().to_string(), &bytes(path)?)
}

/// Reads a network: a .prototxt and its .caffemodel, with the `mean` that is subtracted, or one .onnx, .tflite or .safetensors file.
///
/// # Errors
/// [`Error::Argument`] where the files are none of these; [`Error::Io`]; [`Error::Model`] and [`Error::Shape`] where one cannot be read, by the name of its layer or node.
pub fn import(sources: &[PathBuf], mean: Option<&Mean>) -> Result<Imported> {
    let extension =
        |path: &Path| path.extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default();
    let prototxt = |path: &PathBuf| matches!(extension(path).as_str(), "prototxt" | "pbtxt" | "txt");
    if mean.is_some() && !sources.iter().any(prototxt) {
        return Err(Error::Argument("--mean is for Caffe's networks; say the mean of others in --preprocess".into()));
    }
    match sources {
        [text] if prototxt(text) => network(text, None, mean),
        [text, weights] if prototxt(text) && extension(weights) == "caffemodel" => network(text, Some(weights), mean),
        [weights, text] if prototxt(text) && extension(weights) == "caffemodel" => network(text, Some(weights), mean),
        [only] if extension(only) == "caffemodel" => {
            let reason = "a caffemodel holds weights: give the prototxt that says what is computed, too";
            Err(Error::Argument(format!("{}: {reason}", only.display())))
        }
        [only] if extension(only) == "safetensors" => state_dict::load(only),
        [only] if extension(only) == "onnx" && !only.is_file() => onnx::load(only),
        [only] if extension(only) == "task" || (extension(only) == "tflite" && !only.is_file()) => tflite::load(only),
        [only] => {
            let (name, head) = (only.display().to_string(), head(only)?);
            match Foreign::by_content(&head) {
                Some(foreign) if foreign.is_onnx() => return onnx::load(only),
                Some(foreign) if foreign.is_tflite() => return tflite::load(only),
                // What is in it decides, unless it looks like nothing known.
                None if extension(only) == "onnx" => return onnx::load(only),
                None if extension(only) == "tflite" => return tflite::load(only),
                _ => {}
            }
            let reason = match Foreign::of(&name, &head) {
                Some(foreign) => foreign.sentence(),
                None => "give a .prototxt and its .caffemodel, one .onnx, one .tflite, or one .safetensors file".into(),
            };
            Err(Error::Argument(format!("{name}: {reason}")))
        }
        _ => {
            let names: Vec<String> = sources.iter().map(|path| path.display().to_string()).collect();
            Err(Error::Argument(format!(
                "{}: give a .prototxt and its .caffemodel, one .onnx, one .tflite, or one .safetensors file",
                names.join(" ")
            )))
        }
    }
}

fn network(text: &Path, weights: Option<&PathBuf>, mean: Option<&Mean>) -> Result<Imported> {
    let name = text.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let prototxt = texts::read(text)?;
    let weights = weights.map(|path| bytes(path)).transpose()?;
    caffe::read(&name, &prototxt, weights.as_deref(), mean)
}

fn head(path: &Path) -> Result<Vec<u8>> {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(HEAD as u64).read_to_end(&mut head));
    read.map_err(|error| Error::io(path, error))?;
    Ok(head)
}

fn bytes(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| Error::io(path, error))
}
