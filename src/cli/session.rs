//! The model and the device of a run.

use std::env::VarError;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::outcome::Failure;
use super::{names, terminal};
use crate::device::Device;
use crate::error::Error;
use crate::gpu::{self, Adapter, Choices, Tuning};
use crate::recognizer::{Builder, Recognizer};
use crate::weights::Model;

const NOTHING_TO_TUNE: &str = "--tune: the processor has no kernels to choose from";

/// `--model`.
#[derive(Debug, clap::Args)]
pub struct ModelArgs {
    /// A model that moue carries, by name, or a model file
    #[arg(long, value_name = "NAME|FILE", default_value = "default")]
    model: String,
}

/// `--device`, `--threads` and `--tune`.
#[derive(Debug, clap::Args)]
pub struct DeviceArgs {
    /// An index, a part of a name or a place on the PCI bus from `moue devices`, `cuda:N`, `cpu` for the processor, or `reference` for the slow twins that all are held against [default: what MOUE_DEVICE says, or the best GPU, or `cpu`]
    #[arg(long, value_name = "DEVICE")]
    device: Option<String>,
    /// Threads that decode photographs and find faces at most, and as many that compute, where the processor does [default: as many as there are]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Time how each convolution can be computed on this adapter, where that was not done before: 3 x 3 ones directly and by Winograd's method, and on a GPU direct
    /// ones in tiles of several sizes. Keep what is fastest for later runs, in the user's folder for caches or in the one that MOUE_TUNING names
    #[arg(long)]
    tune: bool,
}

impl ModelArgs {
    /// As if the flag had said it.
    #[cfg(feature = "serve")]
    pub fn named(model: &str) -> Self {
        Self { model: model.to_owned() }
    }

    /// Whether the flag names this very file.
    pub fn is_file(&self, path: &Path) -> bool {
        same_file(Path::new(&self.model), path)
    }

    /// The file that the flag names, if it does.
    pub fn file(&self) -> Option<&Path> {
        Some(Path::new(&self.model)).filter(|path| path.is_file())
    }

    /// The model the flag names.
    pub fn load(&self) -> Result<Model, Failure> {
        let embedded = Model::embedded();
        if let Ok(model) = &embedded
            && model.description.name == self.model
        {
            return Ok(model.clone());
        }
        let path = Path::new(&self.model);
        if path.exists() {
            return Model::load(path).map_err(|error| Failure::at("--model", error));
        }
        Err(match embedded {
            Err(error) if self.model == "default" => error.into(),
            Ok(model) => Failure::at(
                "--model",
                format!("`{}` is no file and no model that moue carries: `{}` is one", self.model, model.description.name),
            ),
            Err(_) => Failure::at("--model", format!("`{}` is no file", self.model)),
        })
    }
}

/// The model that moue carries where `path` is its name, or that of a file.
pub fn carried_or_file(path: &Path) -> Result<Model, Error> {
    match Model::embedded() {
        Ok(model) if path.as_os_str() == model.description.name.as_str() => Ok(model),
        _ => Model::load(path),
    }
}

/// Whether both paths name one file that is there.
pub fn same_file(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// A device that somebody chose.
struct Choice {
    name: String,
    /// How: the flag or the variable, as it was written.
    by: String,
}

impl Choice {
    /// Whether it is no adapter.
    fn is_none(&self) -> bool {
        ["cpu", "reference"].iter().any(|name| self.name.eq_ignore_ascii_case(name))
    }
}

impl DeviceArgs {
    /// As if the flags had said it.
    #[cfg(feature = "serve")]
    pub fn new(device: Option<String>, threads: Option<u16>, tune: bool) -> Self {
        Self { device, threads, tune }
    }

    /// Opens the device the flag names; a fall-back to `cpu` is said on stderr.
    pub fn open(&self) -> Result<Device, Failure> {
        let choice = self.choice()?;
        environment(choice.as_ref())?;
        let opened = Device::select(choice.as_ref().map(|choice| choice.name.as_str()), self.threads());
        let (device, warning) = opened.map_err(|error| named(choice.as_ref(), error))?;
        if let Some(sentence) = warning {
            terminal::warning(sentence);
        }
        if self.tune && !matches!(device, Device::Gpu(_)) {
            terminal::warning(NOTHING_TO_TUNE);
        }
        if let Device::Gpu(gpu) = &device {
            gpu.tune(Arc::new(tuning(gpu.adapter(), self.tune)));
        }
        Ok(device)
    }

    fn threads(&self) -> Option<usize> {
        self.threads.map(usize::from)
    }

    fn choice(&self) -> Result<Option<Choice>, Failure> {
        if let Some(name) = self.device.clone().filter(|name| !name.is_empty()) {
            return Ok(Some(Choice { by: format!("--device {name}"), name }));
        }
        match std::env::var("MOUE_DEVICE") {
            Ok(name) if !name.is_empty() => Ok(Some(Choice { by: format!("MOUE_DEVICE={name}"), name })),
            Ok(_) | Err(VarError::NotPresent) => Ok(None),
            Err(VarError::NotUnicode(name)) => {
                let reason = "it is no UTF-8 text: give an index or a part of a name from `moue devices`";
                Err(Failure::at(&format!("MOUE_DEVICE={}", names::shown(Path::new(&name))), reason))
            }
        }
    }
}

/// Looks at the variables that say which adapters there are.
fn environment(choice: Option<&Choice>) -> Result<(), Failure> {
    if choice.is_some_and(Choice::is_none) {
        return Ok(());
    }
    gpu::environment()?.into_iter().for_each(terminal::warning);
    Ok(())
}

/// An error behind the name of what chose the device, where it is about that.
fn named(choice: Option<&Choice>, error: Error) -> Failure {
    match (choice, error) {
        (Some(choice), Error::NoAdapter(reason)) => Failure::at(&choice.by, reason),
        (_, error) => error.into(),
    }
}

/// What was measured of the adapter before; what cannot be used is said on stderr.
fn tuning(adapter: &Adapter, measures: bool) -> Choices {
    let path = tuning_folder().map(|folder| folder.join(Choices::file_name(adapter)));
    if measures && path.is_none() {
        terminal::warning("--tune: this system names no folder for caches, what is measured is not kept");
    }
    let (tuning, warning) = Choices::open(adapter, path.as_deref(), measures);
    if let Some(sentence) = warning {
        terminal::warning(sentence);
    }
    let shown = Mutex::new(None);
    tuning.watched(move |what| {
        let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
        match what {
            Tuning::Begun(layer) => *shown = Some(terminal::passing(format!("--tune: {layer}"))),
            Tuning::Ended => *shown = None,
            Tuning::Unkept(error) => terminal::warning(format!("--tune: {error}; what is measured is not kept")),
        }
    })
}

/// Where choices of kernels are kept: `moue/tuning` in the user's folder for caches, or what `MOUE_TUNING` names; none where that is empty.
fn tuning_folder() -> Option<PathBuf> {
    match std::env::var_os("MOUE_TUNING") {
        Some(folder) => (!folder.is_empty()).then(|| folder.into()),
        None => dirs::cache_dir().map(|folder| folder.join("moue").join("tuning")),
    }
}

/// A recognizer of this model on the device the flag names, opened by `open`; and what says where the time goes until the first answer, when it is dropped.
pub fn recognizer<T>(
    model: Model,
    device: &DeviceArgs,
    open: impl FnOnce(Builder) -> Result<T, Error>,
) -> Result<(T, terminal::Patience), Failure> {
    let choice = device.choice()?;
    environment(choice.as_ref())?;
    let tune = device.tune;
    if tune && choice.as_ref().is_some_and(Choice::is_none) {
        terminal::warning(NOTHING_TO_TUNE);
    }
    let name = Arc::new(Mutex::new(None));
    let known = Arc::clone(&name);
    let mut builder = Recognizer::builder().model(model).tuning(move |adapter| {
        *known.lock().unwrap_or_else(PoisonError::into_inner) = Some(adapter.name.clone());
        tuning(adapter, tune)
    });
    if let Some(threads) = device.threads() {
        builder = builder.threads(threads);
    }
    if let Some(choice) = &choice {
        builder = builder.device_name(&choice.name);
    }
    // Some drivers compile when a pipeline is made, others when it first runs.
    let patience = terminal::patience(move || name.lock().unwrap_or_else(PoisonError::into_inner).as_deref().map(compiling));
    let opened = open(builder).map_err(|error| named(choice.as_ref(), error))?;
    Ok((opened, patience))
}

/// Says what takes its time, while kernels are compiled for the first time.
pub fn patience(device: &Device) -> Option<terminal::Patience> {
    let Device::Gpu(gpu) = device else { return None };
    let name = gpu.name().to_owned();
    Some(terminal::patience(move || Some(compiling(&name))))
}

fn compiling(name: &str) -> String {
    format!("the first answer takes a while: kernels are compiled for `{name}`; later runs are faster")
}

/// Says on stderr that the device is not what one would expect.
pub fn warn(recognizer: &Recognizer) {
    if let Some(sentence) = recognizer.warning() {
        terminal::warning(sentence);
    }
}
