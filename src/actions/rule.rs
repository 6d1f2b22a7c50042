//! A model of action units in its parts, and how its streams become one answer.

use super::unit::{Actions, Stream, Threshold, Unit, log_odds};
use crate::error::Result;
use crate::flow::{Parameters, Window};
use crate::operators::FlowLevels;
use crate::weights::description::{FlowStack, Representation, Thresholds};
use crate::weights::{Model, Task};

/// A network and what it reads.
#[derive(Debug, Clone)]
pub(super) struct Member {
    /// Its place among the model's members.
    pub at: usize,
    pub parts: Representation,
}

/// How motion is read.
#[derive(Debug, Clone)]
pub(super) struct Motion {
    pub member: Member,
    pub stack: FlowStack,
    pub parameters: Parameters,
}

impl Motion {
    /// How a displacement becomes a level.
    pub fn levels(&self) -> FlowLevels {
        let FlowStack { times, plus, missing, .. } = self.stack;
        FlowLevels { times, plus, missing }
    }

    /// What levels are normalised by: mean and scale.
    pub fn normalise(&self) -> [f32; 2] {
        [self.member.parts.mean[0], self.member.parts.scale[0]]
    }
}

/// How a label is read.
#[derive(Debug, Clone, Copy)]
struct Label {
    by_still: bool,
    by_motion: bool,
    thresholds: Thresholds,
    /// Log odds of motion where nothing moves.
    rest: f32,
}

/// Which members there are, and which labels each reads.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub still: Member,
    pub motion: Option<Motion>,
    /// When a unit is present.
    pub threshold: Threshold,
    members: usize,
    intensity: f32,
    offset: f32,
    /// What motion counts.
    weight: f32,
    /// The least log odds of motion.
    floor: f32,
    /// None where it is not read.
    labels: Vec<Option<Label>>,
}

impl Rule {
    /// # Errors
    /// [`crate::Error::Model`] where the model is none of action units, or has other members than one of a still face and perhaps one of motion.
    pub fn of(model: &Model) -> Result<Self> {
        let description = &model.description;
        let wrong = |reason: &str| model.wrong("members", reason.to_owned());
        let (Task::Actions, Some(actions)) = (description.task, &description.actions) else {
            return Err(model.wrong("task", "it reads expressions, not action units".to_owned()));
        };
        let (mut still, mut motion) = (None, None);
        for (at, member) in description.members.iter().enumerate() {
            let parts = model.parts(member.reads())?;
            let size = description.canonical.size;
            let sides = description.networks.get(&member.network).and_then(|network| network.inputs.values().next());
            let whole = sides.is_some_and(|sides| sides.get(1..) == Some(&size.map(|side| side as usize)[..]));
            if parts.from != size || parts.resize != size || !whole {
                let at = format!("member `{}`", member.name);
                return Err(
                    model.wrong(&at, format!("it reads the whole canonical crop, {size:?}, neither enlarged nor resized"))
                );
            }
            let own = Member { at, parts };
            match own.parts.flow {
                None if own.parts.gray && own.parts.radius.is_none() && own.parts.table.is_none() && still.is_none() => {
                    still = Some(own)
                }
                Some(stack) if motion.is_none() => {
                    let FlowStack { pyramid_scale, levels, window, iterations, poly_n, poly_sigma, .. } = stack;
                    let parameters = Parameters {
                        pyr_scale: pyramid_scale,
                        levels,
                        winsize: window,
                        iterations,
                        poly_n,
                        poly_sigma,
                        window: Window::Box,
                    };
                    parameters.check().map_err(|error| model.wrong("flow", error.to_string()))?;
                    motion = Some(Motion { member: own, stack, parameters });
                }
                _ => return Err(wrong("a model of action units has one network of gray still faces, and perhaps one of motion")),
            }
        }
        let still = still.ok_or_else(|| wrong("a model of action units has a network of gray still faces"))?;
        let floor = description.fusion.floor.map_or(f32::NEG_INFINITY, |floor| floor as f32);
        let reads = |label: &String| {
            let reads = actions.reads.get(label)?;
            let by = |at: Option<usize>| at.is_some_and(|at| reads.streams.contains(&description.members[at].name));
            let (by_still, by_motion) = (by(Some(still.at)), by(motion.as_ref().map(|motion| motion.member.at)));
            Some(Label {
                by_still,
                by_motion,
                thresholds: reads.thresholds,
                rest: reads.rest.map_or(0.0, |rest| rest.max(floor)),
            })
        };
        let labels = description.labels.iter().map(reads).collect();
        Ok(Self {
            members: description.members.len(),
            intensity: actions.intensity,
            offset: description.fusion.offset as f32,
            weight: description.fusion.motion as f32,
            floor,
            labels,
            still,
            motion,
            threshold: Threshold::default(),
        })
    }

    /// Of every label whether it is read in photographs, and whether in videos.
    pub fn reads(&self) -> Vec<[bool; 2]> {
        let reads = |label: Label| [label.by_still && label.thresholds.still.is_some(), label.by_still || label.by_motion];
        self.labels.iter().map(|label| label.map_or([false; 2], reads)).collect()
    }

    /// Flows of a stack.
    pub fn flows(&self) -> usize {
        self.motion.as_ref().map_or(0, |motion| motion.stack.count())
    }

    /// The first and the last flow that frame 0 reads; flow 0 leads from it to the next.
    pub fn span(&self) -> [i64; 2] {
        self.motion.as_ref().map_or([0, -1], |motion| [motion.stack.from, motion.stack.to].map(i64::from))
    }

    /// Frames before one that the first of its flows begins in.
    pub fn before(&self) -> usize {
        (-self.span()[0]).max(0) as usize
    }

    /// Frames that come after one before all its flows are known.
    pub fn delay(&self) -> usize {
        (self.span()[1] + 1).max(0) as usize
    }

    /// What a photograph's face shows.
    pub fn photo(&self, still: Stream) -> Actions {
        let unit = |at: usize, label: Label| {
            let threshold = label.thresholds.still.filter(|_| label.by_still)?;
            self.unit(at, [Some(&still), None], label, threshold)
        };
        let units = self.units(unit);
        self.actions(units, still, None)
    }

    /// What a face of a video's frame shows.
    pub fn video(&self, still: Stream, motion: Option<Stream>) -> Actions {
        let unit = |at: usize, label: Label| {
            let streams = [Some(&still).filter(|_| label.by_still), motion.as_ref().filter(|_| label.by_motion)];
            self.unit(at, streams, label, label.thresholds.video)
        };
        let units = self.units(unit);
        self.actions(units, still, motion)
    }

    fn units(&self, unit: impl Fn(usize, Label) -> Option<Unit>) -> Vec<Option<Unit>> {
        self.labels.iter().enumerate().map(|(at, label)| label.and_then(|label| unit(at, label))).collect()
    }

    /// From the still network and from that of motion, as far as they read the label.
    fn unit(&self, at: usize, streams: [Option<&Stream>; 2], label: Label, threshold: f32) -> Option<Unit> {
        let own = |stream: Option<&Stream>| stream.and_then(|stream| stream.probabilities.get(at).copied());
        let probability = match streams.map(own) {
            [Some(still), Some(motion)] => {
                let moved = log_odds(motion).max(self.floor) - label.rest;
                let odds = log_odds(still) + self.weight * moved + self.offset;
                1.0 / (1.0 + (-odds).exp())
            }
            [one, other] => one.or(other)?,
        };
        // What stays, motion does not see: how strong it is, the still network tells where it can.
        let intensity = streams.into_iter().flatten().find_map(|stream| stream.intensities.get(at));
        let threshold = if let Threshold::Fixed(fixed) = self.threshold { fixed } else { threshold };
        Some(Unit { probability, intensity: intensity.map(|share| share * self.intensity), present: probability >= threshold })
    }

    fn actions(&self, units: Vec<Option<Unit>>, still: Stream, motion: Option<Stream>) -> Actions {
        let mut streams = vec![None; self.members];
        if let (Some(stream), Some(own)) = (motion, &self.motion) {
            streams[own.member.at] = Some(stream);
        }
        streams[self.still.at] = Some(still);
        Actions { units, streams }
    }
}
