//! The two-stream system for facial action units of Bocklisch, Herold, Rzepka and Werkmeister, 2015, whole: a video and the rectangle of its face to the probabilities of 37
//! units a frame.
//!
//! The face is cut out in an ellipse, its luma equalised, and resized to 227 x 227: what one network reads, less the means of the video's channels. The dense flow of its
//! gray pictures becomes bytes, 12 a pixel around 128; ten of them around a frame are the 20 channels that the other network reads, less their means and divided by the
//! largest of either direction. The mean of both networks' probabilities is the answer; above [`THRESHOLD`] a unit is there. Bytes are those of OpenCV 5.0.0.
//!
//! A video is gone through twice, for its means and for its answers, so that memory does not grow with it.

mod gpu;
mod layout;
mod made;
mod means;
mod networks;
mod options;
mod pass;
mod rectangle;
mod search;
mod window;
mod work;

pub use means::Means;
pub use options::{Beyond, Counted, Equalised, Options, Outside};
pub use search::{Faces, rectangle};

use std::collections::VecDeque;
use std::time::Duration;

use crate::device::Device;
use crate::error::{Error, Result};
use crate::operators::Rect;
use crate::tensor::Tensor;
use crate::video::Frame;
use crate::weights::Model;
use made::{Made, Planes};
use means::{MISSING, Totals};
use networks::{Answers, Networks};
use pass::Pass;
use window::{Moment, Window};

/// Frames that are read together.
const TOGETHER: usize = 8;

/// Above it a unit is taken to be there.
pub const THRESHOLD: f32 = 0.5;

/// The system on a device: its weights are uploaded once.
#[derive(Debug)]
pub struct TwoStream {
    device: Device,
    options: Options,
    networks: Networks,
}

/// What is said of a frame. Probabilities are in the order of [`TwoStream::labels`].
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The frame's number in the video.
    pub index: u64,
    /// Its time as the file says it.
    pub pts: Option<i64>,
    /// Its time since the first frame.
    pub timestamp: Duration,
    /// Of both streams.
    pub probabilities: Vec<f32>,
    /// Of the face alone.
    pub still: Vec<f32>,
    /// Of its flow alone.
    pub motion: Vec<f32>,
}

impl Reading {
    /// The labels of the largest probabilities, the largest first, by their numbers.
    pub fn best(&self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.probabilities.len()).collect();
        order.sort_by(|&a, &b| self.probabilities[b].total_cmp(&self.probabilities[a]));
        order.truncate(count);
        order
    }

    /// The labels that are taken to be there, by their numbers.
    pub fn present(&self) -> Vec<usize> {
        (0..self.probabilities.len()).filter(|&label| self.probabilities[label] > THRESHOLD).collect()
    }
}

/// What the networks read of some frames.
#[derive(Debug, Clone, PartialEq)]
pub struct Inputs {
    /// `[frames, 3, H, W]`: blue, green and red of the face, less their means.
    pub still: Tensor,
    /// `[frames, 2 flows, H, W]`: flows to the right and down in turn, less their means, divided by the largest absolute value of their direction in the stack.
    pub motion: Tensor,
}

impl TwoStream {
    /// Uploads the weights of a model with the members `still` and `motion`, which read tensors.
    ///
    /// # Errors
    /// [`Error::Model`] where it is none, with what it is to have; [`Error::Argument`] for impossible parameters of the flow; the device's.
    pub fn new(model: &Model, device: &Device, options: Options) -> Result<Self> {
        options.flow.check()?;
        Ok(Self { device: device.clone(), options, networks: Networks::new(model, device)? })
    }

    /// What the probabilities are of.
    pub fn labels(&self) -> &[String] {
        &self.networks.labels
    }

    /// The means of all frames of a video whose face is in `rect`, and of all stacks of its flow: the first pass.
    ///
    /// # Errors
    /// Those of `frames`; [`Error::Argument`] where `rect` lies beyond them; [`Error::Video`] where there are none, or of different sizes; the device's.
    pub fn means(&self, frames: impl IntoIterator<Item = Result<Frame>>, rect: Rect) -> Result<Means> {
        let mut pass = self.pass(rect)?;
        let (mut frames, mut totals) = (frames.into_iter(), Totals::default());
        let pixels = self.networks.size[0] * self.networks.size[1];
        loop {
            let more = self.step(&mut pass, &mut frames)?;
            totals.add(&pass.window, pixels, self.options.counted);
            pass.window.pass(pass.window.ready());
            if !more {
                return pass.whole().map(|()| totals.means());
            }
        }
    }

    /// What is said of the frames of a video, in their order, with these means: the second pass. An error is the last item.
    ///
    /// # Errors
    /// [`Error::Argument`] for impossible parameters of the flow.
    pub fn read<I>(&mut self, frames: I, rect: Rect, means: Means) -> Result<Readings<'_, I::IntoIter>>
    where
        I: IntoIterator<Item = Result<Frame>>,
    {
        let pass = self.pass(rect)?;
        Ok(Readings { system: self, frames: frames.into_iter(), pass, means, made: VecDeque::new(), done: false })
    }

    /// What the networks read of the frames of a video, all of them at once: to look at a few.
    ///
    /// # Errors
    /// As [`TwoStream::means`].
    pub fn inputs(&self, frames: impl IntoIterator<Item = Result<Frame>>, rect: Rect, means: Means) -> Result<Inputs> {
        let mut pass = self.pass(rect)?;
        let mut frames = frames.into_iter();
        let (mut still, mut motion) = (Vec::new(), Vec::new());
        loop {
            let more = self.step(&mut pass, &mut frames)?;
            if let Some((_, inputs)) = self.take(&mut pass, usize::MAX, means)? {
                still.extend(inputs.still.data);
                motion.extend(inputs.motion.data);
            }
            if !more {
                pass.whole()?;
                return self.tensors(still, motion);
            }
        }
    }

    fn pass(&self, rect: Rect) -> Result<Pass> {
        Pass::new(&self.device, self.options, rect, self.networks.size, self.networks.flows)
    }

    /// Some frames more; whether there may be others.
    fn step(&self, pass: &mut Pass, frames: &mut impl Iterator<Item = Result<Frame>>) -> Result<bool> {
        let mut some = Vec::new();
        for frame in frames.take(TOGETHER) {
            match frame {
                Ok(frame) => some.push(frame),
                Err(error) => {
                    pass.failed = Some(error);
                    break;
                }
            }
        }
        pass.push(&some)?;
        let more = some.len() == TOGETHER;
        if !more {
            pass.window.end();
        }
        Ok(more)
    }

    /// What the networks read of the first frames that are ready, no more than `most`.
    fn take(&self, pass: &mut Pass, most: usize, means: Means) -> Result<Option<(Vec<Moment>, Inputs)>> {
        let count = pass.window.ready().min(most);
        if count == 0 {
            return Ok(None);
        }
        let moments = pass.window.frames(count).map(|(moment, _)| *moment).collect();
        let faces = faces(&pass.window, count, means);
        let flows = stacks(&pass.window, count, 2 * self.networks.flows, means);
        let layout = pass.layout.as_ref().ok_or_else(|| Error::Defect("frames without a layout".into()))?;
        let (still, motion) = (pass.work.planes(layout, &faces)?, pass.work.planes(layout, &flows)?);
        pass.window.pass(count);
        Ok(Some((moments, self.tensors(still, motion)?)))
    }

    fn tensors(&self, still: Vec<f32>, motion: Vec<f32>) -> Result<Inputs> {
        let [width, height] = self.networks.size;
        let tensor = |channels: usize, data: Vec<f32>| {
            Tensor::new(vec![data.len() / (channels * width * height).max(1), channels, height, width], data)
        };
        Ok(Inputs { still: tensor(3, still)?, motion: tensor(2 * self.networks.flows, motion)? })
    }
}

/// The planes of the first frames' faces: blue comes first, as Caffe's networks want it.
fn faces(window: &Window, count: usize, means: Means) -> Planes<'_> {
    let pictures = window.frames(count).map(|(_, face)| &face.words[..]).collect();
    let places = (0..count as u32).flat_map(|frame| [2, 1, 0].map(|channel| Some(4 * frame + channel))).collect();
    let factors = (0..count).flat_map(|_| [2, 1, 0].map(|channel: usize| [means.colours[channel] as f32, 1.0])).collect();
    Planes { pictures, places, factors, each: 3 }
}

/// The planes of the first frames' stacks.
fn stacks(window: &Window, count: usize, each: usize, means: Means) -> Planes<'_> {
    let pictures: Vec<&[u32]> = window.flows().map(|flow| &flow.words[..]).collect();
    let (mut places, mut factors) = (Vec::new(), Vec::new());
    for at in 0..count {
        let stack: Vec<Option<(usize, &Made)>> = window.stack(at).collect();
        let own = [0, 1].map(|axis| {
            let mean = means.flows[axis] as f32;
            let far = |byte: u32| (byte as f32 - mean).abs();
            let largest = stack.iter().map(|flow| match flow {
                Some((_, made)) if made.sums.least[axis] > made.sums.most[axis] => 0.0,
                Some((_, made)) => far(made.sums.least[axis]).max(far(made.sums.most[axis])),
                None => far(MISSING.into()),
            });
            let largest = largest.fold(0.0, f32::max);
            [mean, if largest > 0.0 { 1.0 / largest } else { 1.0 }]
        });
        for flow in &stack {
            places.extend([0, 1].map(|axis| flow.map(|(place, _)| 4 * place as u32 + axis)));
            factors.extend(own);
        }
    }
    // A video of one frame has no flow: no plane reads this.
    let pictures = if pictures.is_empty() { window.frames(1).map(|(_, face)| &face.words[..]).collect() } else { pictures };
    Planes { pictures, places, factors, each }
}

/// What is said of the frames of a video, from [`TwoStream::read`].
#[derive(Debug)]
pub struct Readings<'t, I> {
    system: &'t mut TwoStream,
    frames: I,
    pass: Pass,
    means: Means,
    made: VecDeque<Reading>,
    done: bool,
}

impl<I: Iterator<Item = Result<Frame>>> Readings<'_, I> {
    /// Reads some frames more.
    fn more(&mut self) -> Result<()> {
        while self.made.is_empty() && !(self.done && self.pass.window.ready() == 0) {
            if self.pass.window.ready() == 0 {
                self.done = !self.system.step(&mut self.pass, &mut self.frames)?;
            }
            let Some((moments, inputs)) = self.system.take(&mut self.pass, TOGETHER, self.means)? else { continue };
            let Answers { still, motion, fused } = self.system.networks.answer(inputs.still, inputs.motion)?;
            let count = self.system.networks.labels.len().max(1);
            let each = still.chunks_exact(count).zip(motion.chunks_exact(count)).zip(fused.chunks_exact(count));
            self.made.extend(moments.into_iter().zip(each).map(|(moment, ((still, motion), fused))| Reading {
                index: moment.index,
                pts: moment.pts,
                timestamp: moment.timestamp,
                probabilities: fused.to_vec(),
                still: still.to_vec(),
                motion: motion.to_vec(),
            }));
        }
        Ok(())
    }
}

impl<I: Iterator<Item = Result<Frame>>> Iterator for Readings<'_, I> {
    type Item = Result<Reading>;

    fn next(&mut self) -> Option<Result<Reading>> {
        if let Err(error) = self.more() {
            self.done = true;
            self.pass.window.pass(usize::MAX);
            return Some(Err(error));
        }
        self.made.pop_front().map(Ok).or_else(|| self.pass.failed.take().map(Err))
    }
}
