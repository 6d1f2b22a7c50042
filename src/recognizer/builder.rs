//! Making a [`Recognizer`]: which model, where it runs, which faces.

use std::sync::Arc;
use std::time::Duration;

use super::Recognizer;
use super::finder::{Faces, Finder};
use super::lender::{Lender, Promise};
use super::prefetch::{Prefetch, Source};
use crate::actions;
use crate::device::Device;
use crate::embed;
use crate::ensemble::Ensemble;
use crate::error::Result;
use crate::face::{self, Detector, Search};
use crate::gpu::{Adapter, Choices, Gpu};
use crate::host::offload::offload;
use crate::tensor::Precision;
use crate::weights::Model;

impl Recognizer {
    /// The default model on the best GPU, or the processor where there is none, for every face that is found, until the builder is told otherwise.
    pub fn builder() -> Builder {
        Builder::default()
    }
}

/// What a [`Recognizer`] is made of.
#[derive(Default)]
#[must_use]
pub struct Builder {
    model: Option<Model>,
    place: Place,
    faces: Faces,
    search: Search,
    face_model: Option<Model>,
    action_model: Option<Model>,
    embedding: Option<embed::Network>,
    threshold: actions::Threshold,
    oversample: bool,
    precision: Precision,
    detector: Option<Box<dyn Detector>>,
    tuning: Option<Tuner>,
    threads: Option<usize>,
}

/// Chooses kernels for an adapter.
type Tuner = Box<dyn FnOnce(&Adapter) -> Choices + Send>;

#[derive(Default)]
enum Place {
    /// The best GPU, or the processor where there is none.
    #[default]
    Best,
    Named(String),
    Opened(Device),
}

impl Builder {
    /// This model instead of the embedded one.
    pub fn model(mut self, model: Model) -> Self {
        self.model = Some(model);
        self
    }

    /// As `--device`: an index or a part of a name from [`crate::gpu::adapters`], `cpu` or `reference`, instead of the best GPU.
    pub fn device_name(mut self, name: impl Into<String>) -> Self {
        self.place = Place::Named(name.into());
        self
    }

    /// Threads that decode photographs and find faces at most, and as many that compute, where the processor does: as many as the machine has by default.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// A device that is open already: recognizers can share clones of one.
    pub fn device(mut self, device: Device) -> Self {
        self.place = Place::Opened(device);
        self
    }

    /// The caller's own wgpu device, opened from `adapter` with any features and at least WebGPU's default limits: see [`Gpu::from_wgpu`].
    pub fn wgpu(self, adapter: &wgpu::Adapter, device: wgpu::Device, queue: wgpu::Queue) -> Self {
        self.device(Device::Gpu(Gpu::from_wgpu(adapter, device, queue)))
    }

    /// Which faces are read: [`Faces::All`] by default.
    pub fn faces(mut self, faces: Faces) -> Self {
        self.faces = faces;
        self
    }

    /// How faces are looked for: [`Search::default`] by default.
    pub fn search(mut self, search: Search) -> Self {
        self.search = search;
        self
    }

    /// This model that finds faces instead of the embedded one.
    pub fn face_model(mut self, model: Model) -> Self {
        self.face_model = Some(model);
        self
    }

    /// Action units are read, too, by this model: mostly [`Model::actions`].
    pub fn actions(mut self, model: Model) -> Self {
        self.action_model = Some(model);
        self
    }

    /// Faces are embedded, too, by this network: mostly [`embed::Network::embedded`].
    pub fn embedding(mut self, network: embed::Network) -> Self {
        self.embedding = Some(network);
        self
    }

    /// When an action unit is present: from a probability of 0.5 on by default.
    pub fn threshold(mut self, threshold: actions::Threshold) -> Self {
        self.threshold = threshold;
        self
    }

    /// Five crops and their mirrors, averaged, whatever the model says: slower, steadier.
    pub fn oversample(mut self, oversample: bool) -> Self {
        self.oversample = oversample;
        self
    }

    /// How weights and tensors lie on the device: [`Precision::F32`] by default.
    pub fn precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }

    /// Choices of kernels for the adapter once it is known, as [`Choices::open`] gives them. By default the rules choose.
    pub fn tuning(mut self, tuning: impl FnOnce(&Adapter) -> Choices + Send + 'static) -> Self {
        self.tuning = Some(Box::new(tuning));
        self
    }

    /// The caller's own detector instead of moue's. [`Faces::None`] asks none.
    pub fn detector(mut self, detector: Box<dyn Detector>) -> Self {
        self.detector = Some(detector);
        self
    }

    /// Opens the device, uploads the weights, compiles the pipelines and records the plan for one face. Blocks meanwhile.
    ///
    /// # Errors
    /// [`crate::Error::NoAdapter`] where the device asked for is not there, [`crate::Error::Model`] where the model is not whole;
    /// [`crate::Error::Argument`] and [`crate::Error::Limit`] where the device does not compute in the precision; the device's.
    pub fn build(mut self) -> Result<Recognizer> {
        let (finder, promise) = self.finder();
        pollster::block_on(self.construct(finder, promise))
    }

    /// As [`Builder::build`], on a thread of its own; in the browser, without blocking.
    ///
    /// # Errors
    /// As [`Builder::build`]; [`crate::Error::Defect`] where the system gives no thread.
    pub async fn build_async(mut self) -> Result<Recognizer> {
        let (finder, promise) = self.finder();
        if cfg!(target_family = "wasm") {
            return self.construct(finder, promise).await;
        }
        offload(move || pollster::block_on(self.construct(finder, promise))).await
    }

    /// As [`Builder::build`], and, while the device opens, decodes photographs and finds their faces on other threads: the first answer of
    /// [`Recognizer::analyze_stream`] comes sooner.
    ///
    /// # Errors
    /// As [`Builder::build`]; [`crate::Error::Defect`] where the system gives no thread.
    pub fn build_and_prefetch<S, I>(mut self, sources: I) -> Result<(Recognizer, Prefetch<S>)>
    where
        S: Source,
        I: IntoIterator<Item = S>,
        I::IntoIter: Send + 'static,
    {
        let (finder, promise) = self.finder();
        let photos = Prefetch::start(&finder, sources)?;
        Ok((pollster::block_on(self.construct(finder, promise))?, photos))
    }

    /// What finds faces, once the promise is kept.
    fn finder(&mut self) -> (Finder, Option<Promise>) {
        let lender = Lender::default();
        let promise = self.detector.is_none().then(|| Promise(lender.clone()));
        (Finder::new(self.faces, self.search, self.detector.take(), lender, self.threads), promise)
    }

    async fn construct(self, finder: Finder, promise: Option<Promise>) -> Result<Recognizer> {
        let model = self.model.map_or_else(Model::embedded, Ok)?;
        let (device, warning) = match self.place {
            Place::Best => Device::select_async(None, self.threads).await?,
            Place::Named(name) => Device::select_async(Some(&name), self.threads).await?,
            Place::Opened(device) => (device, None),
        };
        if let (Device::Gpu(gpu), Some(tuning)) = (&device, self.tuning) {
            gpu.tune(Arc::new(tuning(gpu.adapter())));
        }
        if let Some(Promise(lender)) = &promise {
            let faces = self.face_model.map_or_else(Model::faces, Ok);
            let own = faces.and_then(|faces| face::Finder::new(Arc::new(faces), &device, self.precision, self.search));
            // Who looks for no face needs none.
            if let (Err(error), true) = (&own, self.faces != Faces::None) {
                return Err(error.clone());
            }
            lender.give(own);
        }
        let labels = model.description.labels.iter().map(|label| label.as_str().into()).collect();
        let name = device.name().to_owned();
        let mut actions = self.action_model.map(|model| actions::Reader::new(model, &device)).transpose()?;
        if let Some(reader) = &mut actions {
            reader.set_threshold(self.threshold)?;
        }
        let embedder = self.embedding.map(|network| embed::Embedder::new(network, &device)).transpose()?;
        let mut ensemble = Ensemble::with(model, device, self.precision)?;
        ensemble.warm_up(1, self.oversample)?;
        Ok(Recognizer {
            ensemble,
            finder,
            actions,
            embedder,
            labels,
            oversample: self.oversample,
            device: name,
            warning,
            searched: Duration::ZERO,
            acted: Duration::ZERO,
        })
    }
}
