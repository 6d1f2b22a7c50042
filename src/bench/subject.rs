//! What is measured, ready to be run.

use image::{Rgb, RgbImage};

use super::frame::Frame;
use super::names::{DEFAULT, FRAME, PHOTOGRAPH, TWENTY, TWENTY_CENTRE, VIDEO};
use super::photograph::{Photograph, Shown};
use crate::device::Device;
use crate::ensemble::Ensemble;
use crate::error::{Error, Result};
use crate::gpu::{Cost, Spent, Timing, Wait};
use crate::graph::Graph;
use crate::operators::Rect;
use crate::runner::{Input, Options, Runner};
use crate::tensor::{Precision, Tensor};
use crate::weights::{Array, Model, Oversample};
use crate::zoo;

/// Seed of weights and inputs.
const SEED: u64 = 1;
/// Side of the picture that a face is read from, in pixels.
const SIDE: u32 = 256;

/// What there is before the clock starts: weights and inputs on the host.
#[derive(Debug)]
pub enum Source {
    /// Raw tensors through one network.
    Network(Box<Model>, Vec<[usize; 3]>),
    /// Faces of photographs through an ensemble.
    Faces(Box<Model>, RgbImage),
    /// Pixels of a frame.
    Frame(Vec<u32>),
    /// A picture with a face.
    Photograph(Box<Model>, Shown),
}

/// Ready on a device.
#[derive(Debug)]
pub enum Subject<'s> {
    /// See [`Source::Network`].
    Network(Box<Runner>, &'s [[usize; 3]], Vec<Vec<Input>>),
    /// See [`Source::Faces`].
    Faces(Box<Ensemble>, &'s RgbImage),
    /// See [`Source::Frame`].
    Frame(Frame<'s>),
    /// See [`Source::Photograph`].
    Photograph(Box<Photograph<'s>>),
}

impl Source {
    /// The network `net`; `default` gives the model of that name.
    ///
    /// # Errors
    /// [`Error::Argument`] where there is none of that name; those of `default`.
    pub fn new(net: &str, default: &dyn Fn() -> Result<Model>) -> Result<Self> {
        let picture = || RgbImage::from_fn(SIDE, SIDE, |x, y| Rgb([(x ^ y) as u8, (3 * x + y) as u8, (x * y / 7) as u8]));
        Ok(match net {
            DEFAULT => Self::Faces(Box::new(default()?), picture()),
            // Its weights stay unmade until they go up: the host need not hold 6 GB of them twice.
            TWENTY => Self::Faces(Box::new(zoo::ensemble(TWENTY, SEED)?), picture()),
            TWENTY_CENTRE => {
                let mut model = zoo::ensemble(TWENTY, SEED)?;
                model.description.oversample = Oversample::None;
                Self::Faces(Box::new(model), picture())
            }
            FRAME => Self::Frame(Frame::noise()),
            PHOTOGRAPH => Self::Photograph(Box::new(default()?), Shown::portrait()?),
            VIDEO => Self::Photograph(Box::new(default()?), Shown::followed()?),
            _ => {
                let architecture = zoo::find(net)?;
                let network = architecture.network(None)?;
                let graph = Graph::new(&network)?;
                let inputs = graph.tensors.iter().take(graph.inputs).map(|info| info.shape).collect();
                Self::Network(Box::new(in_memory(zoo::model(&architecture, network, SEED)?)?), inputs)
            }
        })
    }

    /// Operations for one image by direct convolution; none where it is no network.
    ///
    /// # Errors
    /// Those of the graph.
    pub fn direct_flops(&self) -> Result<Option<u64>> {
        let (model, each) = match self {
            Self::Network(model, _) => (model, 1),
            Self::Faces(model, _) => (model, model.description.oversample.readings()),
            Self::Frame(_) | Self::Photograph(..) => return Ok(None),
        };
        let networks = &model.description.networks;
        let used = model.description.members.iter().filter_map(|member| networks.get(&member.network));
        let flops = used.map(|network| Graph::new(network).map(|graph| 2 * graph.cost().multiply_adds * each));
        flops.sum::<Result<u64>>().map(Some)
    }

    /// Puts it on the device, weights and tensors in `precision`. `most`: images that are answered together at most.
    ///
    /// # Errors
    /// The device's; [`Error::Argument`] where the reference cannot do it.
    pub fn prepare(&self, device: &Device, most: u32, precision: Precision) -> Result<Subject<'_>> {
        Ok(match (self, device) {
            (Self::Network(model, inputs), _) => {
                let options = Options { batch: Some(most as usize), precision, ..Options::default() };
                Subject::Network(Box::new(Runner::new(model, device, options)?), inputs, Vec::new())
            }
            (Self::Faces(model, picture), _) => {
                Subject::Faces(Box::new(Ensemble::with(Model::clone(model), device.clone(), precision)?), picture)
            }
            (Self::Photograph(model, shown), _) => {
                Subject::Photograph(Box::new(Photograph::new(Model::clone(model), shown, device, precision)?))
            }
            (Self::Frame(pixels), Device::Gpu(gpu)) => Subject::Frame(Frame::new(gpu, pixels, precision)),
            (Self::Frame(_), Device::Reference | Device::Cpu(_)) => {
                return Err(Error::Argument(format!("`{FRAME}` is measured on an adapter only")));
            }
        })
    }
}

/// Seeded weights are made when they are asked for, which would be under the clock.
fn in_memory(model: Model) -> Result<Model> {
    let made = model.arrays().map(|(name, array)| {
        let tensor = array.floats().map_err(|reason| Error::shape(name, reason))?;
        Ok((name.to_owned(), Array::from_floats(&tensor)))
    });
    Model::new(model.description.clone(), made.collect::<Result<_>>()?)
}

impl Subject<'_> {
    /// Makes the input of `batch` images, before the clock.
    ///
    /// # Errors
    /// [`Error::Shape`] where it cannot be.
    pub fn make_input(&mut self, batch: u32) -> Result<()> {
        if let Self::Network(_, shapes, inputs) = self {
            let input = |&[c, h, w]: &[usize; 3]| {
                let shape = vec![batch as usize, c, h, w];
                let count: usize = shape.iter().product();
                let data = (0..count as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32 / (1 << 23) as f32 - 1.0);
                Ok(Input { name: None, tensor: Tensor::new(shape, data.collect())? })
            };
            inputs.push(shapes.iter().map(input).collect::<Result<_>>()?);
        }
        Ok(())
    }

    /// Answers `batch` images, whose input was made.
    ///
    /// # Errors
    /// The device's.
    pub async fn run(&mut self, batch: u32, wait: Wait) -> Result<()> {
        match self {
            Self::Network(runner, _, inputs) => {
                let images =
                    |inputs: &&Vec<Input>| inputs.first().is_some_and(|i| i.tensor.shape.first() == Some(&(batch as usize)));
                let inputs = inputs.iter().find(images).map_or(&[][..], Vec::as_slice);
                runner.answer(inputs, wait).await.map(drop)
            }
            Self::Faces(ensemble, picture) => {
                let face = (*picture, Rect::whole(picture.width(), picture.height()).into());
                ensemble.answer(&vec![face; batch as usize], false, wait).await.map(drop)
            }
            Self::Frame(frame) => frame.run(batch, wait).await,
            Self::Photograph(photograph) => photograph.run(batch, wait).await,
        }
    }

    /// What the last run cost; none on the reference.
    pub fn cost(&self) -> Option<Cost> {
        match self {
            Self::Network(runner, ..) => runner.cost(),
            Self::Faces(ensemble, _) => ensemble.cost(),
            Self::Frame(frame) => frame.cost(),
            // What finding a face costs depends on what is found.
            Self::Photograph(_) => None,
        }
    }

    /// Where the time of the last run went, where it is known.
    pub fn spent(&self) -> Option<Spent> {
        if let Self::Network(runner, ..) = self { runner.spent() } else { None }
    }

    /// The images of the submission that was run last, and how long each of its dispatches takes; none where there are no timestamps.
    ///
    /// # Errors
    /// The device's.
    pub async fn profile(&mut self, wait: Wait) -> Result<Option<(usize, Vec<Timing>)>> {
        match self {
            Self::Network(runner, ..) => runner.timings(wait).await,
            Self::Faces(ensemble, _) => ensemble.timings(wait).await,
            Self::Frame(frame) => frame.profile(wait).await,
            Self::Photograph(_) => Ok(None),
        }
    }
}
