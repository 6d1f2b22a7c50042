//! Facial action units (FACS) of aligned faces: a network of the still face, and in videos one of its motion, whose answers are fused label by label. One description,
//! two ways to run it: on a GPU, or on the host.
//!
//! Motion is dense optical flow between successive crops of one followed face. What is read of a frame needs some frames after it: answers of a video come later, and
//! in order.

mod baseline;
mod emfacs;
mod emotions;
mod events;
mod gpu;
mod history;
mod host;
mod job;
mod named;
mod names;
mod recorded;
mod room;
mod rule;
mod said;
mod unit;

pub use baseline::{Baseline, Resting};
pub use emfacs::{Explanation, Sign, explain};
pub use emotions::Emotion;
pub use events::{Event, Events, Moment};
pub use history::{Followed, History};
pub use named::Named;
pub use names::{column, words};
pub use unit::{Actions, Stream, Threshold, Unit};

use image::RgbImage;

use crate::device::Device;
use crate::error::{Error, Result};
use crate::gpu::{Timing, Wait};
use crate::operators::Region;
use crate::weights::{Description, Model};
use gpu::OnGpu;
use history::Pending;
use host::OnHost;
use job::{Answers, Job};
use room::Room;
use rule::Rule;

/// Faces of one submission at most.
const MOST_FACES: usize = 64;

/// A model of action units made ready on a device.
#[derive(Debug)]
pub struct Reader {
    model: Model,
    rule: Rule,
    place: Place,
    room: Room,
}

#[derive(Debug)]
enum Place {
    Host(Box<OnHost>),
    Gpu(Box<OnGpu>),
}

/// Of every label of a model whether it is read in photographs, and whether in videos.
///
/// # Errors
/// As [`Reader::new`].
#[cfg(feature = "serve")]
pub(crate) fn reads(model: &Model) -> Result<Vec<[bool; 2]>> {
    Ok(Rule::of(model)?.reads())
}

impl Reader {
    /// Uploads the model's weights.
    ///
    /// # Errors
    /// [`Error::Model`] where it is no model of action units, or not whole; the device's errors.
    pub fn new(model: Model, device: &Device) -> Result<Self> {
        let rule = Rule::of(&model)?;
        let place = match device {
            Device::Gpu(gpu) => Place::Gpu(Box::new(OnGpu::new(gpu.clone(), &model, &rule)?)),
            host => Place::Host(Box::new(OnHost::new(host, &model, &rule)?)),
        };
        Ok(Self { model, rule, place, room: Room::default() })
    }

    /// When a unit is present, from the next face on.
    ///
    /// # Errors
    /// [`Error::Argument`] where it does not lie between 0 and 1.
    pub fn set_threshold(&mut self, threshold: Threshold) -> Result<()> {
        if let Threshold::Fixed(wrong) = threshold
            && !(0.0..=1.0).contains(&wrong)
        {
            return Err(Error::Argument(format!("a threshold of {wrong}: give one between 0 and 1")));
        }
        self.rule.threshold = threshold;
        Ok(())
    }

    /// The model's description: its labels, which of them are read, where a face is read.
    pub fn description(&self) -> &Description {
        &self.model.description
    }

    /// Of every label whether it is read in photographs, and whether in videos.
    pub fn reads(&self) -> Vec<[bool; 2]> {
        self.rule.reads()
    }

    /// Frames before one that its motion begins in.
    pub fn before(&self) -> usize {
        self.rule.before()
    }

    /// Frames that come after one before it can be answered.
    pub fn delay(&self) -> usize {
        self.rule.delay()
    }

    /// The faces of photographs: each a picture (upright, RGB) and where the aligned crop lies in it. What motion alone tells is not read.
    ///
    /// # Errors
    /// [`Error::Argument`] for an empty picture, or a region that cannot be read; the device's errors.
    pub fn read<R: Into<Region> + Copy>(&mut self, faces: &[(&RgbImage, R)]) -> Result<Vec<Actions>> {
        let faces: Vec<(&RgbImage, Region)> = faces.iter().map(|&(picture, region)| (picture, region.into())).collect();
        pollster::block_on(self.photos(&faces, Wait::Here))
    }

    pub(crate) async fn photos(&mut self, faces: &[(&RgbImage, Region)], wait: Wait) -> Result<Vec<Actions>> {
        self.check(faces)?;
        let mut read = Vec::with_capacity(faces.len());
        for part in faces.chunks(MOST_FACES) {
            let answers = self.run(&Job { faces: part, ..Job::default() }, wait).await?;
            read.extend(answers.still.into_iter().map(|still| self.rule.photo(still)));
        }
        Ok(read)
    }

    /// The next frames of a video, each with the faces that are followed in it, and the answers of those before that are whole now: one a frame, in order, each with one
    /// answer a face. After an error the video goes on without what those frames would have told of motion.
    ///
    /// # Errors
    /// As [`Reader::read`].
    pub fn follow(&mut self, history: &mut History, frames: &[Vec<Followed<'_>>]) -> Result<Vec<Vec<Actions>>> {
        pollster::block_on(self.advance(history, frames, Wait::Here))
    }

    /// The answers of the last frames: there come no more.
    ///
    /// # Errors
    /// The device's.
    pub fn finish(&mut self, history: &mut History) -> Result<Vec<Vec<Actions>>> {
        pollster::block_on(self.rest(history, Wait::Here))
    }

    pub(crate) async fn advance(
        &mut self,
        history: &mut History,
        frames: &[Vec<Followed<'_>>],
        wait: Wait,
    ) -> Result<Vec<Vec<Actions>>> {
        history.enter(&self.room);
        let faces: Vec<(&RgbImage, Region)> = frames.iter().flatten().map(|face| (face.picture, face.region)).collect();
        if let Err(error) = self.check(&faces) {
            history.lose(None);
            return Err(error);
        }
        let mut step = history.push(frames, &self.rule);
        match self.submit(&faces, &step, wait).await {
            Ok(still) => step.fill(still),
            Err(error) => {
                history.lose(Some(step));
                return Err(error);
            }
        }
        history.take(step);
        self.answers(history, false, wait).await
    }

    pub(crate) async fn rest(&mut self, history: &mut History, wait: Wait) -> Result<Vec<Vec<Actions>>> {
        history.enter(&self.room);
        self.answers(history, true, wait).await
    }

    /// How long each dispatch takes where so many followed faces have a new frame each. `None` on the host, and where the adapter has no timestamps.
    ///
    /// # Errors
    /// The device's.
    pub fn profile(&mut self, faces: usize) -> Result<Option<Vec<Timing>>> {
        match &mut self.place {
            Place::Host(_) => Ok(None),
            Place::Gpu(gpu) => pollster::block_on(gpu.profile(faces, Wait::Here)),
        }
    }

    /// Crops, flow and the still network of new faces.
    async fn submit(&mut self, faces: &[(&RgbImage, Region)], step: &history::Step, wait: Wait) -> Result<Vec<Stream>> {
        let (crops, levels) = self.room.counts();
        self.place.make_room(crops, levels).await?;
        let mut still = Vec::with_capacity(faces.len());
        let mut first = 0;
        for part in faces.chunks(MOST_FACES) {
            let own = first..first + part.len();
            let pairs: Vec<_> = step.pairs.iter().filter(|pair| own.contains(&pair.face)).copied().collect();
            let crops = &step.crops[own];
            still.extend(self.run(&Job { faces: part, crops, pairs: &pairs, stacks: &[] }, wait).await?.still);
            first += part.len();
        }
        Ok(still)
    }

    /// The answers of the frames whose motion is known as far as it will be.
    async fn answers(&mut self, history: &mut History, all: bool, wait: Wait) -> Result<Vec<Vec<Actions>>> {
        let pending = history.ready(&self.rule, all);
        let stacks: Vec<u32> = pending.iter().flat_map(|frame| &frame.faces).flat_map(|face| &face.stack).copied().collect();
        let mut motion = Vec::new();
        for part in stacks.chunks(MOST_FACES * self.rule.flows().max(1)) {
            match self.run(&Job { stacks: part, ..Job::default() }, wait).await {
                Ok(answers) => motion.extend(answers.motion),
                Err(error) => {
                    history.lose(None);
                    return Err(error);
                }
            }
        }
        let mut motion = motion.into_iter();
        let answered = |Pending { faces }: Pending| {
            faces.into_iter().map(|face| self.rule.video(face.still, motion.next())).collect::<Vec<_>>()
        };
        let answers = pending.into_iter().map(answered).collect();
        history.release(&self.rule);
        Ok(answers)
    }

    async fn run(&mut self, job: &Job<'_>, wait: Wait) -> Result<Answers> {
        match &mut self.place {
            Place::Host(host) => host.run(job),
            Place::Gpu(gpu) => gpu.run(job, wait).await,
        }
    }

    /// Whether these can be read.
    fn check(&self, faces: &[(&RgbImage, Region)]) -> Result<()> {
        let size = self.model.description.canonical.size;
        faces.iter().try_for_each(|&(picture, region)| region.check(picture.width(), picture.height(), size))
    }
}

impl Place {
    async fn make_room(&mut self, crops: usize, levels: usize) -> Result<()> {
        match self {
            Self::Host(host) => {
                host.make_room(crops, levels);
                Ok(())
            }
            Self::Gpu(gpu) => gpu.make_room(crops, levels).await,
        }
    }
}
