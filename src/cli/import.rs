//! `moue import`.

use std::path::{Path, PathBuf};

use super::outcome::{Failure, Outcome, Status};
use super::{files, terminal};
use crate::error::{Error, Result};
use crate::weights::{Imported, Preprocess, onnx, state_dict};

/// Makes a model of a network from another framework
///
/// ONNX: one .onnx file, its external data beside it. PyTorch: a state dict of torchvision's AlexNet, VGG16, ResNet-18, ResNet-101 or GoogLeNet as
/// .safetensors. What is computed and the weights are taken as they are; what a face must look like on the way in is said with --preprocess, and
/// without it `moue run` takes raw tensors.
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
    /// Labels of the network's answer, one a line, or separated by commas
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// Random weights of this seed where the files have none
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

/// Writes [`Args::output`].
pub fn run(args: &Args) -> Outcome {
    files::make_room(&args.output).map_err(|error| Failure::at("--output", error))?;
    let preprocess = args.preprocess.as_deref().map(preprocess).transpose().map_err(|error| Failure::at("--preprocess", error))?;
    let labels = args.labels.as_deref().map(labels).transpose().map_err(|error| Failure::at("--labels", error))?;
    let mut imported = read(&args.sources).map_err(|error| Failure::at("SRC", error))?;
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

fn read(sources: &[PathBuf]) -> Result<Imported> {
    let extension = |path: &Path| path.extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default();
    match sources {
        [only] if extension(only) == "onnx" => onnx::load(only),
        [only] if extension(only) == "safetensors" => state_dict::read(&only.display().to_string(), &bytes(only)?),
        _ => {
            let names: Vec<String> = sources.iter().map(|path| path.display().to_string()).collect();
            Err(Error::Argument(format!("{}: give one .onnx or .safetensors file", names.join(" "))))
        }
    }
}

fn bytes(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| Error::io(path, error))
}

fn preprocess(path: &Path) -> Result<Preprocess> {
    serde_json::from_slice(&bytes(path)?).map_err(|error| Error::Argument(format!("{}: {error}", path.display())))
}

/// One label a line; or a single line of several with commas.
fn labels(path: &Path) -> Result<Vec<String>> {
    let text = String::from_utf8(bytes(path)?).map_err(|_| Error::Argument(format!("{}: not UTF-8 text", path.display())))?;
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
