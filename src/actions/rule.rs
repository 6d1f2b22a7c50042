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
    /// Of each label whether the still network and that of motion read it, and its thresholds; none where it is not read.
    labels: Vec<Option<([bool; 2], Thresholds)>>,
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
        let reads = |label: &String| {
            let reads = actions.reads.get(label)?;
            let by = |at: Option<usize>| at.is_some_and(|at| reads.streams.contains(&description.members[at].name));
            Some(([by(Some(still.at)), by(motion.as_ref().map(|motion| motion.member.at))], reads.thresholds))
        };
        let labels = description.labels.iter().map(reads).collect();
        Ok(Self {
            members: description.members.len(),
            intensity: actions.intensity,
            offset: description.fusion.offset as f32,
            labels,
            still,
            motion,
            threshold: Threshold::default(),
        })
    }

    /// Of every label whether it is read in photographs, and whether in videos.
    pub fn reads(&self) -> Vec<[bool; 2]> {
        let reads = |([by_still, by_motion], thresholds): ([bool; 2], Thresholds)| {
            [by_still && thresholds.still.is_some(), by_still || by_motion]
        };
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
        let unit = |at: usize, [by_still, _]: [bool; 2], thresholds: Thresholds| {
            let threshold = thresholds.still.filter(|_| by_still)?;
            self.unit(at, &[&still], threshold)
        };
        let units = self.units(unit);
        self.actions(units, still, None)
    }

    /// What a face of a video's frame shows.
    pub fn video(&self, still: Stream, motion: Option<Stream>) -> Actions {
        let unit = |at: usize, [by_still, by_motion]: [bool; 2], thresholds: Thresholds| {
            let streams: Vec<&Stream> =
                [Some(&still).filter(|_| by_still), motion.as_ref().filter(|_| by_motion)].into_iter().flatten().collect();
            self.unit(at, &streams, thresholds.video)
        };
        let units = self.units(unit);
        self.actions(units, still, motion)
    }

    fn units(&self, unit: impl Fn(usize, [bool; 2], Thresholds) -> Option<Unit>) -> Vec<Option<Unit>> {
        self.labels.iter().enumerate().map(|(at, read)| read.and_then(|(by, thresholds)| unit(at, by, thresholds))).collect()
    }

    fn unit(&self, at: usize, streams: &[&Stream], threshold: f32) -> Option<Unit> {
        let own: Vec<f32> = streams.iter().filter_map(|stream| stream.probabilities.get(at).copied()).collect();
        let probability = match own[..] {
            [] => return None,
            [only] => only,
            _ => {
                let odds = own.iter().map(|&own| log_odds(own)).sum::<f32>() / own.len() as f32 + self.offset;
                1.0 / (1.0 + (-odds).exp())
            }
        };
        // What stays, motion does not see: how strong it is, the still network tells where it can.
        let intensity = streams.iter().find_map(|stream| stream.intensities.get(at));
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
