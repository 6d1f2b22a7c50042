//! `moue run`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::files;
use super::npy::{self, Array};
use super::outcome::{Failure, Outcome, Status};
use super::session::{self, DeviceArgs};
use crate::error::{Error, Result};
use crate::runner::{self, Input, Options};
use crate::tensor::{self, Tensor};
use crate::weights::Model;

/// Sends raw tensors through one network, without preprocessing
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The model file
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// A float32 array [N, C, H, W]; NAME=IN.npy, and once for each, where the network has several inputs
    #[arg(long, value_name = "[NAME=]IN.npy", required = true)]
    input: Vec<String>,
    /// What the network returns; a folder, one NAME.npy each, where it has several outputs or the model several members
    #[arg(long, value_name = "OUT.npy")]
    output: PathBuf,
    /// Return this tensor of the network instead of its outputs
    #[arg(long, value_name = "NAME")]
    tensor: Option<String>,
    /// Type of weights and tensors on the device: sums are f32 in both
    #[arg(long, value_enum, default_value_t = Precision::F32)]
    precision: Precision,
    /// Images a submission takes [default: all of them]
    #[arg(long, value_name = "B", value_parser = clap::value_parser!(u32).range(1..))]
    batch: Option<u32>,
    #[command(flatten)]
    device: DeviceArgs,
}

/// [`tensor::Precision`] as the command line spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Precision {
    F32,
    F16,
}

impl From<Precision> for tensor::Precision {
    fn from(precision: Precision) -> Self {
        match precision {
            Precision::F32 => Self::F32,
            Precision::F16 => Self::F16,
        }
    }
}

/// Writes [`Args::output`].
pub fn run(args: &Args) -> Outcome {
    let sources: Vec<_> = args.input.iter().map(|text| ("--input", Some(Path::new(named(text).1)))).collect();
    let others = [&sources[..], &[("--model", Some(args.model.as_path()))]].concat();
    files::apart(&[("--output", Some(&args.output))], &others)?;
    if !args.output.is_dir() {
        files::check(&args.output).map_err(|error| Failure::at("--output", error))?;
    }
    let inputs =
        args.input.iter().map(|text| read(text).map_err(|error| Failure::at("--input", error))).collect::<Result<Vec<_>, _>>()?;
    let model = Model::load(&args.model).map_err(|error| Failure::at("--model", error))?;
    let device = args.device.open()?;
    device.check(args.precision.into()).map_err(|error| Failure::at("--precision", error))?;
    let options =
        Options { tensor: args.tensor.as_deref(), batch: args.batch.map(|b| b as usize), precision: args.precision.into() };
    let patience = session::patience(&device);
    let outputs = runner::run(&model, &device, &inputs, options)?;
    drop(patience);
    let outputs: Vec<_> = outputs.into_iter().map(|(name, t)| (name, Array { shape: t.shape, values: t.data })).collect();
    write(&args.output, &outputs).map_err(|error| Failure::at("--output", error))?;
    Ok(Status::Complete)
}

/// The name, if there is one, and the path of `[NAME=]IN.npy`; a file whose own name has a `=` needs its folder before it.
fn named(text: &str) -> (Option<&str>, &str) {
    match text.split_once('=') {
        Some((name, path)) if !name.contains(['/', std::path::MAIN_SEPARATOR]) => (Some(name), path),
        _ => (None, text),
    }
}

fn read(text: &str) -> Result<Input> {
    let (name, path) = named(text);
    let Array { shape, values } = npy::read(Path::new(path))?;
    if shape.is_empty() || values.is_empty() {
        return Err(Error::Argument(format!("{path} has the shape {shape:?}: [N, C, H, W] is needed")));
    }
    Ok(Input { name: name.map(str::to_owned), tensor: Tensor::new(shape, values)? })
}

fn write(path: &Path, outputs: &[(String, Array)]) -> Result<()> {
    if let [(_, only)] = outputs {
        files::make_room(path)?;
        return npy::write(path, only);
    }
    std::fs::create_dir_all(path).map_err(|error| Error::io(path, error))?;
    let mut taken = HashSet::new();
    outputs.iter().try_for_each(|(name, array)| {
        // Names of other frameworks are paths; two of them may be one name then.
        let mut name = name.replace(['/', '\\'], "_");
        while !taken.insert(name.clone()) {
            name.push('_');
        }
        npy::write(&path.join(format!("{name}.npy")), array)
    })
}
