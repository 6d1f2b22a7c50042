//! Networks of files: imported from others, and run on raw tensors.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use moue::runner::{Input, Options, Runner};
use moue::tensor::Tensor;
use moue::weights::Preprocess;
use moue::{Device, Error, Model, Result, zoo};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde::Deserialize;
use serde_json::json;

use crate::failure::{argument, failure};
use crate::function;
use crate::own::Own;
use crate::recipe::precision;

/// What is imported, and how.
#[derive(Deserialize)]
struct Sources {
    sources: Vec<PathBuf>,
    output: PathBuf,
    preprocess: Option<Preprocess>,
    labels: Vec<String>,
    mean: Option<PathBuf>,
    seed: Option<u64>,
}

/// `(sources as JSON) -> (description as JSON, how many weights are random)`.
pub fn import(py: Python<'_>, (sources,): (String,)) -> PyResult<(String, usize)> {
    let sources: Sources = serde_json::from_str(&sources).map_err(|error| argument(format!("import_model: {error}")))?;
    py.detach(|| imported(sources)).map_err(|error| failure(&error))
}

fn imported(asked: Sources) -> Result<(String, usize)> {
    let mean = asked.mean.as_deref().map(zoo::read_mean).transpose()?;
    let mut imported = zoo::import(&asked.sources, mean.as_ref())?;
    let missing = imported.missing()?.len();
    if let Some(seed) = asked.seed {
        imported.fill(seed)?;
    }
    let model = imported.model(asked.labels, asked.preprocess)?;
    model.save(&asked.output)?;
    Ok((about(&model)?, missing))
}

fn about(model: &Model) -> Result<String> {
    serde_json::to_string(&model.description).map_err(|error| Error::Defect(error.to_string()))
}

/// A network, where it runs, and what of it is answered.
#[derive(Deserialize)]
struct Asked {
    file: PathBuf,
    device: Option<String>,
    threads: Option<usize>,
    tensor: Option<String>,
    batch: Option<usize>,
    precision: String,
}

/// Name or none, shape, values as f32 in the machine's order of bytes.
type TensorPy = (Option<String>, Vec<usize>, Py<PyBytes>);

/// `(options as JSON) -> (about as JSON, run)`; `run([(name or none, shape, bytes)]) -> [(name, shape, bytes)]`.
pub fn open(py: Python<'_>, (options,): (String,)) -> PyResult<(String, Py<PyAny>)> {
    let asked: Asked = serde_json::from_str(&options).map_err(|error| argument(format!("options of a network: {error}")))?;
    let (about, runner) = py.detach(|| opened(&asked)).map_err(|error| failure(&error))?;
    let runner = Own::new(Mutex::new(runner));
    let run = function::of(py, c"run", move |py, (inputs,): (Vec<TensorPy>,)| {
        let inputs = inputs.into_iter().map(|(name, shape, bytes)| {
            let values = floats(bytes.bind(py).as_bytes());
            Tensor::new(shape, values).map(|tensor| Input { name, tensor }).map_err(|error| failure(&error))
        });
        let inputs: Vec<Input> = inputs.collect::<PyResult<_>>()?;
        let runner = runner.get().map_err(|error| failure(&error))?;
        let outputs = py.detach(|| runner.lock().unwrap_or_else(PoisonError::into_inner).run(&inputs));
        let outputs = outputs.map_err(|error| failure(&error))?.into_iter().map(|(name, tensor)| {
            let bytes: Vec<u8> = tensor.data.iter().flat_map(|value| value.to_ne_bytes()).collect();
            (Some(name), tensor.shape, PyBytes::new(py, &bytes).unbind())
        });
        Ok(outputs.collect::<Vec<TensorPy>>())
    })?;
    Ok((about, run.into_any().unbind()))
}

fn opened(asked: &Asked) -> Result<(String, Runner)> {
    let model = Model::load(&asked.file)?;
    let (device, warning) = Device::select(asked.device.as_deref(), asked.threads)?;
    let options = Options { tensor: asked.tensor.as_deref(), batch: asked.batch, precision: precision(&asked.precision)? };
    let runner = Runner::new(&model, &device, options)?;
    let about = json!({ "device": device.name(), "warning": warning, "model": model.description });
    Ok((about.to_string(), runner))
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|word| f32::from_ne_bytes([word[0], word[1], word[2], word[3]])).collect()
}
