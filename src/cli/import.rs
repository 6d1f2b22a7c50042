//! `moue import`.

use std::path::{Path, PathBuf};

use super::outcome::{Failure, Outcome, Status};
use super::session::same_file;
use super::{files, terminal};
use crate::error::{Error, Result};
use crate::host::texts;
use crate::weights::Preprocess;
use crate::zoo;

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
    let mean = args.mean.as_deref().map(zoo::read_mean).transpose().map_err(|error| Failure::at("--mean", error))?;
    let mut imported = zoo::import(&args.sources, mean.as_ref()).map_err(|error| Failure::at("SRC", error))?;
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
