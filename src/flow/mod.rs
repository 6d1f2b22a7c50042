//! Dense optical flow: G. Farneback, "Two-Frame Motion Estimation Based on Polynomial Expansion", SCIA 2003, as OpenCV's `calcOpticalFlowFarneback` computes it.
//!
//! Frames are gray, 8 bits. Around every pixel a polynomial of second order is fitted; how it moved between two frames gives equations of the displacement, which
//! are summed over a window and solved, from the coarsest level of a pyramid to the finest. A frame's polynomials are made once and serve both of its pairs, and
//! pairs are computed many at a time: one submission.
//!
//! As there, the last row and column count as outside: of two equal frames the flow is not 0 near the border, but up to 0.3 pixels. Who uses the flow leaves out a
//! margin of half a window.

mod field;
mod gpu;
mod host;
mod job;
mod parameters;
mod pyramid;
mod stages;

pub use field::Field;
pub(crate) use host::{Expanded, OnHost};
pub use parameters::{Parameters, Window};
pub use stages::{NewFrames, NewPairs, Slots, Stages};

use image::GrayImage;

use crate::device::Device;
use crate::error::{Error, Result};
use crate::gpu::Wait;
use gpu::OnGpu;
use job::Job;

/// Pairs that the host computes at a time.
const HOST_PAIRS: usize = 16;

/// The flow between frames of one size at a time, on a device. Buffers stay as they are while the size does.
///
/// ```no_run
/// use moue::flow::{Flow, Parameters};
/// # fn main() -> moue::Result<()> {
/// # let [a, b, c] = [0; 3].map(|_| image::GrayImage::new(227, 227));
/// let (device, _) = moue::Device::select(None, None)?;
/// let mut flow = Flow::new(&device, Parameters::OPENCV)?;
/// let fields = flow.between(&[&a, &b, &c], &[[0, 1], [1, 2], [0, 2]])?;
/// println!("{:?}", fields[0].at(10, 20));
/// for frame in [&a, &b, &c] {
///     // None of the first, then from each frame to the next.
///     let fields = flow.push(&[frame])?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Flow {
    device: Device,
    parameters: Parameters,
    /// Width and height that it is ready for.
    made: Option<([usize; 2], Place)>,
    /// The last frame that was pushed.
    last: Option<GrayImage>,
}

#[derive(Debug)]
enum Place {
    Host(Box<OnHost>),
    Gpu(Box<OnGpu>),
}

impl Flow {
    /// Nothing is allocated before the first frames come.
    ///
    /// # Errors
    /// [`Error::Argument`] as [`Parameters::check`].
    pub fn new(device: &Device, parameters: Parameters) -> Result<Self> {
        parameters.check()?;
        Ok(Self { device: device.clone(), parameters, made: None, last: None })
    }

    /// How it computes.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// The flow of each of `pairs`, from the first of both `frames` to the second, in their order. Pairs that share a frame cost less side by side. It does not
    /// disturb [`Flow::push`] where the size is the same.
    ///
    /// # Errors
    /// [`Error::Argument`] where frames differ in size or a pair names one that is not there; [`Error::Limit`] where they are too large for the device;
    /// [`Error::OutOfMemory`], [`Error::DeviceLost`], [`Error::Device`].
    pub fn between(&mut self, frames: &[&GrayImage], pairs: &[[usize; 2]]) -> Result<Vec<Field>> {
        pollster::block_on(self.chunked(frames, pairs, None, Wait::Here))
    }

    /// As [`Flow::between`], beginning with a flow of each pair that is known already, of the frames' own size: OpenCV's `OPTFLOW_USE_INITIAL_FLOW`.
    ///
    /// # Errors
    /// As [`Flow::between`]; [`Error::Argument`] where fields are not as many as pairs, or of another size.
    pub fn between_from(&mut self, frames: &[&GrayImage], pairs: &[[usize; 2]], initial: &[Field]) -> Result<Vec<Field>> {
        if initial.len() != pairs.len() {
            return Err(Error::Argument(format!("{} flows to begin with for {} pairs", initial.len(), pairs.len())));
        }
        pollster::block_on(self.chunked(frames, pairs, Some(initial), Wait::Here))
    }

    /// As [`Flow::between`]; on a GPU nothing blocks.
    ///
    /// # Errors
    /// As [`Flow::between`].
    pub async fn between_async(&mut self, frames: &[&GrayImage], pairs: &[[usize; 2]]) -> Result<Vec<Field>> {
        self.chunked(frames, pairs, None, Wait::Elsewhere).await
    }

    /// The flow from the frame that was pushed last to the first of `frames`, and from each of them to the next: of the very first frame there is none.
    ///
    /// # Errors
    /// As [`Flow::between`]; [`Error::Argument`] where a frame is not of the size of those before it. After an error the stream goes on from the last frame that
    /// was pushed before.
    pub fn push(&mut self, frames: &[&GrayImage]) -> Result<Vec<Field>> {
        pollster::block_on(self.pushed(frames, Wait::Here))
    }

    /// As [`Flow::push`]; on a GPU nothing blocks.
    ///
    /// # Errors
    /// As [`Flow::push`].
    pub async fn push_async(&mut self, frames: &[&GrayImage]) -> Result<Vec<Field>> {
        self.pushed(frames, Wait::Elsewhere).await
    }

    /// Forgets the frame that was pushed last: the next one begins anew, and may have another size.
    pub fn restart(&mut self) {
        self.last = None;
        match &mut self.made {
            Some((_, Place::Host(host))) => host.forget(),
            Some((_, Place::Gpu(gpu))) => gpu.forget(),
            None => {}
        }
    }

    async fn pushed(&mut self, frames: &[&GrayImage], wait: Wait) -> Result<Vec<Field>> {
        let Some(size) = one_size(self.last.iter().chain(frames.iter().copied()))? else { return Ok(Vec::new()) };
        let Some(&newest) = frames.last() else { return Ok(Vec::new()) };
        let most = self.prepare(size)?;
        let first = self.last.clone();
        let mut before = first.as_ref();
        let mut fields = Vec::new();
        for part in frames.chunks(most) {
            let Some((_, place)) = &mut self.made else { return Err(unmade()) };
            place.make_room(part.len())?;
            // What is not kept any more is sent once more.
            let again = if place.keeps() { None } else { before };
            before = part.last().copied();
            let part: Vec<&GrayImage> = again.into_iter().chain(part.iter().copied()).collect();
            place.make_room(part.len())?;
            let after_kept = place.keeps();
            let pairs: Vec<[usize; 2]> = (1..part.len() + usize::from(after_kept)).map(|at| [at - 1, at]).collect();
            let job = Job { frames: &part, after_kept, pairs: &pairs, initial: None, keeps: true };
            match place.run(&job, wait).await {
                Ok(made) => fields.extend(made),
                Err(error) => {
                    place.forget();
                    return Err(error);
                }
            }
        }
        self.last = Some(newest.clone());
        Ok(fields)
    }

    async fn chunked(
        &mut self,
        frames: &[&GrayImage],
        pairs: &[[usize; 2]],
        initial: Option<&[Field]>,
        wait: Wait,
    ) -> Result<Vec<Field>> {
        let Some(size) = one_size(frames.iter().copied())? else {
            return if pairs.is_empty() { Ok(Vec::new()) } else { Err(absent(0)) };
        };
        if let Some(&at) = pairs.as_flattened().iter().find(|&&at| at >= frames.len()) {
            return Err(absent(at));
        }
        if let Some(field) = initial.into_iter().flatten().find(|field| [field.width as usize, field.height as usize] != size) {
            let [width, height] = size;
            let reason = format!("a flow of {} x {} to begin with, for frames of {width} x {height}", field.width, field.height);
            return Err(Error::Argument(reason));
        }
        let most = self.prepare(size)?;
        let Some((_, place)) = &mut self.made else { return Err(unmade()) };
        let mut fields = Vec::new();
        for (index, part) in pairs.chunks(most).enumerate() {
            let mut own: Vec<usize> = part.as_flattened().to_vec();
            own.sort_unstable();
            own.dedup();
            let of = |at: usize| own.binary_search(&at).unwrap_or(0);
            let part: Vec<[usize; 2]> = part.iter().map(|pair| pair.map(of)).collect();
            let frames: Vec<&GrayImage> = own.iter().map(|&at| frames[at]).collect();
            let initial = initial.map(|all| &all[index * most..index * most + part.len()]);
            place.make_room(frames.len())?;
            let job = Job { frames: &frames, after_kept: false, pairs: &part, initial, keeps: false };
            fields.extend(place.run(&job, wait).await?);
        }
        Ok(fields)
    }

    /// Makes ready for frames of this size; how many pairs are computed together at most.
    fn prepare(&mut self, size: [usize; 2]) -> Result<usize> {
        if self.made.as_ref().is_none_or(|(made, _)| *made != size) {
            self.made = None;
            let place = match &self.device {
                Device::Reference => Place::Host(Box::new(OnHost::new(None, size, &self.parameters))),
                Device::Cpu(cpu) => Place::Host(Box::new(OnHost::new(Some(cpu.clone()), size, &self.parameters))),
                Device::Gpu(gpu) => Place::Gpu(Box::new(OnGpu::new(gpu.clone(), size, &self.parameters)?)),
            };
            self.made = Some((size, place));
        }
        match &self.made {
            Some((_, Place::Gpu(gpu))) => gpu.most_pairs(),
            _ => Ok(HOST_PAIRS),
        }
    }
}

impl Place {
    fn keeps(&self) -> bool {
        match self {
            Self::Host(host) => host.keeps(),
            Self::Gpu(gpu) => gpu.keeps(),
        }
    }

    fn forget(&mut self) {
        match self {
            Self::Host(host) => host.forget(),
            Self::Gpu(gpu) => gpu.forget(),
        }
    }

    fn make_room(&mut self, frames: usize) -> Result<()> {
        match self {
            Self::Host(_) => Ok(()),
            Self::Gpu(gpu) => gpu.make_room(frames),
        }
    }

    async fn run(&mut self, job: &Job<'_>, wait: Wait) -> Result<Vec<Field>> {
        match self {
            Self::Host(host) => Ok(host.run(job)),
            Self::Gpu(gpu) => gpu.run(job, wait).await,
        }
    }
}

/// Width and height of all frames; none where there are none.
fn one_size<'f>(frames: impl Iterator<Item = &'f GrayImage>) -> Result<Option<[usize; 2]>> {
    let mut size: Option<(u32, u32)> = None;
    for (width, height) in frames.map(GrayImage::dimensions) {
        if width == 0 || height == 0 {
            return Err(Error::Argument("a frame without pixels".into()));
        }
        match size {
            Some((w, h)) if (w, h) != (width, height) => {
                return Err(Error::Argument(format!(
                    "frames of {w} x {h} and of {width} x {height} pixels: flow is between frames of one size, resize one of them"
                )));
            }
            _ => size = Some((width, height)),
        }
    }
    Ok(size.map(|(width, height)| [width as usize, height as usize]))
}

fn absent(at: usize) -> Error {
    Error::Argument(format!("a pair names frame {at}, which is not there"))
}

fn unmade() -> Error {
    Error::Defect("a flow that was not made ready".into())
}
