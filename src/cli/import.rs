//! `moue import`.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::outcome::{Failure, Outcome, Status};
use super::session::same_file;
use super::{files, terminal, texts};
use crate::error::{Error, Result};
use crate::weights::caffe::Mean;
use crate::weights::foreign::{Foreign, HEAD};
use crate::weights::{Imported, Preprocess, caffe, onnx, tflite};
use crate::zoo::state_dict;

/// Makes a model of a network from another framework
///
/// Caffe: a .prototxt and its .caffemodel. ONNX: one .onnx file, its external data beside it. TensorFlow Lite: one .tflite file in float32 or float16, or a
/// member of a bundle, as face_landmarker.task:face_blendshapes.tflite. PyTorch: a state dict of torchvision's
/// AlexNet, VGG16, ResNet-18, ResNet-101 or GoogLeNet as .safetensors. What is computed and the weights are taken as they are. How a face becomes the input is said with --preprocess; without it Caffe's
/// networks of three channels read blue first, 0 to 255, as Caffe gives it, and others raw tensors alone: `moue run`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The files
    #[arg(value_name = "SRC", required = true)]
    sources: Vec<PathBuf>,
    /// The model file to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// JSON with `canonical` and one of `representations`, as in a model file: crop, gray, size, order, mean and scale
    #[arg(long, value_name = "FILE.json")]
    preprocess: Option<PathBuf>,
    /// Caffe's mean.binaryproto, subtracted inside the network; its middle where it is larger than the network's input
    #[arg(long, value_name = "FILE")]
    mean: Option<PathBuf>,
    /// Labels of the network's answer, one a line, or separated by commas
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// Random weights of this seed where the files have none
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

/// Writes [`Args::output`].
pub fn run(args: &Args) -> Outcome {
    if let Some(source) = args.sources.iter().find(|source| same_file(source, &args.output)) {
        return Err(Failure::at("--output", format!("{} is one of the sources: give another name", source.display())));
    }
    let others = [("--preprocess", &args.preprocess), ("--labels", &args.labels), ("--mean", &args.mean)];
    files::apart(&[("--output", Some(&args.output))], &others.map(|(flag, path)| (flag, path.as_deref())))?;
    files::check(&args.output).map_err(|error| Failure::at("--output", error))?;
    let preprocess =
        args.preprocess.as_deref().map(preprocess).transpose().map_err(|error| Failure::at("--preprocess", error))?;
    let labels = args.labels.as_deref().map(labels).transpose().map_err(|error| Failure::at("--labels", error))?;
    let mean = args.mean.as_deref().map(mean).transpose().map_err(|error| Failure::at("--mean", error))?;
    let mut imported = read(&args.sources, mean.as_ref()).map_err(|error| Failure::at("SRC", error))?;
    let filled = imported.missing()?.len();
    if let Some(seed) = args.seed {
        imported.fill(seed)?;
    }
    let model = imported.model(labels.unwrap_or_default(), preprocess)?;
    model.save(&args.output).map_err(|error| Failure::at("--output", error))?;
    let seeded = if filled > 0 { format!("; {filled} of its weights are random") } else { String::new() };
    let next = model.description.no_faces().unwrap_or_else(|| "it reads faces".into());
    terminal::note(format!("{}: {}{seeded}; {next}", args.output.display(), model.description.source));
    Ok(Status::Complete)
}

fn mean(path: &Path) -> Result<Mean> {
    caffe::read_mean(&path.display().to_string(), &bytes(path)?)
}

fn read(sources: &[PathBuf], mean: Option<&Mean>) -> Result<Imported> {
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

fn preprocess(path: &Path) -> Result<Preprocess> {
    serde_json::from_str(&texts::read(path)?).map_err(|error| Error::Argument(format!("{}: {error}", path.display())))
}

/// One label a line; or a single line of several with commas.
fn labels(path: &Path) -> Result<Vec<String>> {
    let text = texts::read(path)?;
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let labels: Vec<String> = match lines[..] {
        [only] => only.split(',').map(|label| label.trim().to_owned()).collect(),
        _ => lines.into_iter().map(str::to_owned).collect(),
    };
    if labels.is_empty() {
        return Err(Error::Argument(format!("{}: no labels in it", path.display())));
    }
    Ok(labels)
}
