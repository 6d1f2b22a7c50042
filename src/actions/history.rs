//! Which crops and flows of followed faces are kept, and which of them a frame reads.

use std::collections::{HashMap, VecDeque};

use image::RgbImage;

use super::job::Pair;
use super::room::Room;
use super::rule::Rule;
use super::unit::Stream;
use crate::face::TrackId;
use crate::kernels::NO_FLOW;
use crate::operators::Region;

/// A face that is followed, in a frame.
#[derive(Debug, Clone, Copy)]
pub struct Followed<'p> {
    /// Whose it is.
    pub track: TrackId,
    /// The frame.
    pub picture: &'p RgbImage,
    /// Where the aligned crop lies in it.
    pub region: Region,
}

/// What is known of a video so far: one each, from its first frame on. A reader can follow several by turns; where another reader goes on with one, no flow leads
/// from one to the other.
#[derive(Debug, Default)]
pub struct History {
    /// Frames that were pushed.
    frames: i64,
    paths: HashMap<TrackId, Path>,
    waiting: VecDeque<Waiting>,
    /// Of the reader that follows it.
    room: Room,
}

/// Of one face.
#[derive(Debug, Default)]
struct Path {
    /// The last frame that it was seen in, and the slot of its crop.
    last: Option<(i64, u32)>,
    /// Flows by the frame that each begins with, and the slots of their levels.
    flows: VecDeque<(i64, u32)>,
}

/// A frame that is not answered yet.
#[derive(Debug)]
struct Waiting {
    frame: i64,
    faces: Vec<(TrackId, Stream)>,
}

/// New faces and where what they tell goes.
#[derive(Debug)]
pub(super) struct Step {
    /// Of every face, in order of the frames.
    pub crops: Vec<u32>,
    pub pairs: Vec<Pair>,
    frames: Vec<Waiting>,
    /// Slots of crops that no new flow begins with any more.
    old: Vec<u32>,
}

/// A frame that can be answered.
#[derive(Debug)]
pub(super) struct Pending {
    pub faces: Vec<PendingFace>,
}

#[derive(Debug)]
pub(super) struct PendingFace {
    pub still: Stream,
    /// The slots of its flows; none where the model reads no motion.
    pub stack: Vec<u32>,
}

impl Step {
    /// What the still network answered of every face.
    pub fn fill(&mut self, still: Vec<Stream>) {
        let faces = self.frames.iter_mut().flat_map(|frame| &mut frame.faces);
        faces.zip(still).for_each(|((_, own), answer)| *own = answer);
    }
}

impl History {
    /// Goes on with the reader of this room.
    pub(super) fn enter(&mut self, room: &Room) {
        if !self.room.is(room) {
            self.forget();
            self.room = room.clone();
        }
    }

    /// Lends slots to the faces of new frames and to the flows between them.
    pub(super) fn push(&mut self, frames: &[Vec<Followed<'_>>], rule: &Rule) -> Step {
        let mut step = Step { crops: Vec::new(), pairs: Vec::new(), frames: Vec::new(), old: Vec::new() };
        for faces in frames {
            let frame = self.frames;
            self.frames += 1;
            step.frames.push(Waiting { frame, faces: faces.iter().map(|face| (face.track, Stream::default())).collect() });
            if rule.motion.is_none() {
                continue;
            }
            for face in faces {
                let crop = self.room.crop();
                let path = self.paths.entry(face.track).or_default();
                if let Some((before, slot)) = path.last.replace((frame, crop)) {
                    step.old.push(slot);
                    if before == frame - 1 {
                        let levels = self.room.levels();
                        path.flows.push_back((before, levels));
                        step.pairs.push(Pair { face: step.crops.len(), crops: [slot, crop], levels });
                    }
                }
                step.crops.push(crop);
            }
        }
        step
    }

    /// What was pushed was computed.
    pub(super) fn take(&mut self, step: Step) {
        self.waiting.extend(step.frames);
        self.room.take_back(step.old, []);
    }

    /// What was pushed was not computed: no flow leads through it, and the frames have no answer.
    pub(super) fn lose(&mut self, step: Option<Step>) {
        self.room.take_back(step.map_or_else(Vec::new, |step| step.old), []);
        self.forget();
        self.waiting.clear();
    }

    /// No flow leads from what was to what comes.
    fn forget(&mut self) {
        for (_, path) in self.paths.drain() {
            self.room.take_back(path.last.map(|(_, slot)| slot), path.flows.into_iter().map(|(_, slot)| slot));
        }
    }

    /// The frames whose flows are known as far as they will be; `all`: there come no more.
    pub(super) fn ready(&mut self, rule: &Rule, all: bool) -> Vec<Pending> {
        let [first, last] = rule.span();
        let mut ready = Vec::new();
        while let Some(frame) = self.waiting.pop_front_if(|frame| all || frame.frame + last + 1 < self.frames) {
            let stack = |track: TrackId| {
                let slot = |flow: i64| {
                    let flows = self.paths.get(&track).map(|path| &path.flows);
                    flows.and_then(|flows| flows.iter().find(|(at, _)| *at == flow)).map_or(NO_FLOW, |(_, slot)| *slot)
                };
                (first..=last).map(|offset| slot(frame.frame + offset)).collect()
            };
            let faces = frame.faces.iter().map(|(track, _)| stack(*track)).collect::<Vec<_>>();
            let faces = faces.into_iter().zip(frame.faces).map(|(stack, (_, still))| PendingFace { still, stack });
            ready.push(Pending { faces: faces.collect() });
        }
        ready
    }

    /// Takes back what no frame to come reads.
    pub(super) fn release(&mut self, rule: &Rule) {
        let [first, _] = rule.span();
        let next = self.waiting.front().map_or(self.frames, |frame| frame.frame);
        let Self { paths, room, frames, .. } = self;
        paths.retain(|_, path| {
            while let Some((_, slot)) = path.flows.pop_front_if(|(at, _)| *at < next + first) {
                room.take_back([], [slot]);
            }
            if let Some((_, slot)) = path.last.take_if(|(seen, _)| *seen + 1 < *frames) {
                room.take_back([slot], []);
            }
            path.last.is_some() || !path.flows.is_empty()
        });
    }
}

impl Drop for History {
    fn drop(&mut self) {
        self.forget();
    }
}
